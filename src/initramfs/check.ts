import { FormatError, layout, bytes as raw, u8 } from '../binary/index.ts';
import { type Codec, detectCodec, lzopRefusal } from '../compress/index.ts';
import { RAMDISK_LIMIT } from './archives.ts';
import type { Entry } from './entry.ts';
import { expandAsKernel, type KernelMember } from './kernel-codecs.ts';
import { KernelReader, type Lost } from './kernel-reader.ts';
import { skipNuls } from './newc.ts';

/** What a running kernel has of an initramfs. */
export interface KernelView {
  /** Files of the root file system, sorted by path. */
  readonly entries: readonly Entry[];
  /** What the kernel drops without a word. */
  readonly lost: readonly Lost[];
  /** Where the kernel stops reading; all behind it is missing. */
  readonly stopped: { readonly offset: number; readonly reason: string } | undefined;
}

export interface CheckOptions {
  /** Largest expanded size of all members together, in bytes; default 192 MiB. */
  readonly limit?: number;
}

/** Raw archives must start on a multiple of this; compressed ones may start anywhere. */
const RAW_ALIGNMENT = 4;
const NUL = 0;
const DIGIT_0 = 0x30;

/** First two bytes by which init/initramfs.c (lib/decompress.c) chooses; it looks at no more. */
const METHODS: readonly (readonly [Codec, number, number])[] = [
  ['gzip', 0x1f, 0x8b],
  ['gzip', 0x1f, 0x9e],
  ['bzip2', 0x42, 0x5a],
  ['lzma', 0x5d, 0x00],
  ['xz', 0xfd, 0x37],
  ['lzo', 0x89, 0x4c],
  ['lz4-legacy', 0x02, 0x21],
  ['zstd', 0x28, 0xb5],
];

/**
 * Unpacks an initramfs as init/initramfs.c of Linux 6.1 does (`unpack_to_rootfs`): archives and
 * compressed archives behind one another, NULs between. The kernel reports almost nothing of what it
 * loses; this tells.
 *
 * One thing is stricter: a wrong gzip check sum, which the kernel does not look at, stops the
 * reading here. Of a damaged member the kernel may have the first files; here all of it counts as missing,
 * except for what comes out of gzip that ends too early, and whole blocks of lz4.
 *
 * @throws MnxError `compress.codec` for a filter of xz that mnx cannot undo
 */
export async function checkAsKernel(
  bytes: Uint8Array,
  { limit = RAMDISK_LIMIT }: CheckOptions = {},
): Promise<KernelView> {
  const reader = new KernelReader();
  const budget = { left: limit };
  let at = 0;
  while (at < bytes.length && reader.stopped === undefined) {
    if (bytes[at] === DIGIT_0 && at % RAW_ALIGNMENT === 0) at = reader.readEntry(bytes, at);
    else if (bytes[at] === NUL) at += 1;
    else at += await unpackMember(reader, bytes, at, budget);
  }
  if (!reader.complete && !reader.unpadded) reader.stop(at, 'the archive ends inside an entry');
  return { entries: reader.entries(), lost: reader.lost, stopped: reader.stopped };
}

/** Expands one compressed member and reads it. @returns how many bytes it took. */
async function unpackMember(
  reader: KernelReader,
  bytes: Uint8Array,
  at: number,
  budget: { left: number },
): Promise<number> {
  const rest = bytes.subarray(at);
  const method = METHODS.find(([, first, second]) => rest[0] === first && rest[1] === second)?.[0];
  const { data, consumed, refusal } = await madeOf(method, rest, { at, limit: budget.left });
  budget.left -= data.length;
  feedMember(reader, data, at, refusal !== undefined);
  if (refusal !== undefined) reader.stop(at, refusal);
  return consumed;
}

function madeOf(
  method: Codec | undefined,
  rest: Uint8Array,
  { at, limit }: { readonly at: number; readonly limit: number },
): KernelMember | Promise<KernelMember> {
  const refusal = method === undefined ? invalidMagic(rest, at) : settingsOf(method, rest);
  if (method === undefined || refusal !== undefined) {
    return { data: new Uint8Array(), consumed: rest.length, refusal };
  }
  return expandAsKernel(method, rest, limit);
}

/** flush_buffer: a member holds entries and NULs, and ends where an entry ends. */
function feedMember(reader: KernelReader, data: Uint8Array, offset: number, cut: boolean): void {
  if (!reader.started && !cut && data[0] !== DIGIT_0) reader.stop(offset, startOf(data));
  let at = 0;
  while (at < data.length && reader.stopped === undefined) {
    if (data[at] === DIGIT_0) at = reader.readEntry(data, at);
    else if (data[at] === NUL) at = skipNuls(data, at);
    else reader.stop(offset, `junk within the compressed archive at ${at} of its content`);
  }
  if (reader.stopped === undefined && !reader.complete && !cut) {
    reader.stop(
      offset,
      'a compressed archive ends inside an entry ("junk at the end of compressed archive")',
    );
  }
}

/** The kernel starts with a header, and takes whatever comes for one; later ones may have NULs in front. */
function startOf(data: Uint8Array): string {
  if (data.length === 0)
    return 'the first compressed archive is empty ("junk at the end of compressed archive")';
  return `the first compressed archive starts with ${data[0] === NUL ? 'NULs' : 'other bytes'} in place of a header ("no cpio magic")`;
}

function invalidMagic(rest: Uint8Array, at: number): string {
  if (rest[0] === DIGIT_0) return `a raw archive at ${at}, which is no multiple of ${RAW_ALIGNMENT}`;
  const codec = detectCodec(rest);
  if (codec === 'lz4') return 'an lz4 frame: the kernel reads the legacy format only (lz4 -l)';
  return 'neither an archive nor a compression that the kernel knows ("invalid magic")';
}

/** Only the part that decides (xz-file-format 2.1.1.2; RFC 1952 2.3). */
const XzHeader = layout('xz', { magic: raw(6), reserved: u8, check: u8 });
const GzipHeader = layout('gzip', { id1: u8, id2: u8, method: u8, flags: u8 });
const XZ_CRC32 = 1;
const GZIP_ID2 = 0x8b;
const GZIP_NAME = 8;

/** What is damaged is told when it is expanded. */
function settingsOf(method: Codec, rest: Uint8Array): string | undefined {
  try {
    return refusedSettings(method, rest);
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}

/** Settings of a codec that the kernel's decoder does not have. */
function refusedSettings(method: Codec, rest: Uint8Array): string | undefined {
  if (method === 'lzo') {
    const odd = lzopRefusal(rest);
    return odd === undefined ? undefined : `lzop with ${odd}: the kernel reads one sum at each, and 256 KiB`;
  }
  if (method === 'xz' && rest.length >= XzHeader.size && XzHeader.read(rest).check > XZ_CRC32) {
    return 'xz with another check than CRC32: the kernel has no other (xz --check=crc32)';
  }
  if (method !== 'gzip' || rest.length < GzipHeader.size) return undefined;
  const { id2, flags } = GzipHeader.read(rest);
  if (id2 !== GZIP_ID2) return 'the old gzip format, which the decoder refuses';
  return (flags & ~GZIP_NAME) === 0 ? undefined : 'a gzip header with fields that the decoder does not skip';
}
