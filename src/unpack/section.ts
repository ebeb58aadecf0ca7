import type * as v from 'valibot';
import { concat, FormatError } from '../binary/index.ts';
import {
  type ByteRange,
  findWrapper,
  rangeOfBytes,
  readRange,
  splitKernelPart,
  WRAPPERS,
  type Wrapped,
  wrapperNamed,
} from '../bootimg/index.ts';
import { splitFdts } from '../devicetree/index.ts';
import { type UncompressedImg, uncompressedImgFormat } from '../kernel/index.ts';
import { joinedRange, type PartReader, type PartWriter, type Sink } from './part-files.ts';
import { unpackRamdisk } from './ramdisk.ts';
import { packRamdisk } from './ramdisk-pack.ts';
import { keptValue, type layer, type PartTable, textValue } from './schema.ts';
import type { TomlValue } from './toml-text.ts';
import { packWindow, unpackWindow } from './window.ts';

/** How an image is taken apart. */
export interface SectionOptions {
  /** Whether ramdisks become trees of files as well. */
  readonly ramdisk: boolean;
  /** Sections up to this many bytes are looked into; a larger one is copied as it is. Default: all. */
  readonly lookLimit?: number;
  /** Bytes of the image, when what is behind its sections may fill a partition up. */
  readonly fills?: number;
}

/** A section on its way into a folder. */
export interface Section {
  readonly name: string;
  readonly range: ByteRange;
  /** Where it stands in the image. */
  readonly offset?: number;
  /** What stands behind it where that is not zeros. */
  readonly padding?: Uint8Array;
  /** What it is, where the name does not tell. */
  readonly holds?: 'kernel' | 'ramdisk' | 'trees';
}

/** File name of a section where its own will not do. */
const FILE_NAMES: Readonly<Record<string, string>> = {
  dt: 'dt.img',
  recoveryDtbo: 'recovery_dtbo',
  signature: 'boot_signature',
};

/** Writes a section as files of its own, and its `[[part]]`. */
export async function unpackSection(
  section: Section,
  options: SectionOptions,
  { toml, files }: Sink,
): Promise<void> {
  const { name, range, offset, padding } = section;
  toml.item('part');
  toml.put('name', name);
  const bytes =
    range.size > (options.lookLimit ?? Number.POSITIVE_INFINITY)
      ? undefined
      : range.source.read(range.offset, range.size);
  const wrapper = bytes === undefined ? undefined : findWrapper(bytes);
  const wrapped = bytes !== undefined && wrapper?.holds === 'section' ? wrapper.unwrap(bytes) : undefined;
  const content = wrapped?.payload ?? bytes;
  const base = FILE_NAMES[name] ?? name;
  const names: string[] = [];
  const bare = content === undefined ? undefined : withoutHeader(section, content);
  for (const piece of bare === undefined ? [undefined] : bare.pieces) {
    const pieces = piece === undefined ? readRange(range) : [piece.bytes];
    names.push(await files.put(`${base}${piece?.suffix ?? ''}`, pieces));
  }
  toml.put('files', names, names.length > 1 ? 'one behind the other' : undefined);
  if (bare?.header !== undefined) toml.put('header', bare.header, 'states the size of the first file');
  toml.put('offset', offset);
  toml.put('size', range.size);
  if (padding !== undefined) toml.put('padding', await files.put(`${base}.padding`, [padding]));
  if (wrapped !== undefined) toml.put('layers', [await layerValue(wrapped, files, base)]);
  const archive = names[0];
  if (options.ramdisk && holdsOf(section) === 'ramdisk' && content !== undefined && archive !== undefined) {
    await unpackRamdisk(content, archive, { toml, files });
  }
  if (holdsOf(section) === 'kernel' && content !== undefined) {
    await unpackWindow(content, { toml, files, ramdisk: options.ramdisk });
  }
}

function holdsOf({ name, holds }: Section): Section['holds'] {
  if (holds !== undefined) return holds;
  if (name === 'kernel') return 'kernel';
  if (name === 'ramdisk') return 'ramdisk';
  return name === 'dtb' ? 'trees' : undefined;
}

interface Pieces {
  readonly header: string | undefined;
  readonly pieces: readonly Piece[];
}

/** The header of a kernel that is not compressed is taken off where it says no more than the kernel's size. */
function withoutHeader(section: Section, content: Uint8Array): Pieces {
  const image = holdsOf(section) === 'kernel' ? uncompressedImg(content) : undefined;
  if (image !== undefined) {
    const pieces = piecesOf(section, content.subarray(image.kernel.byteOffset - content.byteOffset));
    if (pieces[0]?.bytes.length === image.kernel.length) {
      return { header: uncompressedImgFormat.name, pieces };
    }
  }
  return { header: undefined, pieces: piecesOf(section, content) };
}

