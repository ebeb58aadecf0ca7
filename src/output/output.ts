import {
  accessSync,
  closeSync,
  constants,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { MnxError, UsageError } from '../binary/index.ts';

/** Bytes one after the other, there already or made when they are asked for. */
export type Pieces = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** A file to write: its name and its content in pieces. */
export interface Output {
  readonly path: string;
  /** Taken one after the other; each is on the disk before the next is asked for. */
  readonly pieces: Pieces;
  /** What goes over the first bytes when all pieces are written. */
  readonly head?: () => Uint8Array;
}

/**
 * Writes a file so that under its name there is either the old content or the new, whole:
 * temporary name in the same folder, fsync, rename. The mode follows the umask, as a person expects
 * of an output; the bytes do not. A symbolic link stays one: what it points to is replaced.
 *
 * @throws UsageError as {@link checkOutput}; MnxError `recipe.disk-full`, `recipe.output`
 */
export function writeAtomically(path: string, pieces: Pieces): Promise<void> {
  return writeTogether([{ path, pieces }]);
}

/** Writes files that belong together: all of them are whole on the disk before the first gets its name. */
export async function writeTogether(outputs: readonly Output[]): Promise<void> {
  const written: { temporary: string; target: string }[] = [];
  try {
    for (const { path, pieces, head } of outputs) {
      const target = await checkOutput(path);
      const temporary = temporaryBeside(target);
      written.push({ temporary, target });
      begin(temporary);
      await writeWhole(temporary, pieces, head).catch((error: unknown) => {
        throw outputFailure(error, path);
      });
    }
    for (const { temporary, target } of written) {
      renameSync(temporary, target);
      settle(temporary);
    }
  } finally {
    for (const { temporary } of written) if (settle(temporary)) rmSync(temporary, { force: true });
  }
  for (const folder of new Set(written.map(({ target }) => dirname(target)))) syncFolder(folder);
}

/**
 * Says before a long build whether its output can be written, and where it really goes.
 *
 * @returns the absolute path, symbolic links followed
 * @throws UsageError `recipe.output-is-folder`, `recipe.output-not-file`, `recipe.output-folder`;
 *   MnxError `recipe.output` for a folder that may not be written to
 */
export async function checkOutput(path: string): Promise<string> {
  if (path === '-') {
    throw new UsageError('recipe.output-not-file', '- is no place for an output: it is whole or not there', {
      hint: 'What reads a pipe cannot tell half an image from a whole one: name a file with -o (./- for that name).',
    });
  }
  const target = realPlace(path);
  const found = statOf(target);
  if (found?.isDirectory()) {
    throw new UsageError('recipe.output-is-folder', `${path} is a folder`, { hint: 'Name a file with -o.' });
  }
  if (found !== undefined && !found.isFile()) {
    throw new UsageError('recipe.output-not-file', `${path} is a device or a pipe, not a file`, {
      hint: 'The output is written beside its final name and renamed: name a plain file with -o.',
    });
  }
  const folder = dirname(target);
  if (!isFolder(folder)) throw noFolder(target);
  try {
    accessSync(folder, constants.W_OK);
  } catch (error) {
    throw outputFailure(error, path);
  }
  return target;
}

const unfinished = new Set<string>();
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** From here on a signal that ends the program takes away what is half-written first. */
function begin(temporary: string): void {
  if (unfinished.size === 0) for (const signal of SIGNALS) process.on(signal, endBy);
  unfinished.add(temporary);
}

/** @returns whether it was still unfinished */
function settle(temporary: string): boolean {
  const open = unfinished.delete(temporary);
  if (open && unfinished.size === 0) for (const signal of SIGNALS) process.off(signal, endBy);
  return open;
}

/** The signal does then what it does to any program. */
function endBy(signal: NodeJS.Signals): void {
  discardUnfinished();
  for (const name of SIGNALS) process.off(name, endBy);
  process.kill(process.pid, signal);
}

/**
 * Makes a folder so that under its name there is all of it or nothing.
 *
 * @param fill writes into a new empty folder beside the final one
 * @throws UsageError `recipe.output-exists` for a name that is taken, unless by an empty folder;
 *   `recipe.output-folder` when the folder above is missing
 */
export async function makeFolder<T>(path: string, fill: (folder: string) => Promise<T> | T): Promise<T> {
  const target = realPlace(path);
  expectFree(target, path);
  const temporary = temporaryBeside(target);
  begin(temporary);
  try {
    mkdirSync(temporary);
    const result = await fill(temporary);
    renameSync(temporary, target);
    syncFolder(dirname(target));
    return result;
  } catch (error) {
    throw outputFailure(error, path);
  } finally {
    rmSync(temporary, { force: true, recursive: true });
    settle(temporary);
  }
}

/**
 * Makes a folder for outputs, and those above it, unless it is there.
 * @throws UsageError `recipe.output-folder` when a file stands in its place; MnxError `recipe.output`
 */
export function ensureFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== 'EEXIST' && code !== 'ENOTDIR') throw outputFailure(cause, path);
    throw new UsageError('recipe.output-folder', `${path} is no folder: a file stands there`, {
      hint: 'Name another folder, or remove the file first.',
      cause,
    });
  }
}

