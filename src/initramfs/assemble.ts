import type { KeyObject } from 'node:crypto';
import { MnxError, UsageError, utf8 } from '../binary/index.ts';
import type { Device } from '../device/index.ts';
import { installedPath, type ModuleRecord } from '../kernel/index.ts';
import { busyboxApplets } from './applets.ts';
import { checkAsKernel } from './check.ts';
import { type Conf, writeConf } from './conf.ts';
import { deviceConf } from './device-conf.ts';
import { elfClosure, type Reason } from './elf-closure.ts';
import { type Entry, parentOf } from './entry.ts';
import { type Hook, hookEntries } from './hooks.ts';
import { dropbearHostKey, hostKeyPath } from './host-key.ts';
import { readOverlay } from './overlay.ts';
import { packCpio } from './pack.ts';
import { expectPublic } from './release.ts';
import { addSkeleton } from './skeleton.ts';
import { authorizedKeys, type PublicKey } from './ssh.ts';
import { STAGE1_FOLDER } from './stage1.ts';
import { SYSCALL_PATH, syscallProgram } from './syscall.ts';
import { type Contribution, FileTree } from './tree.ts';

/** The modules of one kernel release that go into an archive. */
export interface ModuleFiles {
  /** Kernel release, as `uname -r` says it. */
  readonly release: string;
  /** Module files expanded, whatever they are packed with: the archive is compressed as a whole. */
  readonly files: readonly { readonly record: ModuleRecord; readonly data: Uint8Array }[];
  /** `modules.dep` and its like, by name. */
  readonly tables: ReadonlyMap<string, string>;
  /** Names of those that only lie there until another asks for them; all else is loaded at boot. */
  readonly weak?: ReadonlySet<string>;
}

/** Who may log in. */
export interface SshAccess {
  readonly keys: readonly PublicKey[];
  /** Private key; needed as soon as anybody may log in. */
  readonly hostKey?: KeyObject;
  readonly passwordless?: boolean;
}

/** Files with why each is there, and the name under which sizes are told. */
export interface Brought {
  readonly from: 'firmware' | 'sysroot';
  readonly entries: readonly Entry[];
  readonly reasons: ReadonlyMap<string, Reason>;
}

/** All parts of an initramfs. */
export interface InitramfsParts {
  readonly device: Device;
  /** Folder with `init`, `lib/` and `steps/`. */
  readonly stage1: string;
  /** A static busybox for the device. */
  readonly busybox: Uint8Array;
  /** Programs beside busybox, dropbear among them: paths in folders of unpacked packages, and what they are for. */
  readonly programs: {
    readonly sysroots: readonly string[];
    readonly paths: readonly string[];
    readonly because?: ReadonlyMap<string, string>;
  };
  readonly modules?: ModuleFiles;
  /** What others gathered for the device, in this order. */
  readonly brought?: readonly Brought[];
  /** Files of the splash, as {@link packSplash} gives them: `ground.lzo`, `boot@256-1344.lzo`. */
  readonly splash?: ReadonlyMap<string, Uint8Array>;
  readonly ssh: SshAccess;
  readonly stage2: Pick<Conf, 'mnx_root' | 'mnx_stage2' | 'mnx_init'>;
  /** Refuses everything private or open. */
  readonly release?: boolean;
  /** Shells for whoever holds the phone. */
  readonly debug?: boolean;
  /** Name of the step at which the phone starts again, or `init`. */
  readonly probe?: string;
  /** What runs behind steps. */
  readonly hooks?: readonly Hook[];
  /** A folder laid over all of it, or what {@link readOverlay} read from one. */
  readonly overlay?: string | readonly Entry[];
}

export interface Initramfs {
  /** The archive, not compressed. */
  readonly archive: Uint8Array;
  readonly entries: readonly Entry[];
  /** Where its bytes come from, the most first. */
  readonly contributions: readonly Contribution[];
  /** Why each path is there. */
  readonly reasons: ReadonlyMap<string, Reason>;
}

const SPLASH_FOLDER = 'usr/share/mnx/splash';
/** What one build after the other has the same stands first, so that it need not be compressed again. */
const STEADY: ReadonlySet<string> = new Set([
  'busybox',
  'programs',
  'modules',
  'firmware',
  'sysroot',
  'splash',
]);