function uncompressedImg(content: Uint8Array): UncompressedImg | undefined {
  if (!uncompressedImgFormat.detect(content)) return undefined;
  try {
    return uncompressedImgFormat.read(content);
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}

interface Piece {
  readonly suffix: string;
  readonly bytes: Uint8Array;
}

/** A kernel and the device trees behind it, or the trees of a section, each on its own. */
function piecesOf(section: Section, content: Uint8Array): Piece[] {
  const whole = [{ suffix: '', bytes: content }];
  const cut = startsOfTrees(holdsOf(section), content);
  if (cut === undefined || cut.length === 0) return whole;
  const starts = cut[0] === 0 ? cut : [0, ...cut];
  if (starts.length === 1) return whole;
  return starts.map((start, i) => ({
    suffix: start === 0 && cut[0] !== 0 ? '' : `.${i - (cut[0] === 0 ? 0 : 1)}.dtb`,
    bytes: content.subarray(start, starts[i + 1] ?? content.length),
  }));
}

/** Offsets of the device trees; what follows a tree goes with it. Undefined where none can be told. */
function startsOfTrees(holds: Section['holds'], content: Uint8Array): number[] | undefined {
  try {
    const trees =
      holds === 'kernel' ? splitKernelPart(content).appended : holds === 'trees' ? splitFdts(content) : [];
    return trees.map((tree) => tree.byteOffset - content.byteOffset);
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}

/** What of a wrapper stands in the document; the bytes around the payload are files. */
export async function layerValue(wrapped: Wrapped, files: PartWriter, base: string): Promise<TomlValue> {
  const file = async (name: string, bytes: Uint8Array) =>
    bytes.length === 0 ? undefined : files.put(`${base}.${wrapped.wrapper}-${name}`, [bytes]);
  return {
    wrapper: wrapped.wrapper,
    before: await file('before', wrapped.before),
    after: await file('after', wrapped.after),
    label: wrapped.label === undefined ? undefined : textValue(wrapped.label),
    sealed_for: wrapped.sealedFor,
    kept: wrapped.keptFields.length === 0 ? undefined : keptValue(wrapped.keptFields),
  };
}

type LayerTable = v.InferOutput<typeof layer>;

/** Inverse of {@link layerValue}, around a payload. @throws FormatError `unpack.layer` for an unknown wrapper */
export function wrapLayer(table: LayerTable, payload: Uint8Array, files: PartReader): Uint8Array {
  const known = WRAPPERS.find(({ name }) => name === table.wrapper);
  if (known === undefined) {
    throw new FormatError('unpack.layer', {
      field: 'layer.wrapper',
      offset: 0,
      got: JSON.stringify(table.wrapper),
      wanted: WRAPPERS.map(({ name }) => name).join(', '),
    });
  }
  const bytesOf = (name: string | undefined) => (name === undefined ? new Uint8Array(0) : files.bytes(name));
  const wrapped: Wrapped = {
    wrapper: known.name,
    payload,
    before: bytesOf(table.before),
    after: bytesOf(table.after),
    keptFields: table.kept,
    ...(table.label === undefined ? {} : { label: table.label }),
    ...(table.sealed_for === undefined ? {} : { sealedFor: table.sealed_for }),
  };
  return concat(wrapperNamed(known.name).wrap(wrapped));
}

/** Inverse of {@link unpackSection}: the section as it goes into the image. */
export async function packSection(table: PartTable, files: PartReader): Promise<ByteRange> {
  const stored = joinedRange(table.files.map((name) => files.range(name)));
  const made =
    table.trees.length > 0
      ? await packRamdisk(table.trees, stored, files)
      : table.window === undefined
        ? undefined
        : await packWindow(table.window, files);
  const content = made === undefined ? headed(table, stored, files) : rangeOfBytes(made);
  if (table.layers.length === 0) return content;
  const bytes = content.source.read(content.offset, content.size);
  return rangeOfBytes(table.layers.reduceRight((inner, one) => wrapLayer(one, inner, files), bytes));
}

/** Qualcomm's header in front of a kernel, with the size that the kernel now has. */
function headed(table: PartTable, stored: ByteRange, files: PartReader): ByteRange {
  const [first] = table.files;
  if (table.header === undefined || first === undefined) return stored;
  const bytes = stored.source.read(stored.offset, stored.size);
  const { size } = files.range(first);
  return rangeOfBytes(
    uncompressedImgFormat.write({ kernel: bytes.subarray(0, size), appended: bytes.subarray(size) }),
  );
}