function expectFree(target: string, path: string): void {
  if (!isFolder(dirname(target))) throw noFolder(target);
  const found = statOf(target);
  if (found === undefined || (found.isDirectory() && readdirSync(target).length === 0)) return;
  throw new UsageError(
    'recipe.output-exists',
    `${path} is there already${found.isDirectory() ? ', and is not empty' : ', and is no folder'}`,
    {
      hint: 'Name a new folder, or remove what is there first.',
    },
  );
}

function noFolder(target: string): UsageError {
  const folder = dirname(target);
  return new UsageError(
    'recipe.output-folder',
    `there is no folder ${folder} to write ${basename(target)} to`,
    { hint: `Make it first: mkdir -p ${folder}` },
  );
}

/** Removes what is half-written, for a program that ends here and now. */
export function discardUnfinished(): void {
  for (const temporary of unfinished) rmSync(temporary, { force: true, recursive: true });
  unfinished.clear();
}

/** Nobody else writes there at that nanosecond under that process number; who tries finds the name taken. */
function temporaryBeside(target: string): string {
  const stamp = `${process.pid.toString(36)}-${process.hrtime.bigint().toString(36)}`;
  return join(dirname(target), `.mnx-${basename(target)}-${stamp}`);
}

/** Links followed as far as there is something behind them. */
function realPlace(path: string): string {
  try {
    const there = lstatSync(path, { throwIfNoEntry: false }) !== undefined;
    return there ? realpathSync.native(path) : resolve(path);
  } catch {
    return resolve(path);
  }
}

function isFolder(path: string): boolean {
  return statOf(path)?.isDirectory() === true;
}

/** Nothing also where a file stands in place of a folder above. */
function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** Written at once and not by a thread: that halves the processor time of a copy. Between pieces signals are heard. */
async function writeWhole(path: string, pieces: Pieces, head?: () => Uint8Array): Promise<void> {
  const file = openSync(path, 'wx');
  try {
    let heard = 0;
    for await (const piece of pieces) {
      writePiece(file, piece);
      heard += piece.length;
      if (heard < LISTEN_EVERY) continue;
      heard = 0;
      await new Promise(setImmediate);
    }
    if (head !== undefined) writePiece(file, head(), 0);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Bytes: some milliseconds of writing. */
const LISTEN_EVERY = 4 * 1024 * 1024;

/** A write may be short; what is missing is written again until the disk says no. */
function writePiece(file: number, piece: Uint8Array, place?: number): void {
  for (let at = 0; at < piece.length; ) {
    at += writeSync(file, piece, at, piece.length - at, place === undefined ? null : place + at);
  }
}

/** Makes the rename itself durable; file systems that cannot sync a folder are left alone. */
function syncFolder(folder: string): void {
  try {
    const handle = openSync(folder, 'r');
    try {
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  } catch {
    // Nothing more can be done for it.
  }
}

const REFUSALS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EROFS: 'the file system is read-only',
  ENAMETOOLONG: 'the name is too long',
};

/** Puts a refusal of the file system into words; anything else passes through. */
function outputFailure(cause: unknown, path: string): unknown {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code ?? '';
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG') {
    return new MnxError('recipe.disk-full', `no space left while writing ${path}`, {
      hint: 'Free some space, or write to another disk with -o. What stood under the name before is whole.',
      cause,
    });
  }
  const refusal = REFUSALS[code];
  if (refusal === undefined) return cause;
  return new MnxError('recipe.output', `cannot write ${path}: ${refusal}`, {
    hint: 'Name another place with -o.',
    cause,
  });
}
