import * as v from 'valibot';
import { type PxaImage, type PxaPartName, rangeOfBytes } from '../bootimg/index.ts';
import { id, idOf, putAddresses, putId, putKept } from './header-fields.ts';
import { bytesOf, type PartReader, type Sink } from './part-files.ts';
import { around, kept, part, partFile, text, textValue, trailing, word } from './schema.ts';
import type { Section, SectionOptions } from './section.ts';
import { packSections, putHeaderPadding, unpackSections } from './sections.ts';
import { packTrailing, unpackTrailing } from './trailing.ts';

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
    id,
    padding: v.optional(partFile),
  }),
  part: v.optional(v.array(part), []),
  trailing,
  kept: v.optional(kept, []),
});

const PARTS: readonly PxaPartName[] = ['kernel', 'ramdisk', 'second', 'dt'];

/** Takes a PXA image apart. */
export async function unpackPxa(image: PxaImage, options: SectionOptions, sink: Sink): Promise<void> {
  const { toml } = sink;
  toml.table('header');
  toml.put('page_size', image.pageSize);
  putAddresses(image.addresses, toml);
  toml.put('unknown', image.unknown);
  toml.put('board', textValue(image.board));
  toml.put('cmdline', textValue(image.cmdline));
  putId(image.id, toml);
  await putHeaderPadding(image.keptPaddings, sink);
  await unpackSections(sectionsOf(image), image.keptPaddings, options, sink);
  await unpackTrailing(rangeOfBytes(image.trailing), options, sink);
  putKept(image.keptFields, toml);
}

function sectionsOf({ parts }: PxaImage): Section[] {
  return PARTS.flatMap((name) => {
    const bytes = parts[name];
    return bytes === undefined ? [] : [{ name, range: rangeOfBytes(bytes) }];
  });
}

/** Puts a PXA image together again. */
export async function packPxa(
  { header, part: tables, trailing: rest, kept: keptFields }: v.InferOutput<typeof pxaDocument>,
  files: PartReader,
): Promise<PxaImage> {
  const { parts, keptPaddings } = await packSections<PxaPartName>(tables, header.padding, files);
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
    parts: Object.fromEntries([...parts].map(([name, range]) => [name, bytesOf(range)])),
    trailing: bytesOf(packTrailing(rest, files)),
    keptFields,
    keptPaddings,
  };
}
