import { concat, MnxError } from '../binary/index.ts';
import { type ElfSegment, type SegmentName, type SonyElfImage, segmentName } from './sony-elf.ts';
import { decodeText, encodeText } from './text.ts';
import { allZero } from './zeros.ts';

/** The segment of a name, when there is one. */
export function segmentOf(image: SonyElfImage, name: SegmentName): ElfSegment | undefined {
  return image.segments.find((segment) => segmentName(segment) === name);
}

/**
 * An image with other bytes in the segment of a name.
 * @throws MnxError `bootimg.sony-elf` when there is none
 */
export function withSegment(image: SonyElfImage, name: SegmentName, content: Uint8Array): SonyElfImage {
  const old = segmentOf(image, name);
  if (old === undefined) throw new MnxError('bootimg.sony-elf', `the image has no segment for ${name}`);
  const segments = image.segments.map((segment) =>
    segment === old ? { ...segment, bytes: content } : segment,
  );
  return { ...image, segments };
}

/** The command line of an image, without what ends it. */
export function sonyCmdline(image: SonyElfImage): string {
  const segment = cmdlineBytes(image);
  return decodeText(segment.subarray(0, textEnd(segment)));
}

/**
 * An image with another command line: ended as the old one was, by a newline or NULs up to the same size.
 * @throws MnxError `bootimg.sony-elf` when it has no segment for one
 */
export function withCmdline(image: SonyElfImage, cmdline: string): SonyElfImage {
  const old = cmdlineBytes(image);
  const text = encodeText(cmdline);
  const ending = old.subarray(textEnd(old));
  const filled = ending.length > 0 && allZero(ending);
  const room = new Uint8Array(Math.max(1, old.length - text.length));
  return withSegment(image, 'cmdline', concat([text, filled ? room : ending]));
}

function cmdlineBytes(image: SonyElfImage): Uint8Array {
  return segmentOf(image, 'cmdline')?.bytes ?? new Uint8Array(0);
}

/** mkelf.py takes a file as it is: a line may end in a newline, or be filled up with NULs. */
function textEnd(segment: Uint8Array): number {
  const end = segment.findIndex((byte) => byte === 0 || byte === 0x0a);
  return end < 0 ? segment.length : end;
}
