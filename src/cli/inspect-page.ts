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
  for (const block of blocksOf(layer, ownFacts, { path: [], base: 0 })) sayBlock(block);
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

/** Characters of an offset. */
const PLACE = '0x00000000'.length;

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
  const cells = rows.map((row) => [`  ${row.place.padEnd(PLACE)}`, row.size, row.name, row.title]);
  for (const line of table(cells, [1])) sayPlaced(line, PLACE + 2);
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
  /** Where its layer begins in the file; undefined within what was expanded. */
  readonly base: number | undefined;
}

/** More trees than these are a list; their titles say enough. */
const FEW_TREES = 2;

type FactsOf = (layer: Layer) => readonly Fact[];

function blocksOf(layer: Layer, factsOf: FactsOf, { path, base }: Omit<Block, 'facts'>): Block[] {
  const trees = layer.inside.filter(({ format }) => format === 'fdt').length;
  const shown = layer.inside.filter(({ format }) => format !== 'fdt' || trees <= FEW_TREES);
  const facts = factsOf(layer);
  return [
    ...(facts.length === 0 ? [] : [{ path, facts, base }]),
    ...shown.flatMap((inner) => {
      const at = inner.offset === undefined || base === undefined ? undefined : base + inner.offset;
      return blocksOf(inner, factsOf, { path: [...path, inner.name], base: at });
    }),
  ];
}

function sayBlock({ path, facts, base }: Block): void {
  say();
  say(paint('bold', visible(path.join(' > ')) || 'fields'));
  const text = facts.every(({ name }) => /^line \d+$/.test(name));
  if (text) {
    for (const { value } of facts) say(`  ${visible(value)}`);
    return;
  }
  const placed = base !== undefined && facts.some(({ offset }) => offset !== undefined);
  const rows = facts.map(({ name, value, offset }) => {
    const place = offset === undefined || base === undefined ? '' : hex(base + offset, 8);
    return [...(placed ? [`  ${place.padEnd(PLACE)}`, name] : [`  ${name}`]), visible(value)];
  });
  for (const line of table(rows)) sayPlaced(line, placed ? PLACE + 2 : 0);
}

/** Offsets are there to be looked up; what stands beside them is there to be read. */
function sayPlaced(line: string, width: number): void {
  say(`${paint('dim', line.slice(0, width))}${line.slice(width)}`);
}

/** Of what lies in the file as it is; what was expanded has other bytes with every packer. */
function sayHashes(layer: Layer): void {
  say();
  say(paint('bold', 'sha256'));
  for (const { path, bytes } of stored(layer, [])) {
    say(`  ${paint('dim', sha256(bytes))}  ${visible(path.join(' > ') || layer.name)}`);
  }
}

function* stored(
  { bytes, inside }: Layer,
  path: readonly string[],
): Generator<{ readonly path: readonly string[]; readonly bytes: Uint8Array }> {
  yield { path, bytes };
  for (const inner of inside) if (inner.offset !== undefined) yield* stored(inner, [...path, inner.name]);
}
