import { type SpawnSyncOptions, spawnSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

export const STAGE1 = resolve(import.meta.dirname, '../../stage1');

/** A shell that stage-1 must run under, and how it is started. */
export interface Shell {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
}

const WANTED: readonly Shell[] = [
  { name: 'busybox ash', command: ['busybox', 'ash'] },
  { name: 'dash', command: ['dash'] },
];

/** Whether a program can be started; a missing one is named in one line. */
export function installed(program: string): boolean {
  const found = spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
  if (!found) console.log(`skipped: ${program} is not installed`);
  return found;
}

/** The shells of this machine. */
export const SHELLS: readonly Shell[] = WANTED.filter(({ command }) => installed(command[0]));

export interface Result {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** What was written to the kernel log, a line each. */
  readonly kmsg: readonly string[];
  /** Text of a file in the tree, or undefined. */
  read(path: string): string | undefined;
  /** Bytes of a file in the tree, or undefined. */
  bytes(path: string): Uint8Array | undefined;
}

export interface Tree {
  /** Path in the tree to text or bytes. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** Path in the tree to the link's target. */
  readonly links?: Readonly<Record<string, string>>;
  /** Settings of /etc/mnx.conf, without the `mnx_` in front. */
  readonly conf?: Readonly<Record<string, string>>;
  /** Kernel command line. */
  readonly cmdline?: string;
}

/** Paths of stage-1 below the tree's root. */
const PATHS: Readonly<Record<string, string>> = {
  MNX_CONF: 'etc/mnx.conf',
  MNX_ETC: 'etc',
  MNX_SPLASH: 'splash',
  MNX_PROC: 'proc',
  MNX_SYSFS: 'sys',
  MNX_DEV: 'dev',
  MNX_CONSOLE: 'dev/console',
  MNX_MODULE_TREE: 'lib/modules',
  MNX_MODPROBE: 'sbin/modprobe',
  MNX_FIRMWARE: 'lib/firmware',
  MNX_MDEV: 'sbin/mdev',
  MNX_BUSYBOX: 'bin/busybox',
  MNX_RUN: 'run/mnx',
  MNX_ROOT: 'sysroot',
};

/**
 * The words with which every script starts: the functions of stage-1, on a tree of its own, and what tests
 * wait with. `until_so COMMAND...` asks for up to a minute, `gone PID...` says so of each that ends.
 */
const PROLOGUE = `
until_so() { local tries=0; until "$@" 2>/dev/null; do [ "$tries" -lt 3000 ] || return 1; tries=$((tries + 1)); command sleep 0.02; done; }
ended() { case "$(cat "/proc/$1/stat" 2>/dev/null)" in '' | *') Z '*) ;; *) return 1 ;; esac; }
gone() { local pid; for pid; do until_so ended "$pid" && echo gone; done; }
for lib in "$MNX_LIB"/lib/*.sh; do . "$lib"; done
conf_load
: >"$MNX_RUN/stage1.log"
`;

/**
 * Runs a script after all of stage-1's functions, on a tree of files made for it. The script may
 * replace commands by functions of their name; nothing needs root.
 */
export function inStage1(shell: Shell, script: string, tree: Tree = {}): Result {
  const root = mkdtempSync(join(tmpdir(), 'mnx-sh-'));
  try {
    plant(root, tree);
    const [program, ...args] = shell.command;
    const run = alone(program, [...args, '-c', PROLOGUE + script], root);
    const found = new Map(filesBelow(root).map((path) => [path, readFileSync(join(root, path))]));
    const text = (path: string) => found.get(path)?.toString('utf8').replaceAll(root, '');
    return {
      status: run.status,
      stdout: run.stdout.replaceAll(root, ''),
      stderr: run.stderr.replaceAll(root, ''),
      kmsg: lines(text('dev/kmsg') ?? ''),
      read: text,
      bytes: (path) => found.get(path),
    };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/**
 * Runs a program in a process group of its own, which ends with it: what stage-1 leaves waiting beside the
 * boot would outlive the test. Its words go to files, as such a process keeps a pipe open.
 */
function alone(program: string, args: readonly string[], root: string) {
  const desk = mkdtempSync(join(tmpdir(), 'mnx-said-'));
  const [stdout, stderr] = [join(desk, 'stdout'), join(desk, 'stderr')] as const;
  const words = [openSync(stdout, 'a'), openSync(stderr, 'a')] as const;
  try {
    const options: SpawnSyncOptions & { detached: true } = {
      cwd: root,
      env: environment(root),
      stdio: ['ignore', ...words],
      timeout: 120_000,
      detached: true,
    };
    const { pid, status } = spawnSync(program, args, options);
    endGroup(pid);
    return { status, stdout: readFileSync(stdout, 'utf8'), stderr: readFileSync(stderr, 'utf8') };
  } finally {
    for (const file of words) closeSync(file);
    rmSync(desk, { recursive: true });
  }
}

function endGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch (error) {
    // Nobody of it is left.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function environment(root: string): NodeJS.ProcessEnv {
  const paths = Object.entries(PATHS).map(([name, path]) => [name, join(root, path)]);
  return {
    PATH: process.env['PATH'],
    LC_ALL: 'C',
    HOME: join(root, 'root'),
    MNX_LIB: STAGE1,
    TREE: root,
    ...Object.fromEntries(paths),
  };
}

function plant(root: string, { files = {}, links = {}, conf = {}, cmdline = '' }: Tree): void {
  const settings = Object.entries(conf).map(
    ([name, value]) => `mnx_${name}='${value.replaceAll("'", "'\\''")}'\n`,
  );
  const all = {
    'etc/mnx.conf': settings.join(''),
    'proc/cmdline': `${cmdline}\n`,
    'dev/kmsg': '',
    'run/mnx/output': '',
    ...files,
  };
  for (const [path, text] of Object.entries(all)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  for (const [path, target] of Object.entries({ 'proc/uptime': '/proc/uptime', ...links })) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    symlinkSync(target, join(root, path));
  }
}

function filesBelow(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));
}

export function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

/** All shell files of a folder of stage-1, in order. */
export function shellFiles(folder: string): string[] {
  return readdirSync(join(STAGE1, folder))
    .filter((name) => name.endsWith('.sh'))
    .sort()
    .map((name) => join(STAGE1, folder, name));
}

/** Shell text that replaces commands by functions which print their words; for seeing what would be done. */
export function recorded(...commands: string[]): string {
  return commands.map((name) => `${name}() { echo "${name} $*"; }\n`).join('');
}
