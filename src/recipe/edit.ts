import {
  carryFooter,
  eraseFooter,
  findBootSignature,
  isGkiSigned,
  isSigned,
  readFooter,
  renewFooter,
  type SigningKey,
  verifyGkiSignature,
} from '../avb/index.ts';
import { concat, UsageError } from '../binary/index.ts';
import {
  closeImage,
  editImage,
  filledUp,
  flatten,
  type GkiSignature,
  gkiContents,
  gkiSignatureOf,
  type ImageContentOfKind,
  type ImageEdit,
  type OpenedImage,
  openedWithoutFilling,
  openImage,
  ramdiskOf,
  unflatten,
  withGkiSignature,
} from '../bootimg/index.ts';
import { type AddedFile, addToRamdisk } from '../initramfs/index.ts';

/** An edit of a whole file. */
export interface FileEdit extends ImageEdit {
  /** Files for the image's ramdisk. */
  readonly files?: readonly AddedFile[];
  /** PEM key that signs the AVB footer again. */
  readonly avbKey?: SigningKey;
  /** What becomes of a signed footer without a key; default `erase`. */
  readonly avb?: 'erase' | 'keep';
}

export interface Edited {
  readonly bytes: Uint8Array;
  /** What the user should know: signatures that are gone or stale. */
  readonly warnings: readonly string[];
}

/**
 * Changes something in a boot image of any kind and brings what lies around it up to date: vendors'
 * wrappers, the id, the AVB footer, sparse. All the rest stays byte for byte.
 * @throws FormatError for a damaged image; UsageError for what the image does not have
 */
export async function editFile(file: Uint8Array, edit: FileEdit): Promise<Edited> {
  const { bytes, sparse } = flatten(file);
  const footed = readFooter(bytes) !== undefined;
  const old = footed ? concat(eraseFooter(bytes)) : bytes;
  const { opened, byte } = openedWithoutFilling(openImage(old));
  const gki = gkiOf(opened.content);
  if (edit.avbKey !== undefined && !footed && gki === undefined) {
    throw new UsageError('recipe.edit-avb', 'the image has no AVB footer to sign again', {
      hint: 'Add one: mnx avb footer add.',
    });
  }
  const plain = editImage(opened.content, await withFiles(opened, edit));
  const { content, warnings: stale } = withGki(plain, gki, edit.avbKey);
  const filling = byte === undefined ? undefined : { byte, upTo: old.length };
  const image = concat([...filledUp([closeImage({ ...opened, content })], filling)]);
  const { bytes: whole, warnings } = footed ? withFooter(bytes, image, edit) : { bytes: image, warnings: [] };
  return { bytes: unflatten(whole, sparse), warnings: [...warnings, ...stale, ...signatureWarnings(old)] };
}

async function withFiles({ content }: OpenedImage, edit: FileEdit): Promise<ImageEdit> {
  if (edit.files === undefined || edit.files.length === 0) return edit;
  const ramdisk = edit.parts?.ramdisk ?? ramdiskOf(content, edit.fragment);
  return { ...edit, parts: { ...edit.parts, ramdisk: await addToRamdisk(ramdisk, edit.files) } };
}

function withFooter(old: Uint8Array, image: Uint8Array, { avbKey, avb = 'erase' }: FileEdit): Edited {
  if (avbKey !== undefined) return { bytes: concat(renewFooter(old, image, avbKey)), warnings: [] };
  if (!isSigned(old)) return { bytes: concat(renewFooter(old, image)), warnings: [] };
  if (avb === 'keep') {
    const warning =
      'the AVB signature is kept and no longer matches: only an unlocked loader starts this image';
    return { bytes: concat(carryFooter(old, image)), warnings: [warning] };
  }
  const warning =
    'the AVB footer was signed and is taken off: sign it again with --avb-key, or disable verification in vbmeta (mnx avb vbmeta --flags 3)';
  return { bytes: image, warnings: [warning] };
}

function gkiOf(content: ImageContentOfKind): GkiSignature | undefined {
  return content.kind === 'boot' ? gkiSignatureOf(content.image) : undefined;
}

/** The boot signature of a generic kernel image, which loaders pass over, for the new content. */
function withGki(
  content: ImageContentOfKind,
  gki: GkiSignature | undefined,
  key: SigningKey | undefined,
): { readonly content: ImageContentOfKind; readonly warnings: readonly string[] } {
  if (gki === undefined || content.kind !== 'boot') return { content, warnings: [] };
  if (key === undefined && isGkiSigned(gki.certificates)) {
    const warning =
      'the boot signature (GKI) is kept and no longer matches: --avb-key signs it again; loaders pass it over, the tests of Android (VTS) do not';
    return { content, warnings: [warning] };
  }
  const image = withGkiSignature(content.image, gki, key);
  const again = gkiSignatureOf(image)?.certificates ?? [];
  const left = verifyGkiSignature(again, gkiContents(image, gki)).filter(({ hash }) => hash !== 'match');
  return {
    content: { kind: 'boot', image },
    warnings: left.map(
      ({ name }) => `the boot signature (GKI) of ${name} was left as it is: ${name} is not known`,
    ),
  };
}

function signatureWarnings(old: Uint8Array): string[] {
  if (findBootSignature(old) === undefined) return [];
  return ['the AVB 1 signature behind the image no longer matches: sign it again, or unlock the loader'];
}
