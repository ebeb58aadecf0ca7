import { MnxError } from '../binary/index.ts';
import { bytesPerPixel, type PixelFormat, type Screen } from '../device/index.ts';
import { FORMATS } from './formats.ts';
import { packPixels } from './pixels.ts';
import { CORNER, CORNER_COLORS, FRAME_COLOR } from './testcard.ts';

/** What a dump of the test card says about the panel's memory. */
export interface Diagnosis extends Pick<Screen, 'width' | 'height' | 'stride' | 'format' | 'rotation'> {
  /** Byte at which the card starts: more than 0 where a second buffer is shown. */
  readonly offset: number;
  /** What the fourth byte of a pixel holds; absent where there is none. */
  readonly alpha: 'opaque' | 'empty' | undefined;
}

/** Formats of which one is tried after the other. */
const ALL = [...Object.keys(FORMATS), 'GRAY8'] as readonly PixelFormat[];

const ROTATIONS = [0, 90, 180, 270] as const;

/**
 * Tells the framebuffer's layout from a dump that holds the test card, by the card's frame alone: its
 * first row gives size and place of a pixel, the way to the next such row the stride, the way to the last
 * one the height, and the corners' bytes format and rotation.
 *
 * @throws MnxError `splash.no-card` (exit code 3) when no frame is found, `splash.card-format` when its
 *   colours are in an order that no format has
 */
export function diagnoseDump(dump: Uint8Array): Diagnosis {
  const [first, ...others] = [4, 3, 2, 1].flatMap((size) => framesOf(dump, size));
  if (first === undefined) {
    throw new MnxError('splash.no-card', `no test card in these ${dump.length} bytes`, {
      exitCode: 3,
      hint: 'Build with --splash testcard, start the phone, and dump at once: cat /dev/fb0 > dump.raw',
    });
  }
  for (const found of [first, ...others]) {
    const named = formatOf(found);
    if (named === undefined) continue;
    const { offset, width, height, stride } = found;
    return { width, height, stride, offset, ...named };
  }
  throw new MnxError(
    'splash.card-format',
    `the card's corners are ${first.corners.map(hex).join(', ')}, which no format of mnx gives`,
    { exitCode: 3, hint: 'The pixels went through a conversion that mixes or drops channels.' },
  );
}

interface FoundFrame {
  readonly offset: number;
  readonly width: number;
  readonly height: number;
  readonly stride: number;
  readonly size: number;
  /** Bytes of the pixels at the corners of memory, clockwise from the first. */
  readonly corners: readonly Uint8Array[];
  readonly edge: Uint8Array;
}

/** The first frame at each place that a pixel may start at; shifted readings of one frame may be among them. */
function framesOf(dump: Uint8Array, size: number): FoundFrame[] {
  return Array.from({ length: size }, (_, phase) => firstFrame(dump, size, phase)).filter(
    (found) => found !== undefined,
  );
}

function firstFrame(dump: Uint8Array, size: number, phase: number): FoundFrame | undefined {
  for (const row of topRows(dump, size, phase)) {
    const found = completed(dump, size, row);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A row that may be the first of a card. */
interface TopRow {
  readonly offset: number;
  readonly width: number;
}

/** Runs of the same pixel: a corner, the frame, another corner. */
function* topRows(dump: Uint8Array, size: number, phase: number): Generator<TopRow> {
  const end = dump.length - size;
  const lengths = [0, 0];
  let start = phase;
  while (start <= end) {
    let next = start + size;
    while (next <= end && samePixel(dump, start, next, size)) next += size;
    const length = (next - start) / size;
    const [corner, edge] = lengths as [number, number];
    // Padding of the row's own colour could lengthen the last run, and never shortens it.
    if (corner === CORNER && edge > 0 && length >= CORNER) {
      yield { offset: start - (corner + edge) * size, width: corner + edge + CORNER };
    }
    lengths.shift();
    lengths.push(length);
    start = next;
  }
}

function samePixel(bytes: Uint8Array, one: number, other: number, size: number): boolean {
  for (let i = 0; i < size; i++) if (bytes[one + i] !== bytes[other + i]) return false;
  return true;
}

function completed(dump: Uint8Array, size: number, { offset, width }: TopRow): FoundFrame | undefined {
  const row = Buffer.from(dump.buffer, dump.byteOffset + offset, width * size);
  const all = Buffer.from(dump.buffer, dump.byteOffset, dump.length);
  const second = all.indexOf(row, offset + row.length);
  if (second < 0) return undefined;
  const stride = second - offset;
  const at = (x: number, y: number): number => offset + y * stride + x * size;
  const rows = Math.floor((dump.length - offset - row.length) / stride) + 1;
  const [left, right] = [at(0, 0), at(width - 1, 0)];
  for (let y = 1; y < CORNER; y++) {
    if (
      y >= rows ||
      !samePixel(dump, left, at(0, y), size) ||
      !samePixel(dump, right, at(width - 1, y), size)
    ) {
      return undefined;
    }
  }
  const edge = at(CORNER, 0);
  let y = CORNER;
  while (y < rows && samePixel(dump, edge, at(0, y), size) && samePixel(dump, edge, at(width - 1, y), size))
    y++;
  const height = y + CORNER;
  if (y === CORNER || height > rows) return undefined;
  const pixel = (place: number): Uint8Array => dump.subarray(place, place + size);
  const corners = [left, right, at(width - 1, height - 1), at(0, height - 1)].map(pixel);
  return { offset, width, height, stride, size, corners, edge: pixel(edge) };
}

function formatOf({
  corners,
  edge,
  size,
}: FoundFrame): Pick<Diagnosis, 'format' | 'rotation' | 'alpha'> | undefined {
  for (const format of ALL.filter((name) => bytesPerPixel(name) === size)) {
    for (const alpha of size === 4 ? (['opaque', 'empty'] as const) : [undefined]) {
      const packed = (color: number) => packedColor(color, format, alpha);
      if (!same(packed(FRAME_COLOR), edge)) continue;
      const upright = CORNER_COLORS.map(packed);
      // A quarter turn clockwise brings the lower left corner to the upper left.
      const rotation = ROTATIONS.find((_, turns) =>
        corners.every((bytes, i) => same(bytes, upright[(i + 4 - turns) % 4] ?? edge)),
      );
      if (rotation !== undefined) return { format, rotation, alpha };
    }
  }
  return undefined;
}

function packedColor(color: number, format: PixelFormat, alpha: Diagnosis['alpha']): Uint8Array {
  const rgba = new Uint8Array([color >> 16, (color >> 8) & 255, color & 255, alpha === 'empty' ? 0 : 255]);
  return packPixels(rgba, { width: 1, height: 1, stride: bytesPerPixel(format), format });
}

function same(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
