import { type Fact, hex, sha256 } from '../binary/index.ts';
import type { Inspection, Layer } from '../inspect/index.ts';
import { sayFindings } from './findings.ts';
import { paint, say, size, table } from './terminal.ts';

/** Prints what was found as a page: the parts, their fields, their hashes, what is odd. */
export async function sayPage({ layer, findings }: Inspection): Promise<void> {
  const { ownFacts } = await import('../inspect/index.ts');
  const { name, title, bytes } = layer;
  say(`${paint('bold', visible(name))}: ${visible(title)}, ${size(bytes.length)} (${bytes.length} bytes)`);
  sayTree(layer);
  for (const block of blocksOf(layer, ownFacts)) sayBlock(block);
  sayHashes(layer);
  if (findings.length === 0) return;
  say();
  sayFindings(findings);
}

/** Text of a file may steer a terminal; what is not for the eye is shown as a number. */
export function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cs}\p{Bidi_Control}]/gu, (char) => {
    const code = char.charCodeAt(0);
    return `\\x${(code >= 0xdc80 && code <= 0xdcff ? code - 0xdc00 : code).toString(16).padStart(2, '0')}`;
  });
}

interface Row {
  readonly place: string;
  readonly size: string;
  readonly name: string;
  readonly title: string;
}

function sayTree(layer: Layer): void {
  const rows = layer.inside.flatMap((inner, i) =>
    rowsOf(inner, { base: 0, stem: '', last: i === layer.inside.length - 1, depth: 0 }),
  );
  if (rows.length === 0) return;
  say();
  const cells = rows.map((row) => [`  ${row.place}`, row.size, row.name, row.title]);
  const dim = Math.max(...cells.map(([place = '']) => place.length));
  for (const line of table(cells, [1])) say(`${paint('dim', line.slice(0, dim))}${line.slice(dim)}`);
}

interface Branch {
  /** Where the owner begins in the file; undefined within what was expanded. */
  readonly base: number | undefined;
  readonly stem: string;
  readonly last: boolean;
  readonly depth: number;
}

function rowsOf(layer: Layer, { base, stem, last, depth }: Branch): Row[] {
  const { name, title, offset, bytes, inside } = layer;
  const at = offset === undefined || base === undefined ? undefined : base + offset;
  const place = at === undefined ? '' : hex(at, 8);
  const branch = depth === 0 ? '' : `${stem}${last ? '└ ' : '├ '}`;
  const below = depth === 0 ? '' : `${stem}${last ? '  ' : '│ '}`;
  return [
    { place, size: String(bytes.length), name: `${branch}${visible(name)}`, title: visible(title) },
    ...inside.flatMap((inner, i) =>
      rowsOf(inner, { base: at, stem: below, last: i === inside.length - 1, depth: depth + 1 }),
    ),
  ];
}

interface Block {
  readonly path: readonly string[];
  readonly facts: readonly Fact[];
}

/** More trees than these are a list; their titles say enough. */
const FEW_TREES = 2;

function blocksOf(
  layer: Layer,
  factsOf: (layer: Layer) => readonly Fact[],
  path: readonly string[] = [],
): Block[] {
  const trees = layer.inside.filter(({ format }) => format === 'fdt').length;
  const shown = layer.inside.filter(({ format }) => format !== 'fdt' || trees <= FEW_TREES);
  const facts = factsOf(layer);
  return [
    ...(facts.length === 0 ? [] : [{ path, facts }]),
    ...shown.flatMap((inner) => blocksOf(inner, factsOf, [...path, inner.name])),
  ];
}

function sayBlock({ path, facts }: Block): void {
  say();
  say(paint('bold', visible(path.join(' > ')) || 'fields'));
  const text = facts.every(({ name }) => /^line \d+$/.test(name));
  if (text) {
    for (const { value } of facts) say(`  ${visible(value)}`);
    return;
  }
  for (const line of table(facts.map(({ name, value }) => [`  ${name}`, visible(value)]))) say(line);
}

function sayHashes(layer: Layer): void {
  say();
  say(paint('bold', 'sha256'));
  const rows = [layer, ...layer.inside].map(({ name, bytes }) => [`  ${visible(name)}`, sha256(bytes)]);
  for (const line of table(rows)) say(line);
}
