import { createReadStream } from 'node:fs';
import { link, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MissingError } from '../binary/index.ts';
import { parseHostConfig, privateConfig } from './apt-config.ts';
import { downloadFailure, updateFailure } from './apt-failure.ts';
import { debianUri, readSources } from './apt-sources.ts';
import type { Archive, ArchiveOptions, Component, Download } from './archive.ts';
import type { Cache } from './cache.ts';
import { runCommand } from './command.ts';
import { digestStream } from './digest-stream.ts';
import { shippedKeys } from './keyring.ts';
import { keepList } from './lists.ts';
import type { OnProgress } from './progress.ts';

/** Part of the package apt, but not in PATH. */
const APT_HELPER = '/usr/lib/apt/apt-helper';
/** How often the sizes of unfinished downloads are looked at, in milliseconds. */
const LOOK_EVERY = 200;

export interface AptOptions extends ArchiveOptions {
  /** The archive's address; absent: from the machine's own sources. */
  readonly uri?: string;
}

/**
 * The archive that the machine's own apt sources name, reached by apt with a private state: its
 * proxies, certificates and log-ins hold, nothing in /etc or /var is touched, no root is needed.
 *
 * @throws MissingError `payload.no-archive` without apt or without a Debian archive among its sources
 */
export async function aptArchive(options: AptOptions): Promise<Archive> {
  const dump = await runCommand('apt-config', ['dump']);
  if (dump === undefined) throw noArchive('this machine has no apt');
  const host = parseHostConfig(dump.stdout.toString('utf8'));
  const uri =
    options.uri?.replace(/\/+$/, '') ?? debianUri(await readSources(host.sourceList, host.sourceParts));
  if (uri === undefined) throw noArchive("this machine's apt sources name no Debian archive");
  return new AptArchive(uri, host.acquire, options);
}

/** Whether this machine can run apt at all. */
export async function hasApt(): Promise<boolean> {
  return (await runCommand('apt-get', ['--version'])) !== undefined;
}

function noArchive(why: string): MissingError {
  return new MissingError('payload.no-archive', `no Debian archive is known: ${why}`, {
    hint: 'Name a Debian mirror once, with --mirror URL or MNX_DEBIAN_MIRROR.',
  });
}

class AptArchive implements Archive {
  readonly kind = 'apt';
  readonly #uri: string;
  readonly #acquire: readonly string[];
  readonly #cache: Cache;
  readonly #keys: string;
  readonly #report: OnProgress;

  constructor(uri: string, acquire: readonly string[], options: ArchiveOptions) {
    this.#uri = uri;
    this.#acquire = acquire;
    this.#cache = options.cache;
    this.#keys = options.keys ?? shippedKeys();
    this.#report = options.report;
  }

  async packages(suite: string, arch: string, component: Component = 'main'): Promise<string> {
    const label = `Reading the package list of ${suite} (${arch})`;
    this.#report({ label, done: 0, total: 0, unit: 'steps' });
    const part = component === 'main' ? suite : `${suite}_${component}`;
    const kept = await this.#cache.path('apt', `${part}_${arch}`);
    return this.#withState(arch, async (folder, env) => {
      const source = `deb [arch=${arch}] ${this.#uri} ${suite} ${component}\n`;
      await writeFile(join(folder, 'sources.list'), source);
      await linkFiles(join(kept, 'state/lists'), join(folder, 'state/lists'));
      const result = await runCommand('apt-get', ['-q', 'update'], {
        env,
        onStatus: (text) => this.#report({ label, done: percentOf(text), total: 100, unit: 'steps' }),
      });
      if (result === undefined) throw noArchive('this machine has no apt-get');
      const file = await findList(join(folder, 'state/lists'), component, arch);
      if (result.code !== 0 || file === undefined) throw updateFailure(result.stderr, suite, arch);
      const digest = await digestStream(createReadStream(file));
      const path = await keepList(this.#cache, { suite: part, arch, sha256: digest.sha256 }, (to) =>
        link(file, to),
      );
      await replaceFolder(folder, kept);
      return path;
    });
  }

  async download(wanted: readonly Download[], onBytes: (done: number) => void): Promise<void> {
    const files = wanted.flatMap(({ resolved, to }) => [
      `${this.#uri}/${resolved.filename}`,
      to,
      `SHA256:${resolved.sha256}`,
    ]);
    await this.#withState('all', async (_folder, env) => {
      const stop = watchSizes(wanted, onBytes);
      const result = await runCommand(APT_HELPER, ['download-file', ...files], { env }).finally(stop);
      if (result === undefined) throw noArchive(`${APT_HELPER} is missing`);
      if (result.code !== 0) throw downloadFailure(result.stderr, wanted);
    });
  }

  /** Runs `work` with a fresh state folder that is gone afterwards, unless `work` moved it. */
  async #withState<T>(
    arch: string,
    work: (folder: string, env: Record<string, string>) => Promise<T>,
  ): Promise<T> {
    const temporary = await this.#cache.temporary();
    const folder = join(temporary, 'apt');
    try {
      await mkdir(join(folder, 'state/lists/partial'), { recursive: true });
      await mkdir(join(folder, 'cache/archives/partial'), { recursive: true });
      await writeFile(join(folder, 'status'), '');
      const config = privateConfig({ folder, keys: this.#keys, arch, acquire: this.#acquire });
      await writeFile(join(temporary, 'apt.conf'), config);
      return await work(folder, { APT_CONFIG: join(temporary, 'apt.conf') });
    } finally {
      await rm(temporary, { recursive: true, force: true });
    }
  }
}

/** The percentage in a line of apt's status: `dlstatus:1:93.3333:Retrieving file 1 of 2`. */
function percentOf(text: string): number {
  const last = [...text.matchAll(/^dlstatus:\d+:([0-9.]+):/gm)].at(-1);
  return Number(last?.[1] ?? 0);
}

/** Brings the lists of the last time along, so that apt asks only for what changed. */
async function linkFiles(from: string, to: string): Promise<void> {
  const entries = await readdir(from, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    // apt replaces lists by renaming new ones over them, so that the linked content stays as it is.
    if (entry.isFile() && entry.name !== 'lock') {
      await link(join(from, entry.name), join(to, entry.name)).catch(() => {});
    }
  }
}

async function findList(folder: string, component: Component, arch: string): Promise<string | undefined> {
  const end = `_${component}_binary-${arch}_Packages`;
  const name = (await readdir(folder)).find((entry) => entry.endsWith(end));
  return name === undefined ? undefined : join(folder, name);
}

/** Puts a folder in the place of another; of two processes the last one wins. */
async function replaceFolder(fresh: string, place: string): Promise<void> {
  const old = `${fresh}.old`;
  await rename(place, old).catch(() => {});
  await rename(fresh, place).catch(() => {});
}

/** Reports the bytes on disk until it is stopped; apt itself tells only percentages. */
function watchSizes(wanted: readonly Download[], onBytes: (done: number) => void): () => void {
  const look = async (): Promise<void> => {
    const sizes = await Promise.all(wanted.map(({ to }) => stat(to).catch(() => undefined)));
    onBytes(sizes.reduce((sum, found) => sum + (found?.size ?? 0), 0));
  };
  const timer = setInterval(() => void look(), LOOK_EVERY);
  return () => clearInterval(timer);
}