/**
 * Puts stage-1 together: layout, busybox with its applets, programs with their libraries, modules,
 * frames, settings, keys and, last and strongest, the user's overlay. The result is held against
 * the kernel's own reader before anybody gets it.
 *
 * @throws UsageError `initramfs.release` for what an image to be shared must not hold; MissingError for
 * libraries that no package brings; MnxError `initramfs.lost` when the kernel would not have every entry.
 */
export async function buildInitramfs(parts: InitramfsParts): Promise<Initramfs> {
  if (parts.release === true) refuseAccess(parts.ssh);
  const tree = new FileTree();
  addSkeleton(tree, parts.device.arch);
  addBusybox(tree, parts.busybox);
  const needed = await addPrograms(tree, parts);
  await addStage1(tree, parts.stage1);
  tree.addFile(SYSCALL_PATH, syscallProgram(parts.device.arch), { from: 'stage-1', mode: 0o755 });
  if (parts.modules !== undefined) addModules(tree, parts.modules);
  for (const { from, entries, reasons } of parts.brought ?? []) {
    tree.merge(entries, from);
    for (const [path, reason] of reasons) needed.set(path, reason);
  }
  addSplash(tree, parts.splash ?? new Map());
  addSettings(tree, parts);
  tree.merge(hookEntries(parts.hooks ?? []), 'hooks');
  const { overlay = [] } = parts;
  tree.merge(typeof overlay === 'string' ? await readOverlay(overlay) : overlay, 'overlay');
  const entries = tree.entries();
  if (parts.release === true) expectPublic(entries);
  const origins = tree.origins();
  const archive = packCpio(entries, (path) => !STEADY.has(origins.get(path) ?? ''));
  await expectWhole(archive, entries.length);
  return {
    archive,
    entries,
    contributions: tree.contributions(),
    reasons: reasonsOf(tree, needed),
  };
}

/** Said before any work is done; what an overlay brings is looked at in the end. */
function refuseAccess({ keys, hostKey, passwordless }: SshAccess): void {
  const found = [
    keys.length > 0 ? 'personal SSH keys' : undefined,
    hostKey === undefined ? undefined : 'a host key',
    passwordless === true ? 'passwordless log-in' : undefined,
  ].filter((item) => item !== undefined);
  if (found.length === 0) return;
  throw new UsageError('initramfs.release', `an image that is shared must not hold ${found.join(' and ')}`, {
    hint: 'Leave them out, or build without --release for your own device.',
  });
}

/** Every applet gets its name; a program that comes later takes its own back. */
function addBusybox(tree: FileTree, busybox: Uint8Array): void {
  const from = 'busybox';
  tree.addFile('bin/busybox', busybox, { from, mode: 0o755 });
  for (const applet of busyboxApplets(busybox)) {
    if (applet !== 'busybox') tree.addSymlink(`bin/${applet}`, 'busybox', { from });
  }
}

/** A path that another brought later is his: a reason counts where who gave it brought the path. */
function reasonsOf(tree: FileTree, needed: ReadonlyMap<string, Reason>): Map<string, Reason> {
  // Programs are named as they lie in their packages: usr/sbin/dropbear, which is usr/bin/dropbear here.
  const placed = (path: string): string => {
    const folder = tree.resolve(parentOf(path));
    return folder === undefined ? path : `${folder}/${path.slice(path.lastIndexOf('/') + 1)}`;
  };
  const known = new Map(
    [...needed].map(([path, { because, of }]): [string, Reason] => [
      placed(path),
      of === undefined ? { because } : { because, of: placed(of) },
    ]),
  );
  return new Map(
    [...tree.origins()].map(([path, from]) => {
      const reason = BROUGHT.has(from) ? known.get(path) : undefined;
      return [path, reason ?? { because: from }];
    }),
  );
}

const PROGRAMS = 'programs';
const BROUGHT: ReadonlySet<string> = new Set<Brought['from'] | typeof PROGRAMS>([
  PROGRAMS,
  'firmware',
  'sysroot',
]);

