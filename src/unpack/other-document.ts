import * as v from 'valibot';
import { vbmetaFormat } from '../avb/index.ts';
import { type Format, FormatError, MnxError } from '../binary/index.ts';
import {
  dtbhFormat,
  dtboFormat,
  fdtChainFormat,
  pxa19xxFormat,
  pxaDtFormat,
  qcdtFormat,
  sprdFormat,
} from '../devicetree/index.ts';
import type { PartReader, Sink } from './part-files.ts';
import { around, hexBytes, hexOf, partFile } from './schema.ts';
import type { TomlValue } from './toml-text.ts';

/** Formats that are taken apart by their value alone: each table a table, each blob a file. */
const OTHERS = [
  dtboFormat,
  qcdtFormat,
  dtbhFormat,
  sprdFormat,
  pxaDtFormat,
  pxa19xxFormat,
  fdtChainFormat,
  vbmetaFormat,
] as readonly Format<unknown>[];

/** Their names in image.toml. */
export const OTHER_NAMES: readonly string[] = OTHERS.map(({ name }) => name);

/** image.toml of tables of device trees and of vbmeta. */
export const otherDocument = v.strictObject({
  format: v.picklist(OTHER_NAMES),
  ...around,
  value: v.record(v.string(), v.unknown()),
});

/** The format that bytes are in, if it is one of these. */
export function otherFormat(bytes: Uint8Array): Format<unknown> | undefined {
  return OTHERS.find((format) => format.detect(bytes));
}

/** Up to this many bytes stand in the document. */
const INLINE_LIMIT = 32;

/** Takes a file of such a format apart. */
export async function unpackOther(
  format: Format<unknown>,
  bytes: Uint8Array,
  { toml, files }: Sink,
): Promise<void> {
  const value = format.read(bytes) as Record<string, unknown>;
  toml.table('value');
  for (const [key, item] of Object.entries(value)) {
    const shown = await tomlOf(item, key, files);
    if (isTables(shown)) toml.lines(key, shown);
    else toml.put(key, shown);
  }
}

function isTables(value: TomlValue | undefined): value is readonly TomlValue[] {
  return Array.isArray(value) && value.some((item) => typeof item === 'object');
}

/** Bytes and numbers of 64 bits are marked, so that they come back as what they were. */
async function tomlOf(value: unknown, name: string, files: Sink['files']): Promise<TomlValue | undefined> {
  if (value === undefined) return undefined;
  if (value instanceof Uint8Array) {
    if (value.length <= INLINE_LIMIT) return { hex: hexOf(value) };
    return { file: await files.put(name, [value]) };
  }
  if (typeof value === 'bigint') return { u64: `0x${value.toString(16)}` };
  if (Array.isArray(value)) {
    const items: TomlValue[] = [];
    for (const [i, item] of value.entries()) items.push((await tomlOf(item, `${name}-${i}`, files)) ?? '');
    return items;
  }
  if (typeof value === 'object' && value !== null) {
    const pairs: [string, TomlValue | undefined][] = [];
    for (const [key, item] of Object.entries(value)) pairs.push([key, await tomlOf(item, name, files)]);
    return Object.fromEntries(pairs);
  }
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  throw new MnxError('unpack.value', `${name}: a ${typeof value} cannot stand in image.toml`);
}

const hexMark = v.strictObject({ hex: hexBytes });
const fileMark = v.strictObject({ file: partFile });
const longMark = v.strictObject({
  u64: v.pipe(
    v.string(),
    v.regex(/^0x[0-9a-f]{1,16}$/),
    v.transform((digits) => BigInt(digits)),
  ),
});

/**
 * Puts such a file together again.
 * @throws FormatError when the values do not fit each other
 */
export function packOther(
  { format: name, value }: v.InferOutput<typeof otherDocument>,
  files: PartReader,
): Uint8Array {
  const format = OTHERS.find((one) => one.name === name);
  try {
    if (format !== undefined) return format.write(partsOf(value, files));
  } catch (error) {
    if (error instanceof MnxError) throw error;
    throw new FormatError(
      'unpack.value',
      { field: 'value', offset: 0, got: 'values of other kinds', wanted: `those of a ${name}` },
      { cause: error },
    );
  }
  throw new TypeError(`no format is called ${name}`);
}

function partsOf(value: unknown, files: PartReader): unknown {
  if (Array.isArray(value)) return value.map((item) => partsOf(item, files));
  if (typeof value !== 'object' || value === null) return value;
  const hex = v.safeParse(hexMark, value);
  if (hex.success) return hex.output.hex;
  const file = v.safeParse(fileMark, value);
  if (file.success) return files.bytes(file.output.file);
  const long = v.safeParse(longMark, value);
  if (long.success) return long.output.u64;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, partsOf(item, files)]));
}
