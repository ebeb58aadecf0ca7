import { FormatError, MnxError } from '../binary/index.ts';
import { detectCodec } from '../compress/index.ts';
import type { Budget, Inside, Kind, Opened } from './kind.ts';
import type { Layer } from './layer.ts';
import { kindsOf } from './registry.ts';

/** Bytes that a walk expands in all; what is larger is named and left alone. */
export const EXPAND_LIMIT = 128 * 1024 * 1024;

/** No vendor nests deeper; a file that does is hostile. */
const DEPTH_LIMIT = 12;
/** Parts in all: a table of a thousand trees is hostile, and a file of a megabyte could hold a million parts. */
export const PARTS_LIMIT = 1024;
/** Members behind one another in one section; an initramfs has a handful. */
const MEMBERS_LIMIT = 256;

export interface WalkOptions {
  /** Name of the file. */
  readonly name?: string;
  /** Levels that are entered; default all. */
  readonly depth?: number;
  /** Most bytes to expand; default 128 MiB. */
  readonly limit?: number;
}

/**
 * Takes a file apart: what it is, what lies in it, and so on, through wrappers and compression. Damage
 * inside is kept with the layer that has it; all that is sound is shown.
 */
export async function walkFile(bytes: Uint8Array, options: WalkOptions = {}): Promise<Layer> {
  const { name = 'file', depth = DEPTH_LIMIT, limit = EXPAND_LIMIT } = options;
  return layerOf(
    { name, bytes, offset: 0 },
    { budget: { left: limit, parts: PARTS_LIMIT }, depth: Math.min(depth, DEPTH_LIMIT) },
  );
}

interface Walk {
  readonly budget: Budget;
  /** Levels that are still entered. */
  readonly depth: number;
  /** A wrapper that is only a mark within the image: the same bytes are not looked at as that again. */
  readonly without?: Kind;
}

/** One part: a single thing, or several behind one another. */
async function layerOf(part: Inside, walk: Walk): Promise<Layer> {
  if (part.closed) return closedLayer(part);
  const members = await membersOf(part, walk);
  const [first] = members;
  const single = first !== undefined && members.length === 1;
  const whole = single && first.offset === 0 && onlyZeros(part.bytes.subarray(first.bytes.length));
  if (whole)
    return {
      ...first,
      name: part.name,
      offset: part.offset,
      bytes: part.bytes,
      title: titled(first.title, part),
    };
  const names = [...new Set(members.map(({ format }) => format))].join(' + ');
  return {
    name: part.name,
    format: members.length === 0 ? 'zeros' : 'members',
    title: titled(members.length === 0 ? 'zeros' : `${members.length} parts: ${names}`, part),
    offset: part.offset,
    bytes: part.bytes,
    facts: [],
    inside: numbered(members),
    problem: undefined,
  };
}

function closedLayer({ name, bytes, offset }: Inside): Layer {
  const codec = detectCodec(bytes);
  const format = codec === 'none' ? 'data' : codec;
  const title = codec === 'none' ? 'not compressed' : codec;
  return { name, format, title, offset, bytes, facts: [], inside: [], problem: undefined };
}

function titled(title: string, { note }: Inside): string {
  return note === undefined ? title : `${title}, ${note}`;
}

/** Things behind one another, each where the one before ends; zeros between them are padding. */
async function membersOf({ bytes, otherwise, name }: Inside, walk: Walk): Promise<Layer[]> {
  const members: Layer[] = [];
  let at = start(bytes, 0);
  while (at < bytes.length) {
    const rest = bytes.subarray(at);
    const most = members.length === MEMBERS_LIMIT;
    const found = most ? NOTHING : await open(rest, walk, at === 0 ? otherwise : undefined);
    const end = found.value?.end ?? rest.length;
    members.push({
      name,
      format: found.kind?.name ?? 'data',
      title: found.value?.title ?? unknownTitle(rest, found),
      offset: at,
      bytes: rest.subarray(0, end),
      facts: found.value?.facts ?? [],
      ...(await insideOf(found, rest, walk)),
    });
    at = start(bytes, at + Math.max(end, 1));
  }
  return members;
}

