import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');

/** The program as people run it; MNX_CLI names another one, such as an installed copy. */
export const MAIN = process.env['MNX_CLI'] ?? join(ROOT, 'dist/cli/mnx.cjs');

if (!existsSync(MAIN)) throw new Error(`${MAIN} is not there: npm run build`);
if (process.env['MNX_CLI'] === undefined && isOlder(MAIN, join(ROOT, 'src'))) {
  console.log('dist is older than src, and these tests run dist: npm run build');
}

function isOlder(file: string, folder: string): boolean {
  const { mtimeMs } = statSync(file);
  return readdirSync(folder, { recursive: true, withFileTypes: true }).some(
    (entry) => entry.isFile() && statSync(join(entry.parentPath, entry.name)).mtimeMs > mtimeMs,
  );
}

/** A folder of its own for one file of tests, with a home, a state and a cache in which nothing is. */
export interface Desk {
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  /** A new empty folder on the desk. */
  fresh(name?: string): string;
  clear(): void;
}

export function desk(): Desk {
  const folder = mkdtempSync(join(tmpdir(), 'mnx-cli-'));
  return {
    folder,
    env: {
      PATH: process.env['PATH'],
      HOME: join(folder, 'home'),
      MNX_CACHE: join(folder, 'cache'),
      MNX_STATE: join(folder, 'state'),
      LANG: 'C.UTF-8',
    },
    fresh: (name = 'work') => mkdtempSync(join(folder, `${name}-`)),
    clear: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export interface RunOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** Another node than the one that runs the tests. */
  readonly node?: string;
  readonly nodeFlags?: readonly string[];
  /** Is given the process when it has started. */
  readonly attend?: (child: ChildProcess) => void;
}

export interface Run {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end; its input is empty, its outputs are pipes. */
export function run(
  program: string,
  args: readonly string[],
  options: Omit<RunOptions, 'node'>,
): Promise<Run> {
  return new Promise((done, fail) => {
    const { env, cwd } = options;
    const child = spawn(program, [...args], { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.once('error', fail);
    child.once('close', (code, signal) => done({ code, signal, stdout, stderr }));
    options.attend?.(child);
  });
}

/** Runs mnx. */
export function mnx(args: readonly string[], options: RunOptions): Promise<Run> {
  const { node = process.execPath, nodeFlags = [] } = options;
  return run(node, [...nodeFlags, MAIN, ...args], options);
}

/** The one document that `--json` prints; anything before or behind it fails. */
export function documentOf({ stdout }: Run): unknown {
  return JSON.parse(stdout);
}

/** Names in a folder, sorted. */
export function listing(folder: string): string[] {
  return readdirSync(folder).sort();
}