/** @returns why each of them and of their libraries is there. */
async function addPrograms(
  tree: FileTree,
  { programs, device }: InitramfsParts,
): Promise<Map<string, Reason>> {
  const { sysroots, paths, because = new Map() } = programs;
  const reasons = new Map<string, Reason>();
  const onEntry = (path: string, reason: Reason): unknown => reasons.has(path) || reasons.set(path, reason);
  tree.merge(await elfClosure({ sysroots, programs: paths, because, arch: device.arch, onEntry }), PROGRAMS);
  return reasons;
}

async function addStage1(tree: FileTree, folder: string): Promise<void> {
  const from = 'stage-1';
  for (const entry of await readOverlay(folder, (name) => name.startsWith('.'))) {
    tree.add(stage1Entry(entry), from);
  }
  if (tree.get('init')?.type !== 'file') {
    throw new MnxError('initramfs.stage1', `${folder} holds no init`, {
      hint: 'Name the folder stage1 of the project.',
    });
  }
}

/** init goes to the root, programs go where PATH finds them, the rest has a folder of its own. */
function stage1Entry(entry: Entry): Entry {
  const { path } = entry;
  const program = path === 'init' || path.startsWith('bin/');
  if (program) return { ...entry, path: path === 'init' ? path : `usr/${path}`, mode: 0o755 } as Entry;
  return { ...entry, path: path === 'bin' ? 'usr/bin' : `${STAGE1_FOLDER}/${path}` };
}

function addModules(tree: FileTree, { release, files, tables }: ModuleFiles): void {
  const from = 'modules';
  const folder = `lib/modules/${release}`;
  for (const { record, data } of files) tree.addFile(`${folder}/${installedPath(record)}`, data, { from });
  for (const [name, text] of tables) tree.addFile(`${folder}/${name}`, utf8(text), { from });
}

function addSplash(tree: FileTree, files: ReadonlyMap<string, Uint8Array>): void {
  for (const [name, data] of files) tree.addFile(`${SPLASH_FOLDER}/${name}`, data, { from: 'splash' });
}

function addSettings(tree: FileTree, parts: InitramfsParts): void {
  const { device, ssh, stage2, release = false } = parts;
  const on = ssh.keys.length > 0 || ssh.passwordless === true;
  const conf = deviceConf(device, {
    stage2,
    release,
    debug: parts.debug === true,
    ...(parts.probe === undefined ? {} : { probe: parts.probe }),
    ssh: on,
    passwordless: ssh.passwordless === true,
    splash: (parts.splash?.size ?? 0) > 0,
    modules: modulesToLoad(parts.modules),
  });
  tree.addFile('etc/mnx.conf', utf8(writeConf(conf)), { from: 'settings' });
  if (on) addKeys(tree, ssh);
}

/** dropbear refuses keys that others could have written, so the modes are closed. */
function addKeys(tree: FileTree, { keys, hostKey }: SshAccess): void {
  const from = 'ssh';
  if (hostKey === undefined) {
    throw new MnxError('initramfs.host-key', 'SSH is on, but the device has no host key');
  }
  tree.addDirectory('etc/dropbear', { from, mode: 0o700 });
  tree.addFile(hostKeyPath(hostKey), dropbearHostKey(hostKey), { from, mode: 0o600 });
  tree.addDirectory('root/.ssh', { from, mode: 0o700 });
  tree.addFile('root/.ssh/authorized_keys', utf8(authorizedKeys(keys)), { from, mode: 0o600 });
}

/**
 * All of them by name, in load order: they were chosen because this device asks for them. Leaving it
 * to the aliases would lose some, since busybox's modprobe cuts an alias at its first dot, so that
 * a node's second compatible string counts for nothing behind `qcom,msm-uartdm-v1.4`.
 */
function modulesToLoad(modules: ModuleFiles | undefined): string[] {
  const names = (modules?.files ?? []).map(({ record }) => record.name);
  return names.filter((name) => modules?.weak?.has(name) !== true);
}

async function expectWhole(archive: Uint8Array, entries: number): Promise<void> {
  const view = await checkAsKernel(archive);
  const [lost] = view.lost;
  if (lost === undefined && view.stopped === undefined && view.entries.length === entries) return;
  const what =
    lost === undefined ? (view.stopped?.reason ?? 'entries are missing') : `${lost.path}: ${lost.reason}`;
  throw new MnxError('initramfs.lost', `the kernel would not have all of this archive: ${what}`, {
    hint: 'Give the file another name or place.',
  });
}
