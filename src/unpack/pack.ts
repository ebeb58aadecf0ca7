import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import type { SigningKey } from '../avb/index.ts';
import { concat, FormatError, UsageError } from '../binary/index.ts';
import {
  filledUp,
  readRange,
  streamBootImage,
  writePxaImage,
  writeSonyElfImage,
  writeVendorBootImage,
} from '../bootimg/index.ts';
import { faultError, faultsOf, readSource } from '../toml/index.ts';
import { packFooter, packSparse } from './around.ts';
import { bootDocument, packBoot } from './boot-document.ts';
import { OTHER_NAMES, otherDocument, packOther } from './other-document.ts';
import { IMAGE_TOML, PartReader } from './part-files.ts';
import { packPxa, pxaDocument } from './pxa-document.ts';
import { around, part } from './schema.ts';
import { packSection, wrapLayer } from './section.ts';
import { packSony, sonyDocument } from './sony-document.ts';
import { packVendor, vendorDocument } from './vendor-document.ts';

/** A kernel or a ramdisk alone, or what a vendor's wrapper holds beside these. */
const plainDocument = v.strictObject({
  format: v.picklist(['kernel', 'ramdisk', 'content']),
  ...around,
  part: v.pipe(v.array(part), v.length(1, 'one part')),
});

const DOCUMENTS = {
  boot: bootDocument,
  'boot-pxa': pxaDocument,
  vendor_boot: vendorDocument,
  'sony-elf': sonyDocument,
  kernel: plainDocument,
  ramdisk: plainDocument,
  content: plainDocument,
} as const;

/** A list of parts, with kept fields and tables of device trees. */
const DOCUMENT_LIMIT = 16 * 1024 * 1024;

export interface PackOptions {
  /** Signs an AVB footer again when the image has changed. */
  readonly avbKey?: SigningKey;
  /** Is told what a person should know. */
  readonly warn: (text: string) => void;
}

/** A file that is put together while it is written. */
export interface Packed {
  readonly pieces: Iterable<Uint8Array>;
  /** Closes the files of the parts; to be called when all pieces are taken. */
  close(): void;
}

/**
 * Puts a folder of {@link unpackFile} together again.
 * @throws UsageError `unpack.no-file` without image.toml; MnxError (exit code 3) for what it cannot say, with line
 *   and column; MissingError, FormatError for parts that are not there or are no plain files
 */
export async function packFolder(folder: string, options: PackOptions): Promise<Packed> {
  if (!existsSync(join(folder, IMAGE_TOML))) {
    throw new UsageError(
      'unpack.no-file',
      `${folder} is no unpacked image: there is no ${IMAGE_TOML} in it`,
      {
        hint: 'mnx unpack FILE -d FOLDER makes such a folder; mnx initramfs pack makes a ramdisk of any folder.',
      },
    );
  }
  const source = readSource(join(folder, IMAGE_TOML), IMAGE_TOML, { room: 'unpack', limit: DOCUMENT_LIMIT });
  const schema = schemaFor(source.table['format']);
  const [fault] = faultsOf(schema, source);
  if (fault !== undefined) throw faultError(fault);
  const files = new PartReader(folder);
  try {
    const document = v.parse(schema, source.table);
    const pieces = await wrapped(document, await contentOf(document, files), { ...options, files });
    return { pieces, close: () => files.close() };
  } catch (error) {
    files.close();
    throw error;
  }
}

function schemaFor(name: unknown) {
  const known = [...Object.keys(DOCUMENTS), ...OTHER_NAMES];
  if (typeof name === 'string' && known.includes(name)) {
    return DOCUMENTS[name as keyof typeof DOCUMENTS] ?? otherDocument;
  }
  throw new FormatError('unpack.format', {
    field: `${IMAGE_TOML} format`,
    offset: 0,
    got: JSON.stringify(name) ?? 'nothing',
    wanted: known.join(', '),
  });
}

type Document =
  | v.InferOutput<(typeof DOCUMENTS)[keyof typeof DOCUMENTS]>
  | v.InferOutput<typeof otherDocument>;

async function contentOf(document: Document, files: PartReader): Promise<Iterable<Uint8Array>> {
  if (isDocument(bootDocument, document)) return streamBootImage(await packBoot(document, files));
  if (isDocument(pxaDocument, document)) return writePxaImage(await packPxa(document, files));
  if (isDocument(vendorDocument, document)) return writeVendorBootImage(await packVendor(document, files));
  if (isDocument(sonyDocument, document)) return writeSonyElfImage(await packSony(document, files));
  if ('value' in document) return [packOther(document, files)];
  const [only] = (document as v.InferOutput<typeof plainDocument>).part;
  if (only === undefined)
    throw new FormatError('unpack.part', { field: 'part', offset: 0, got: 'none', wanted: 'one part' });
  return readRange(await packSection(only, files));
}

/** Tells documents apart by their format. */
function isDocument<S extends { readonly entries: { readonly format: { readonly literal: string } } }>(
  schema: S & v.GenericSchema,
  document: Document,
): document is Extract<Document, v.InferOutput<S & v.GenericSchema>> {
  return document.format === schema.entries.format.literal;
}

/** What lies around the image: only then it comes into memory. */
async function wrapped(
  document: Document,
  content: Iterable<Uint8Array>,
  options: PackOptions & { readonly files: PartReader },
): Promise<Iterable<Uint8Array>> {
  const { layer, avb, sparse, filling } = document;
  const fill = filling === undefined ? undefined : { byte: filling.byte, upTo: filling.up_to };
  if (layer.length === 0 && avb === undefined && sparse === undefined) return filledUp(content, fill);
  const { files } = options;
  let bytes = joined(content);
  for (const one of layer.toReversed()) bytes = wrapLayer(one, bytes, files);
  if (fill !== undefined) bytes = joined(filledUp([bytes], fill));
  if (avb !== undefined) bytes = packFooter(bytes, avb, options);
  return [sparse === undefined ? bytes : packSparse(bytes, sparse, files)];
}

/** A piece of a large part is good until the next one is read. */
function joined(pieces: Iterable<Uint8Array>): Uint8Array {
  return concat(Array.from(pieces, (piece) => new Uint8Array(piece)));
}
