import * as v from 'valibot';
import {
  type ByteRange,
  type KeptPadding,
  type PxaImage,
  type PxaPartName,
  rangeOfBytes,
} from '../bootimg/index.ts';
import { expectNew, idOf, putHeaderPadding, putKept, type Sink } from './boot-document.ts';
import type { PartReader } from './part-files.ts';
import { around, hexOf, kept, part, partFile, text, textValue, trailing, word } from './schema.ts';
import { packSection, packTrailing, type SectionOptions, unpackSection, unpackTrailing } from './section.ts';

/** image.toml of boot images of Samsung's PXA phones. */
export const pxaDocument = v.strictObject({
  format: v.literal('boot-pxa'),
  ...around,
  header: v.strictObject({
    page_size: word,
    kernel_address: word,
    ramdisk_address: word,
    second_address: word,
    tags_address: word,
    /** A word of unknown use, the same in all images of one phone. */
    unknown: word,
    board: text,
    cmdline: text,
    id: v.pipe(
      v.string(),
      v.regex(/^(?:sha1|sha256|none|[0-9a-f]{64})$/, 'sha1, sha256, none or 64 hex digits'),
    ),
    padding: v.optional(partFile),
  }),
  part: v.optional(v.array(part), []),
  trailing,
  kept: v.optional(kept, []),
});

const PARTS: readonly PxaPartName[] = ['kernel', 'ramdisk', 'second', 'dt'];

/** Takes a PXA image apart. */
export async function unpackPxa(image: PxaImage, options: SectionOptions, sink: Sink): Promise<void> {
  const { toml, files } = sink;
  const { addresses, id } = image;
  toml.table('header');
  toml.put('page_size', image.pageSize);
  toml.put('kernel_address', addresses.kernel);
  toml.put('ramdisk_address', addresses.ramdisk);
  toml.put('second_address', addresses.second);
  toml.put('tags_address', addresses.tags);
  toml.put('unknown', image.unknown);
  toml.put('board', textValue(image.board));
  toml.put('cmdline', textValue(image.cmdline));
  toml.put('id', id.kind === 'raw' ? hexOf(id.bytes) : id.kind);
  await putHeaderPadding(image.keptPaddings, sink);
  for (const name of PARTS) {
    const bytes = image.parts[name];
    if (bytes === undefined) continue;
    const padding = image.keptPaddings.find(({ part: behind }) => behind === name)?.bytes;
    await unpackSection(
      { name, range: rangeOfBytes(bytes), ...(padding === undefined ? {} : { padding }) },
      options,
      sink,
    );
  }
  await unpackTrailing(rangeOfBytes(image.trailing), toml, files);
  putKept(image.keptFields, toml);
}

/** Puts a PXA image together again. */
export async function packPxa(
  { header, part: tables, trailing: rest, kept: keptFields }: v.InferOutput<typeof pxaDocument>,
  files: PartReader,
): Promise<PxaImage> {
  const parts = new Map<string, Uint8Array>();
  const keptPaddings: KeptPadding<PxaPartName>[] = [];
  const keepPadding = (name: PxaPartName | 'header', file: string | undefined): void => {
    if (file === undefined) return;
    const bytes = files.bytes(file);
    keptPaddings.push({ part: name, room: bytes.length, bytes });
  };
  keepPadding('header', header.padding);
  for (const table of tables) {
    expectNew(parts, table.name);
    parts.set(table.name, bytesOf(await packSection(table, files)));
    keepPadding(table.name as PxaPartName, table.padding);
  }
  return {
    pageSize: header.page_size,
    addresses: {
      kernel: header.kernel_address,
      ramdisk: header.ramdisk_address,
      second: header.second_address,
      tags: header.tags_address,
    },
    unknown: header.unknown,
    board: header.board,
    cmdline: header.cmdline,
    id: idOf(header.id),
    parts: Object.fromEntries(parts),
    trailing: bytesOf(packTrailing(rest, files)),
    keptFields,
    keptPaddings,
  };
}

/** A range in memory. */
export function bytesOf({ source, offset, size }: ByteRange): Uint8Array {
  return source.read(offset, size);
}
