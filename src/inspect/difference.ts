/** One thing in which two files differ. */
export interface Difference {
  /** Where: `ramdisk > content`; empty for the file itself. */
  readonly where: string;
  /** `field` of a header, `word` of a command line, `file` of an archive, `node`, `property`, `part`, ... */
  readonly kind: 'field' | 'word' | 'line' | 'file' | 'node' | 'property' | 'part' | 'format' | 'content';
  readonly change: 'added' | 'removed' | 'changed';
  readonly name: string;
  /** What it was; absent when it was added. */
  readonly from?: string;
  /** What it is now; absent when it was removed. */
  readonly to?: string;
}

/** What is compared: the same kind of thing on both sides, by name. */
export interface Sides {
  readonly where: string;
  readonly kind: Difference['kind'];
  readonly before: ReadonlyMap<string, string>;
  readonly after: ReadonlyMap<string, string>;
}

/** What was removed, changed and added, in the order of the two sides. */
export function compareMaps({ where, kind, before, after }: Sides): Difference[] {
  const found: Difference[] = [];
  for (const [name, from] of before) {
    const to = after.get(name);
    if (to === undefined) found.push({ where, kind, change: 'removed', name, from });
    else if (to !== from) found.push({ where, kind, change: 'changed', name, from, to });
  }
  for (const [name, to] of after) {
    if (!before.has(name)) found.push({ where, kind, change: 'added', name, to });
  }
  return found;
}