/** Where the next thing begins: behind zeros, unless a format begins with them (a zImage does) or nothing follows. */
function start(bytes: Uint8Array, from: number): number {
  const behind = firstByte(bytes, from);
  if (behind === from || behind === bytes.length || kindsOf(bytes.subarray(from)).length > 0) {
    return behind === bytes.length ? behind : from;
  }
  return kindsOf(bytes.subarray(behind)).length > 0 ? behind : from;
}

interface Found {
  readonly kind: Kind | undefined;
  readonly value: Opened | undefined;
  readonly problem: MnxError | undefined;
}

const NOTHING: Found = { kind: undefined, value: undefined, problem: undefined };

/** The first kind that reads the bytes; when none does, what the likeliest one says of the damage. */
async function open(bytes: Uint8Array, walk: Walk, otherwise: Kind | undefined): Promise<Found> {
  const { budget, without } = walk;
  const kinds = kindsOf(bytes).filter((kind) => kind !== without);
  let failed: Found = NOTHING;
  for (const kind of [...kinds, ...(kinds.length === 0 && otherwise !== undefined ? [otherwise] : [])]) {
    try {
      const value = await kind.open(bytes, budget);
      const problem = failed.problem ?? (value.problem instanceof MnxError ? value.problem : undefined);
      return { kind, value, problem };
    } catch (error) {
      if (!(error instanceof MnxError)) throw error;
      if (failed.problem === undefined) failed = { kind, value: undefined, problem: error };
    }
  }
  return failed;
}

type Within = Pick<Layer, 'inside' | 'problem'>;

async function insideOf({ kind, value, problem }: Found, owner: Uint8Array, walk: Walk): Promise<Within> {
  if (kind === undefined || value === undefined || walk.depth === 0) return { inside: [], problem };
  const { budget } = walk;
  const inside: Layer[] = [];
  // One after the other: they share what may be spent.
  for (const part of value.inside) {
    if (budget.parts === 0) return { inside, problem: problem ?? tooMany(kind, value.inside.length) };
    budget.parts--;
    const same = part.offset === 0 && part.bytes.length === owner.length;
    inside.push(await layerOf(part, { budget, depth: walk.depth - 1, ...(same ? { without: kind } : {}) }));
  }
  return { inside, problem };
}

function tooMany({ name }: Kind, parts: number): FormatError {
  const fault = { field: `${name}.parts`, offset: 0, got: parts };
  return new FormatError('inspect.parts', { ...fault, wanted: `at most ${PARTS_LIMIT} parts in a file` });
}

function unknownTitle(bytes: Uint8Array, { kind, problem }: Found): string {
  if (kind !== undefined) {
    return problem instanceof FormatError && problem.code === 'compress.limit'
      ? `${kind.name}, too large to be expanded`
      : `damaged ${kind.name}`;
  }
  return bytes.every((byte) => byte === ERASED) ? 'only 0xff, as erased flash has it' : 'unknown content';
}

const ERASED = 0xff;

/** Members of one part are told apart by what they are: `gzip 0`, `fdt 1`. */
function numbered(members: readonly Layer[]): Layer[] {
  const counts = new Map<string, number>();
  return members.map((member) => {
    const same = members.filter(({ format }) => format === member.format).length;
    const i = counts.get(member.format) ?? 0;
    counts.set(member.format, i + 1);
    const name = MEMBER_NAMES[member.format] ?? member.format;
    return { ...member, name: same === 1 ? name : `${name} ${i}` };
  });
}

const MEMBER_NAMES: Readonly<Record<string, string>> = { fdt: 'dtb', data: 'rest' };

function firstByte(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < bytes.length && bytes[at] === 0) at++;
  return at;
}

function onlyZeros(bytes: Uint8Array): boolean {
  return firstByte(bytes, 0) === bytes.length;
}
