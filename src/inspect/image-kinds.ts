import { concat, type Fact, FormatError, hex } from '../binary/index.ts';
import {
  type BootImage,
  bootconfigFormat,
  bootimgFormat,
  expandedSize,
  expandSparse,
  fragmentTypeText,
  type PartName,
  pxaFormat,
  type RamdiskFragment,
  segmentName,
  sonyElfFormat,
  sparseFormat,
  type VendorBootImage,
  vendorBootFormat,
  vendorPartition,
  WRAPPERS,
  type Wrapped,
  wrapperFormats,
} from '../bootimg/index.ts';
import { type Inside, type Kind, kindOf, partOf, placeIn } from './kind.ts';
import { spend } from './spend.ts';
import { textKind } from './text-kind.ts';

const PART_NAMES: Readonly<Record<PartName, string>> = {
  kernel: 'kernel',
  ramdisk: 'ramdisk',
  second: 'second',
  dt: 'dt',
  recoveryDtbo: 'recovery_dtbo',
  dtb: 'dtb',
  signature: 'boot_signature',
};

export const bootKind = kindOf(bootimgFormat, {
  title: (image) => `${isInitBoot(image) ? 'init_boot' : 'boot'} image v${image.headerVersion}`,
  inside: (image, bytes) => [
    ...(Object.keys(PART_NAMES) as PartName[]).flatMap((name) =>
      partOf(bytes, PART_NAMES[name], image.parts[name]),
    ),
    ...trailing(bytes, image.trailing),
  ],
});

/** init_boot is a v4 image with a ramdisk alone. */
function isInitBoot({ headerVersion, parts }: BootImage): boolean {
  return headerVersion === 4 && parts.kernel === undefined && parts.ramdisk !== undefined;
}

export const pxaKind = kindOf(pxaFormat, {
  title: () => 'boot image (Samsung PXA)',
  inside: ({ parts, trailing: rest }, bytes) => [
    ...(['kernel', 'ramdisk', 'second', 'dt'] as const).flatMap((name) => partOf(bytes, name, parts[name])),
    ...trailing(bytes, rest),
  ],
});

export const sonyKind = kindOf(sonyElfFormat, {
  title: () => 'boot image (Sony ELF)',
  inside: (image, bytes) => [
    ...image.segments.flatMap((segment) => {
      const name = segmentName(segment);
      return partOf(bytes, name, segment.bytes).map((part) =>
        name === 'cmdline' ? { ...part, otherwise: textKind } : part,
      );
    }),
    ...trailing(bytes, image.trailing),
  ],
});

export const vendorKind = kindOf(vendorBootFormat, {
  title: (image) => `${vendorPartition(image)} image v${image.headerVersion}`,
  inside: (image, bytes) => [
    ...image.fragments.flatMap((fragment) => fragmentInside(image, fragment, bytes)),
    ...partOf(bytes, 'unlisted ramdisk', image.unlistedRamdisk),
    ...partOf(bytes, 'dtb', image.dtb),
    ...partOf(bytes, 'bootconfig', image.bootconfig).map((part) => ({ ...part, otherwise: textKind })),
    ...trailing(bytes, image.trailing),
  ],
});

function fragmentInside(image: VendorBootImage, fragment: RamdiskFragment, bytes: Uint8Array): Inside[] {
  const { name, type, boardId } = fragment;
  const [part] = partOf(bytes, name === '' ? 'ramdisk' : `ramdisk ${name}`, fragment.bytes);
  if (part === undefined || image.headerVersion === 3) return part === undefined ? [] : [part];
  const words = boardId.some((word) => word !== 0) ? boardId.map((word) => hex(word)) : [];
  return [{ ...part, note: [fragmentTypeText(type), ...words].join(' ') }];
}

/** Zeros up to the partition's size are no part. */
function trailing(bytes: Uint8Array, rest: Uint8Array): Inside[] {
  return rest.some((byte) => byte !== 0) ? partOf(bytes, 'behind', rest) : [];
}

export const bootconfigKind = kindOf(bootconfigFormat, {
  title: () => 'initrd with a boot configuration',
  inside: ({ initrd, text }, bytes) => [
    ...partOf(bytes, 'initrd', initrd),
    ...partOf(bytes, 'bootconfig', text).map((part) => ({ ...part, otherwise: textKind })),
  ],
});

/** Each of the vendors' wrappers around an image or a section. */
export const wrapperKinds: readonly Kind[] = wrapperFormats.map((format, i) => {
  const wrapper = WRAPPERS[i];
  return kindOf<Wrapped>(format, {
    title: ({ label }) => [wrapper?.title ?? format.name, ...(label === undefined ? [] : [label])].join(', '),
    inside: ({ payload, after, sealedFor }, bytes) => [
      // The mark may stand within the image, which is then the image itself.
      { name: wrapper?.holds ?? 'payload', bytes: payload, offset: placeIn(bytes, payload) },
      // MediaTek's header may end before the trees behind the kernel do; what seals a section is no part.
      ...(wrapper?.holds === 'section' && sealedFor === undefined ? trailing(bytes, after) : []),
    ],
  });
});

export const sparseKind: Kind = {
  name: sparseFormat.name,
  format: sparseFormat as Kind['format'],
  detect: sparseFormat.detect,
  open: async (bytes, budget) => {
    const image = sparseFormat.read(bytes);
    const size = expandedSize(image);
    const opened = {
      title: `Android sparse image of ${size} bytes`,
      facts: sparseFormat.describe(image),
      end: bytes.length,
    };
    if (size > budget.left) return { ...opened, inside: [], problem: tooLarge(opened.facts, budget.left) };
    const flat = spend(budget, (limit) => concat([...expandSparse(image, limit)]));
    return { ...opened, inside: [{ name: 'image', bytes: flat, offset: undefined }] };
  },
};

function tooLarge(facts: readonly Fact[], limit: number): FormatError {
  const { value = '', offset = 0 } = facts.find(({ name }) => name === 'blocks') ?? {};
  const place = { field: 'sparse.totalBlocks', offset, got: Number(value) };
  return new FormatError('compress.limit', { ...place, wanted: `at most ${limit} bytes when expanded` });
}
