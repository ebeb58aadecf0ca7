import { FormatError, hex, padding } from '../binary/index.ts';
import type { KeptPadding } from './image.ts';
import { type FieldTable, rangeOf } from './kept.ts';
import { type ByteRange, type ByteSource, rangeBytes, sourceOf } from './source.ts';
import { allZero, zeros } from './zeros.ts';

/** A section as its header announces it. */
export interface SectionSize<N extends string> {
  readonly name: N;
  readonly size: number;
  /** The header field that states the size. */
  readonly field: string;
}

/** An image that is a header and sections behind it, each padded to whole pages. */
export interface SectionPlan<N extends string> {
  readonly header: FieldTable;
  readonly pageSize: number;
  /** In file order; a section of size 0 takes no page. */
  readonly sections: readonly SectionSize<N>[];
}

export interface CutRanges<N extends string> {
  /** Where each section lies; empty sections have no entry. */
  readonly parts: ReadonlyMap<N, ByteRange>;
  readonly keptPaddings: readonly KeptPadding<N>[];
  readonly trailing: ByteRange;
}

/**
 * Finds the sections in a file; only paddings are read. The last page has to be full too: loaders
 * read whole pages and refuse a file that ends before them (aboot.c cmd_boot).
 * @throws FormatError `bootimg.truncated`
 */
export function cutRanges<N extends string>(source: ByteSource, plan: SectionPlan<N>): CutRanges<N> {
  const parts = new Map<N, ByteRange>();
  const keptPaddings: KeptPadding<N>[] = [];
  let at = plan.header.size;
  const skipPadding = (part: N | 'header', size: number): void => {
    const room = padding(size, plan.pageSize);
    if (at + room > source.size) throw shortPage(plan, part, source.size, at + room);
    const bytes = source.read(at, room);
    if (!allZero(bytes)) keptPaddings.push({ part, room, bytes });
    at += room;
  };
  skipPadding('header', at);
  for (const section of plan.sections) {
    if (section.size === 0) continue;
    if (at + section.size > source.size) throw cutOff(plan.header, section, source.size - at);
    parts.set(section.name, { source, offset: at, size: section.size });
    at += section.size;
    skipPadding(section.name, section.size);
  }
  return { parts, keptPaddings, trailing: { source, offset: at, size: source.size - at } };
}

export interface CutSections<N extends string> {
  /** Views into the file; empty sections have no entry. */
  readonly parts: ReadonlyMap<N, Uint8Array>;
  readonly keptPaddings: readonly KeptPadding<N>[];
  readonly trailing: Uint8Array;
}

/** {@link cutRanges} over an array. */
export function cutSections<N extends string>(bytes: Uint8Array, plan: SectionPlan<N>): CutSections<N> {
  const { parts, keptPaddings, trailing } = cutRanges(sourceOf(bytes), plan);
  const views = [...parts].map(([name, range]) => [name, rangeBytes(range)] as const);
  return { parts: new Map(views), keptPaddings, trailing: rangeBytes(trailing) };
}

/** A section to be written; its pieces are not joined, so that writing them out streams. */
export interface SectionPieces<N extends string> {
  readonly name: N;
  readonly size: number;
  readonly pieces: Iterable<Uint8Array>;
}

/** What of an image stands around its sections. */
export interface Frame<N extends string> {
  readonly header: Uint8Array;
  readonly pageSize: number;
  readonly keptPaddings: readonly KeptPadding<N>[];
}

/** Inverse of {@link cutRanges}: header and sections as consecutive pieces, without the trailing bytes. */
export function* joinSections<N extends string>(
  frame: Frame<N>,
  parts: readonly SectionPieces<N>[],
): Generator<Uint8Array> {
  const behind = (part: N | 'header', size: number): Uint8Array[] => {
    const room = padding(size, frame.pageSize);
    const kept = frame.keptPaddings.find((entry) => entry.part === part && entry.room === room);
    return kept === undefined ? zeros(room) : [kept.bytes];
  };
  yield frame.header;
  yield* behind('header', frame.header.length);
  for (const { name, size, pieces } of parts) {
    yield* pieces;
    yield* behind(name, size);
  }
}

const CUT_OFF_HINT = 'The file is cut off or its header is damaged; copy it again from its source.';

function cutOff(header: FieldTable, section: SectionSize<string>, left: number): FormatError {
  return new FormatError(
    'bootimg.truncated',
    {
      field: `${header.name}.${section.field}`,
      offset: rangeOf(header, section.field).start,
      got: section.size,
      wanted: `at most ${hex(Math.max(left, 0))}, the bytes left for ${section.name}`,
    },
    { hint: CUT_OFF_HINT },
  );
}

function shortPage(plan: SectionPlan<string>, part: string, end: number, wanted: number): FormatError {
  return new FormatError(
    'bootimg.truncated',
    {
      field: `${plan.header.name}.${part}`,
      offset: end,
      got: 'end of input',
      wanted: `whole pages of ${plan.pageSize} bytes up to ${hex(wanted)}`,
    },
    { hint: CUT_OFF_HINT },
  );
}
