import { readFile } from 'node:fs/promises';
import { FormatError, UsageError } from '../binary/index.ts';
import { writeWhole } from './atomic.ts';
import type { PayloadContext } from './context.ts';
import { type PackageRef, parseResolved, RESOLVED_FIELDS, type Resolved } from './package.ts';

/** The pins of `mnx.lock`. */
export interface Lock {
  readonly path: string;
  /** The pinned package; a request for another version finds nothing. */
  find(wanted: PackageRef): Resolved | undefined;
}

/**
 * @returns undefined when there is no lock file and none is needed
 * @throws FormatError `payload.lock` when it is damaged, UsageError `payload.no-lock` when it is needed and absent
 */
export async function readLock(path: string, needed: boolean): Promise<Lock | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) {
    if (!needed) return undefined;
    throw new UsageError('payload.no-lock', `there is no lock file ${path}`, {
      hint: 'Write one with mnx fetch --lock, or leave out --locked.',
    });
  }
  const pins = new Map(parseLock(text, path).map((pin) => [pin.key, pin.resolved]));
  return {
    path,
    find(wanted) {
      const pin = pins.get(lockKey(wanted.name, wanted.suite, wanted.arch));
      return wanted.version === undefined || pin?.version === wanted.version ? pin : undefined;
    },
  };
}

/** Under which name a request is kept, in the lock file and in a run. */
export function lockKey(name: string, suite: string, arch: string): string {
  return `${name} ${suite} ${arch}`;
}

/** Writes every package that this run used, sorted, so that equal choices give equal files. */
export async function writeLock(context: PayloadContext, path = 'mnx.lock'): Promise<void> {
  const packages = [...context.used]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, resolved]) => ({ request: key, ...sortedFields(resolved) }));
  await writeWhole(path, `${JSON.stringify({ packages, schema: 1 }, null, 2)}\n`);
}

function sortedFields(resolved: Resolved): Record<string, string | number> {
  return Object.fromEntries(RESOLVED_FIELDS.map((field) => [field, resolved[field]]));
}

interface Pin {
  readonly key: string;
  readonly resolved: Resolved;
}

function parseLock(text: string, path: string): Pin[] {
  const value = readJson(text, path);
  const packages = (value as { packages?: unknown; schema?: unknown } | null)?.packages;
  if ((value as { schema?: unknown } | null)?.schema !== 1 || !Array.isArray(packages)) {
    throw damaged(path, 'another structure', 'schema 1 with a list of packages');
  }
  return packages.map((entry: unknown, i) => {
    const pin = parseResolved(entry);
    const key = (entry as { request?: unknown } | null)?.request;
    if (pin === undefined || typeof key !== 'string') {
      throw damaged(path, `packages[${i}]`, RESOLVED_FIELDS.join(', '));
    }
    return { key, resolved: pin };
  });
}

function readJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw damaged(path, (error as Error).message, 'JSON');
  }
}

function damaged(path: string, got: string, wanted: string): FormatError {
  return new FormatError(
    'payload.lock',
    { field: path, offset: 0, got, wanted },
    { hint: 'Write it anew with mnx fetch --lock.' },
  );
}
