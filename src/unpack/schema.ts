import * as v from 'valibot';
import { decodeText, encodeText, type KeptFields } from '../bootimg/index.ts';
import { PART_NAME } from './part-files.ts';
import type { TomlValue } from './toml-text.ts';

/** Name of a file beside image.toml. */
export const partFile = v.pipe(v.string(), v.regex(PART_NAME, 'the name of a file beside image.toml'));

/** Bytes as hex digits. */
export const hexBytes = v.pipe(
  v.string(),
  v.regex(/^(?:[0-9a-f]{2})*$/, 'pairs of hex digits'),
  v.transform((digits) => new Uint8Array(Buffer.from(digits, 'hex'))),
);

const hexWord = v.pipe(v.string(), v.regex(/^0x[0-9a-f]{1,16}$/, 'a number such as 0x80008000'));

/** A number that a program reckons with. */
export const whole = v.union([
  v.pipe(v.number(), v.safeInteger('a whole number'), v.minValue(0, 'a number from 0 on')),
  v.pipe(hexWord, v.transform(Number), v.safeInteger('a number below 2^53')),
]);

/** A number of a field of 32 bits. */
export const word = v.pipe(whole, v.maxValue(0xffffffff, 'a number of at most 32 bits'));

/** A number of a field of 64 bits. */
export const longWord = v.union([
  v.pipe(
    v.number(),
    v.safeInteger('a whole number'),
    v.minValue(0, 'a number from 0 on'),
    v.transform((value) => BigInt(value)),
  ),
  v.pipe(
    hexWord,
    v.transform((digits) => BigInt(digits)),
  ),
]);

/** Text of a header; hex where its bytes are no UTF-8. */
export const text = v.union([
  v.string(),
  v.pipe(
    v.strictObject({ hex: hexBytes }),
    v.transform(({ hex }) => decodeText(hex)),
  ),
]);

/** Inverse of {@link text}. */
export function textValue(value: string): TomlValue {
  return /\p{Surrogate}/u.test(value) ? { hex: hexOf(encodeText(value)) } : value;
}

/** Bytes as image.toml has them: digits in pairs, without 0x. */
export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** Header fields that stay as they are while nobody edits them. */
export const kept = v.array(
  v.strictObject({ fields: v.array(v.string()), instead: hexBytes, bytes: hexBytes }),
);

/** Inverse of {@link kept}. */
export function keptValue(fields: readonly KeptFields[]): TomlValue {
  return fields.map((entry) => ({
    fields: entry.fields,
    instead: hexOf(entry.instead),
    bytes: hexOf(entry.bytes),
  }));
}

/** A vendor's wrapper, around the image or around a section. */
export const layer = v.strictObject({
  wrapper: v.string(),
  before: v.optional(partFile),
  after: v.optional(partFile),
  label: v.optional(text),
  sealed_for: v.optional(v.string()),
  kept: v.optional(kept, []),
});

/** Trees of files that a ramdisk was taken apart into: which of its archives, counted from 0, is in which folder. */
export const trees = v.optional(
  v.pipe(
    v.array(v.strictObject({ archive: whole, folder: partFile })),
    v.check(
      (list) => new Set(list.map(({ archive }) => archive)).size === list.length,
      'each archive in one folder',
    ),
  ),
  [],
);
export type TreeTable = v.InferOutput<typeof trees>[number];

/** The table of a window payload: what brings a large kernel through a loader's small window. */
export const windowTable = v.optional(
  v.strictObject({
    image: partFile,
    ramdisk: partFile,
    dtb: partFile,
    /** Address for which the payload was made, and offsets of the parts in it. */
    base: word,
    image_offset: word,
    ramdisk_offset: word,
    dtb_offset: word,
    /** Of the three parts, one behind the other, as they were. */
    sha256: v.string(),
    trees,
  }),
);
export type WindowTable = NonNullable<v.InferOutput<typeof windowTable>>;

/** A section: its files one behind the other, and what stood behind it where that is not zeros. */
export const part = v.strictObject({
  name: v.string(),
  files: v.array(partFile),
  /** Where it stood; for people. */
  offset: v.optional(whole),
  size: v.optional(whole),
  padding: v.optional(partFile),
  layers: v.optional(v.array(layer), []),
  /** Qualcomm's header in front of the first file, which states its size; made again from it. */
  header: v.optional(v.literal('uncompressed-img')),
  trees,
  window: windowTable,
});
export type PartTable = v.InferOutput<typeof part>;

/** What lies behind the last section. */
export const trailing = v.optional(
  v.union([v.strictObject({ zeros: whole }), v.strictObject({ file: partFile })]),
);

export type TrailingTable = v.InferOutput<typeof trailing>;

/** What lies around the image, and is the same for all kinds. */
export const around = {
  /** Of the whole file when it was unpacked; for people. */
  sha256: v.optional(v.string()),
  sparse: v.optional(
    v.strictObject({
      minor_version: word,
      block_size: word,
      total_blocks: word,
      checksum: v.optional(word, 0),
      chunk_header_size: v.optional(word, 12),
      header_tail: v.optional(hexBytes, ''),
      trailing: v.optional(partFile),
      chunks: v.array(
        v.pipe(v.string(), v.regex(/^(raw|fill|skip|crc) /, 'a chunk: raw, fill, skip or crc')),
      ),
    }),
  ),
  avb: v.optional(v.strictObject({ file: partFile, image_size: whole, image_sha256: v.string() })),
  layer: v.optional(v.array(layer), []),
  /** What fills the partition up behind image and wrappers. */
  filling: v.optional(v.strictObject({ byte: v.picklist([0, 0xff]), up_to: whole })),
};
