import { lstatSync, readdirSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { UsageError, unreadable } from '../binary/index.ts';
import { readPieces, readWhole } from '../output/index.ts';
import { nearest } from '../toml/index.ts';

/**
 * A file that the command line names, whole; `-` is the standard input.
 * @throws UsageError `cli.no-file`
 */
export async function readInput(file: string): Promise<Uint8Array> {
  if (file === '-') return readStandardInput();
  try {
    return await readWhole(file);
  } catch (cause) {
    throw noFile(file, cause);
  }
}

/** Says why a file of the command line cannot be read, and what may have been meant. */
export function noFile(file: string, cause: unknown): UsageError {
  return new UsageError('cli.no-file', `cannot read ${file}${unreadable(cause)}`, {
    hint: adviceOn(file, (cause as NodeJS.ErrnoException).code),
    cause,
  });
}

/** @throws UsageError `cli.no-file` for a folder of the command line that is none */
export async function expectFolder(folder: string): Promise<void> {
  try {
    await readdir(folder);
  } catch (cause) {
    throw noFile(folder, cause);
  }
}

function adviceOn(file: string, code: string | undefined): string {
  if (code === 'ENOTDIR') return 'Name a folder: mnx unpack and mnx initramfs extract make one of a file.';
  if (code === 'EISDIR') return 'Name a file in it; mnx pack and mnx initramfs pack make a file of a folder.';
  if (code === 'EACCES' || code === 'EPERM') return 'Run mnx as the user who may read it, or copy it first.';
  if (code === 'ENDLESS' || code === 'ERR_FS_FILE_TOO_LARGE')
    return 'Copy the part that is wanted: head -c 64M FILE > image';
  if (code === 'ENOENT' && isLink(file)) return 'It is a link that leads nowhere.';
  const near = code === 'ENOENT' ? nearest(basename(file), namesBeside(file)) : undefined;
  return near === undefined ? 'Check the path that was given.' : `There is ${near} in that folder.`;
}

function isLink(file: string): boolean {
  return lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
}

function namesBeside(file: string): string[] {
  try {
    return readdirSync(dirname(file)).sort();
  } catch {
    return [];
  }
}

let standardInputWasRead = false;

async function readStandardInput(): Promise<Uint8Array> {
  if (process.stdin.isTTY || standardInputWasRead) {
    const why = standardInputWasRead ? 'can be read once only' : 'is this terminal';
    throw new UsageError('cli.no-file', `the standard input ${why}`, {
      hint: '- stands for what a pipe brings: zcat boot.img.gz | mnx inspect -',
    });
  }
  standardInputWasRead = true;
  try {
    return await readPieces(process.stdin);
  } catch (cause) {
    throw noFile('the standard input', cause);
  }
}

/** A number of an option's value: decimal or 0x. */
export function wholeNumber(text: string): number {
  const value = /^(?:\d+|0x[\da-f_]+)$/i.test(text) ? Number(text.replaceAll('_', '')) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw new InvalidArgumentError('Not a whole number, decimal or 0x.');
  return value;
}

/** A TCP port. */
export function portNumber(text: string): number {
  const port = wholeNumber(text);
  if (port < 1 || port > 65535) throw new InvalidArgumentError('Not a port: 1 to 65535.');
  return port;
}
