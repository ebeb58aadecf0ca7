import type { PayloadContext } from './context.ts';
import type { PackageRef, Resolved } from './package.ts';

/** The pins of `mnx.lock`. */
export interface Lock {
  readonly path: string;
  find(wanted: PackageRef): Resolved | undefined;
}

/** @throws FormatError `payload.lock` when the file is damaged, UsageError `payload.no-lock` when it must exist and does not */
export async function readLock(_path: string, _needed: boolean): Promise<Lock | undefined> {
  throw new Error('being written');
}

/** Writes every package that this run used, sorted, so that equal choices give equal files. */
export async function writeLock(_context: PayloadContext, _path = 'mnx.lock'): Promise<void> {
  throw new Error('being written');
}
