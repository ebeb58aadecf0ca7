import {
  concat,
  type Fact,
  type Format,
  FormatError,
  layout,
  MnxError,
  magic,
  padding,
  startsWith,
  u32le,
  utf8Text,
} from '../binary/index.ts';
import { untilNul } from './command-line.ts';
import { sizeOf } from './zeros.ts';

const MAGIC = '#BOOTCONFIG\n';

/** What stands at the end of an initrd that carries a boot configuration (linux/bootconfig.h). */
const Trailer = layout('bootconfig', { size: u32le, checksum: u32le, magic: magic(MAGIC) });

/** The kernel pads with NULs so that the initrd's size is a multiple of this (BOOTCONFIG_ALIGN). */
const ALIGN = 4;

/** Bytes that a loader may have put behind the trailer to align the initrd; the kernel skips them. */
const SLACK = ALIGN - 1;

/** Largest configuration that the kernel takes, its NULs included (XBC_DATA_MAX). */
export const BOOTCONFIG_LIMIT = 32767;

/** An initrd with a boot configuration behind it, taken apart; all fields are views. */
export interface BootconfigInitrd {
  readonly initrd: Uint8Array;
  /** Lines of `key = value`, as bytes. */
  readonly text: Uint8Array;
  /** The NULs behind the text that the trailer counts as configuration. */
  readonly padding: Uint8Array;
  /** Up to three bytes behind the trailer. */
  readonly trailing: Uint8Array;
}

/** Whether an initrd ends in a boot configuration's trailer. */
export function hasBootconfig(initrd: Uint8Array): boolean {
  return magicOffset(initrd) !== undefined;
}

/**
 * Takes an initrd and its boot configuration apart as init/main.c does.
 * @throws FormatError `bootimg.bootconfig` when there is none, its size is wrong or its checksum differs
 */
export function readBootconfig(bytes: Uint8Array): BootconfigInitrd {
  const magicAt = magicOffset(bytes);
  if (magicAt === undefined) {
    throw damaged('magic', Math.max(0, bytes.length - MAGIC.length), 'something else', JSON.stringify(MAGIC));
  }
  const at = magicAt - Trailer.offsets.magic;
  if (at < 0) throw damaged('size', 0, `${bytes.length} bytes`, `a trailer of ${Trailer.size} bytes`);
  const { size, checksum } = Trailer.read(bytes, at);
  if (size > at) throw damaged('size', at + Trailer.offsets.size, size, `at most ${at}, the bytes before`);
  const data = bytes.subarray(at - size, at);
  const sum = checksumOf(data);
  if (sum !== checksum) {
    throw damaged('checksum', at + Trailer.offsets.checksum, checksum, `${sum}, the sum of the bytes`);
  }
  const text = untilNul(data);
  return {
    initrd: bytes.subarray(0, at - size),
    text,
    padding: data.subarray(text.length),
    trailing: bytes.subarray(at + Trailer.size),
  };
}

/** Inverse of {@link readBootconfig}, as consecutive pieces. */
export function writeBootconfig(parts: BootconfigInitrd): Uint8Array[] {
  const data = [parts.text, parts.padding];
  const size = sizeOf(data);
  const checksum = data.reduce((sum, piece) => (sum + checksumOf(piece)) >>> 0, 0);
  return [parts.initrd, ...data, Trailer.write({ size, checksum, magic: MAGIC }), parts.trailing];
}

/**
 * Puts a boot configuration behind an initrd, in place of one that is there: text, at least one NUL,
 * NULs up to a multiple of 4, size, checksum, magic (tools/bootconfig apply_xbc). The kernel reads it
 * when its command line has `bootconfig`.
 * @throws MnxError `bootimg.bootconfig` when the kernel would not take the text
 */
export function appendBootconfig(bytes: Uint8Array, text: Uint8Array): Uint8Array[] {
  const initrd = stripBootconfig(bytes);
  if (text.includes(0)) throw new MnxError('bootimg.bootconfig', 'a boot configuration has no NUL');
  const ended = initrd.length + text.length + 1;
  const nuls = 1 + padding(ended + Trailer.size, ALIGN);
  if (text.length + nuls > BOOTCONFIG_LIMIT) {
    throw new MnxError(
      'bootimg.bootconfig',
      `boot configuration: got ${text.length} bytes, the kernel takes less than ${BOOTCONFIG_LIMIT}`,
    );
  }
  const none = new Uint8Array(0);
  return writeBootconfig({ initrd, text, padding: new Uint8Array(nuls), trailing: none });
}

/**
 * The initrd without its boot configuration; the initrd itself when it has none.
 * @throws FormatError `bootimg.bootconfig` for a damaged trailer
 */
export function stripBootconfig(bytes: Uint8Array): Uint8Array {
  return hasBootconfig(bytes) ? readBootconfig(bytes).initrd : bytes;
}

/** The sum of all bytes, modulo 2^32 (xbc_calc_checksum). */
function checksumOf(bytes: Uint8Array): number {
  let sum = 0;
  for (const byte of bytes) sum = (sum + byte) >>> 0;
  return sum;
}

function magicOffset(bytes: Uint8Array): number | undefined {
  const last = bytes.length - MAGIC.length;
  for (let at = last; at >= Math.max(0, last - SLACK); at--) {
    if (startsWith(bytes, MAGIC, at)) return at;
  }
  return undefined;
}

function damaged(field: string, offset: number, got: string | number, wanted: string): FormatError {
  return new FormatError(
    'bootimg.bootconfig',
    { field: `bootconfig.${field}`, offset, got, wanted },
    { hint: 'The kernel ignores a damaged boot configuration and hands all of it to the ramdisk reader.' },
  );
}

/** An initrd with a boot configuration behind it. */
export const bootconfigFormat: Format<BootconfigInitrd> = {
  name: 'bootconfig',
  detect: hasBootconfig,
  read: readBootconfig,
  write: (parts) => concat(writeBootconfig(parts)),
  describe: ({ initrd, text, padding: nuls }): readonly Fact[] => [
    { name: 'initrd', value: `${initrd.length} bytes`, offset: 0, size: initrd.length },
    { name: 'bootconfig', value: utf8Text(text), offset: initrd.length, size: text.length },
    { name: 'padding', value: `${nuls.length} bytes` },
  ],
};
