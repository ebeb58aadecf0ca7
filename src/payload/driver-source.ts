import { posix } from 'node:path';
import { MissingError, utf8Text } from '../binary/index.ts';

/** Files of a kernel tree by their path below its root: `drivers/clk/qcom/common.h`. */
export type SourceTree = ReadonlyMap<string, Uint8Array>;

/** One pass over a kernel tree's files, in whatever order the archive has them. */
export type ReadTree = (wanted: (path: string) => boolean) => AsyncIterable<SourceFile>;

export interface SourceFile {
  readonly path: string;
  readonly data: Uint8Array;
}

/**
 * The names in `#include "..."`, in order and without repeats. A directive inside a comment counts as
 * well: one file too many is harmless.
 */
export function quotedIncludes(text: string): string[] {
  const names = [...text.matchAll(/^[ \t]*#[ \t]*include[ \t]*"([^"\n]+)"/gm)].map((match) => match[1] ?? '');
  return [...new Set(names)];
}

/** A driver's files inside a tree, and quoted includes that the tree does not have. */
export interface SourceClosure {
  /** Sorted; the sources and every local header that they reach. */
  readonly files: readonly string[];
  /** Paths that were asked for and are not in the tree; the compiler may find them in its own folders. */
  readonly absent: readonly string[];
}

/**
 * Follows quoted includes from `sources`. The compiler looks for those first in the folder of the
 * file that includes (C11 6.10.2), so each name is one path.
 */
export function sourceClosure(tree: SourceTree, sources: readonly string[]): SourceClosure {
  const seen = new Set<string>();
  const absent = new Set<string>();
  const open = [...sources];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (seen.has(path) || absent.has(path)) continue;
    const data = tree.get(path);
    if (data === undefined) {
      absent.add(path);
      continue;
    }
    seen.add(path);
    const folder = posix.dirname(path);
    open.push(...quotedIncludes(utf8Text(data)).map((name) => posix.join(folder, name)));
  }
  return { files: [...seen].sort(), absent: [...absent].sort() };
}

/**
 * Takes the sources and the headers that they reach out of a kernel tree, in one pass that ends as
 * soon as all are there. A header outside the sources' folders (`"../common.h"`) may have gone by
 * before it was known to be needed; it costs another pass.
 *
 * @throws MissingError `payload.driver-source` when the tree lacks a source.
 */
export async function pickSources(read: ReadTree, sources: readonly string[]): Promise<SourceTree> {
  const tree = new Map<string, Uint8Array>();
  const folders = [...new Set(sources.map((source) => `${posix.dirname(source)}/`))];
  const nearby = (path: string) => path.endsWith('.h') && folders.some((folder) => path.startsWith(folder));
  const sought = new Set(sources);
  await collect(read, (path) => sought.has(path) || nearby(path), { tree, sources });
  refuseAbsent(tree, sources);
  for (;;) {
    const { files, absent } = sourceClosure(tree, sources);
    const passedBy = absent.filter((path) => !nearby(path) && !sought.has(path) && isInside(path));
    if (passedBy.length === 0) return picked(tree, files);
    for (const path of passedBy) sought.add(path);
    await collect(read, (path) => sought.has(path), { tree, sources });
  }
}

/** Reads until nothing that the sources reach is missing, or to the end. */
async function collect(
  read: ReadTree,
  wanted: (path: string) => boolean,
  { tree, sources }: { tree: Map<string, Uint8Array>; sources: readonly string[] },
): Promise<void> {
  for await (const { path, data } of read(wanted)) {
    tree.set(path, data);
    if (sourceClosure(tree, sources).absent.length === 0) return;
  }
}

function refuseAbsent(tree: SourceTree, sources: readonly string[]): void {
  const lacking = sources.filter((source) => !tree.has(source));
  if (lacking.length === 0) return;
  throw new MissingError('payload.driver-source', `the kernel source has no ${lacking.join(', ')}`, {
    hint: "Check the driver's `sources` in the device file against this kernel version.",
  });
}

function isInside(path: string): boolean {
  return !path.startsWith('../') && !path.startsWith('/');
}

function picked(tree: SourceTree, files: readonly string[]): SourceTree {
  return new Map(files.map((path) => [path, tree.get(path) ?? new Uint8Array()]));
}
