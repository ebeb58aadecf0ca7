import { FormatError, hex, padding } from '../binary/index.ts';
import type { KeptPadding } from './image.ts';
import { type FieldTable, rangeOf } from './kept.ts';
import { allZero, sizeOf, zeros } from './zeros.ts';

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

export interface CutSections<N extends string> {
  /** Views into the file; empty sections have no entry. */
  readonly parts: ReadonlyMap<N, Uint8Array>;
  readonly keptPaddings: readonly KeptPadding<N>[];
  readonly trailing: Uint8Array;
}

/**
 * Takes the sections out of a file. The last page has to be full too: loaders read whole pages and
 * refuse a file that ends before them (aboot.c cmd_boot).
 * @throws FormatError `bootimg.truncated`
 */
export function cutSections<N extends string>(bytes: Uint8Array, plan: SectionPlan<N>): CutSections<N> {
  const parts = new Map<N, Uint8Array>();
  const keptPaddings: KeptPadding<N>[] = [];
  let at = plan.header.size;
  const skipPadding = (part: N | 'header', size: number): void => {
    const room = padding(size, plan.pageSize);
    const found = bytes.subarray(at, at + room);
    if (found.length < room) throw shortPage(plan, part, bytes.length, at + room);
    if (!allZero(found)) keptPaddings.push({ part, room, bytes: found });
    at += room;
  };
  skipPadding('header', at);
  for (const section of plan.sections) {
    if (section.size === 0) continue;
    if (at + section.size > bytes.length) throw cutOff(plan.header, section, bytes.length - at);
    parts.set(section.name, bytes.subarray(at, at + section.size));
    at += section.size;
    skipPadding(section.name, section.size);
  }
  return { parts, keptPaddings, trailing: bytes.subarray(at) };
}

/** A section to be written; its pieces are not joined, so that writing them out streams. */
export interface SectionPieces<N extends string> {
  readonly name: N;
  readonly pieces: readonly Uint8Array[];
}

/** Inverse of {@link cutSections}: header and sections as consecutive pieces, without the trailing bytes. */
export function joinSections<N extends string>(
  header: Uint8Array,
  pageSize: number,
  parts: readonly SectionPieces<N>[],
  kept: readonly KeptPadding<N>[],
): Uint8Array[] {
  const behind = (part: N | 'header', size: number): Uint8Array[] => {
    const room = padding(size, pageSize);
    const found = kept.find((entry) => entry.part === part && entry.room === room);
    return found === undefined ? zeros(room) : [found.bytes];
  };
  const pieces = [header, ...behind('header', header.length)];
  for (const part of parts) {
    pieces.push(...part.pieces, ...behind(part.name, sizeOf(part.pieces)));
  }
  return pieces;
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
