import { UsageError } from '../binary/index.ts';
import { moduleName, moduleNameOfPath } from '../kernel/index.ts';
import type { MadeRamdisk } from './ramdisk.ts';

/** Why a file is in a ramdisk: each line is the reason of the one before it. */
export interface Chain {
  readonly path: string;
  readonly links: readonly string[];
}

/**
 * By which chains what has this name came into a ramdisk: a module, a path, or the last part of some.
 * @throws UsageError `recipe.not-inside` when nothing has
 */
export function whyInside(name: string, { why }: Pick<MadeRamdisk, 'why'>): Chain[] {
  const wanted = name.replace(/^\/+/, '');
  const paths = [...why.paths.keys()];
  const modules = paths.filter((path) => isModule(path) && moduleNameOfPath(path) === moduleName(wanted));
  const found = [
    modules,
    paths.filter((path) => path === wanted),
    paths.filter((path) => lastOf(path) === wanted),
  ];
  const matches = found.find((list) => list.length > 0) ?? [];
  if (matches.length > 0) return matches.map((path) => ({ path, links: linksOf(path, why) }));
  throw new UsageError('recipe.not-inside', `nothing in this ramdisk has the name ${name}`, {
    hint: 'Name a module, a path or a file; `mnx initramfs list` shows what is in a ramdisk.',
  });
}

function isModule(path: string): boolean {
  return path.endsWith('.ko');
}

function lastOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function linksOf(path: string, { paths, modules }: MadeRamdisk['why']): string[] {
  const chain = isModule(path) ? modules.get(moduleNameOfPath(path)) : undefined;
  if (chain !== undefined) return chain.split(' <- ');
  const links: string[] = [];
  const seen = new Set<string>();
  for (let at: string | undefined = path; at !== undefined && !seen.has(at); ) {
    seen.add(at);
    const reason = paths.get(at);
    if (reason === undefined) break;
    const because = reason.of === undefined ? reason.because : `${reason.because} ${reason.of}`;
    links.push(...because.split(' <- '));
    at = reason.of;
  }
  return links;
}
