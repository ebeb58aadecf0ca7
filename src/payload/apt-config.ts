import { resolve } from 'node:path';

/** What the machine's own apt configuration says, as `apt-config dump` prints it. */
export interface HostConfig {
  /** Settings of how to reach archives: proxies, timeouts, certificates, date checks. */
  readonly acquire: readonly string[];
  readonly sourceList: string;
  readonly sourceParts: string;
}

/** Settings that the private state sets itself, and ones that would weaken its checks. */
const OWN = /^Acquire::(IndexTargets|Languages|GzipIndexes|CompressionTypes|Changelogs|PDiffs|Allow\w*)\b/;

/** Reads what `apt-config dump` says, without the settings that the private state has of its own. */
export function parseHostConfig(dump: string): HostConfig {
  const lines = dump.split('\n');
  const value = (name: string, fallback: string): string => {
    const line = lines.find((candidate) => candidate.startsWith(`${name} "`));
    return line === undefined ? fallback : line.slice(name.length + 2, line.lastIndexOf('"'));
  };
  const folder = resolve(value('Dir', '/'), value('Dir::Etc', 'etc/apt'));
  return {
    acquire: lines.filter(
      (line) => /^Acquire::\S+ "[^"]*";$/.test(line) && !line.endsWith(' "";') && !OWN.test(line),
    ),
    sourceList: resolve(folder, value('Dir::Etc::sourcelist', 'sources.list')),
    sourceParts: resolve(folder, value('Dir::Etc::sourceparts', 'sources.list.d')),
  };
}

export interface PrivateState {
  /** Folder of everything that apt writes. */
  readonly folder: string;
  /** Folder of the keys that apt may trust. */
  readonly keys: string;
  readonly arch: string;
  readonly acquire: readonly string[];
}

/**
 * An apt configuration that reads nothing of /etc/apt (but auth.conf, for mirrors that want a log-in)
 * and writes nothing outside its folder. It is read through APT_CONFIG, before the machine's parts,
 * which it switches off.
 */
export function privateConfig({ folder, keys, arch, acquire }: PrivateState): string {
  return [
    ...acquire,
    ...['parts', 'main', 'preferences', 'preferencesparts', 'sourceparts', 'trusted'].map(
      (name) => `Dir::Etc::${name} "/dev/null";`,
    ),
    `Dir::Etc::sourcelist "${folder}/sources.list";`,
    `Dir::Etc::trustedparts "${keys}";`,
    `Dir::State "${folder}/state";`,
    `Dir::State::status "${folder}/status";`,
    `Dir::Cache "${folder}/cache";`,
    'Dir::Cache::pkgcache "";',
    'Dir::Cache::srcpkgcache "";',
    `Dir::Log "${folder}/log";`,
    '#clear APT::Architectures;',
    `APT::Architecture "${arch}";`,
    `APT::Architectures { "${arch}"; };`,
    '#clear Acquire::Languages;',
    'Acquire::Languages "none";',
    // Plain lists: they are searched as bytes.
    'Acquire::GzipIndexes "false";',
    // The user _apt could not write into the cache of root.
    'APT::Sandbox::User "root";',
    // A list that cannot be had is a failure, not a warning.
    'APT::Update::Error-Mode "any";',
    'APT::Status-Fd "3";',
    '',
  ].join('\n');
}
