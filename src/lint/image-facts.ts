import {
  type Addresses,
  findWrapper,
  fragmentTypeText,
  type ImageContentOfKind,
  type ImageId,
  type RamdiskFragment,
  segmentOf,
  sonyCmdline,
} from '../bootimg/index.ts';

/** A ramdisk of an image, under the name that findings use. */
export interface NamedRamdisk {
  readonly where: string;
  readonly bytes: Uint8Array;
}

/** What the rules look at, of whatever kind the image is. Sections without their vendor's headers. */
export interface ImageFacts {
  readonly kind: ImageContentOfKind['kind'];
  readonly headerVersion: number;
  readonly pageSize: number;
  readonly cmdline: string;
  /** Of v0 to v2 and PXA. */
  readonly id: ImageId | undefined;
  /** Of v0 to v2 and PXA. */
  readonly addresses: (Omit<Addresses, 'dtb'> & Partial<Pick<Addresses, 'dtb'>>) | undefined;
  readonly kernel: Uint8Array | undefined;
  readonly ramdisks: readonly NamedRamdisk[];
  readonly second: number;
  /** Table of a v0 image. */
  readonly dt: Uint8Array | undefined;
  readonly dtb: Uint8Array | undefined;
}

/** Brings the kinds of boot images to what they have in common. */
export function imageFacts(content: ImageContentOfKind): ImageFacts {
  if (content.kind === 'vendor') return vendorFacts(content.image);
  if (content.kind === 'sony') return sonyFacts(content.image);
  const { image } = content;
  const headerVersion = content.kind === 'boot' ? content.image.headerVersion : 0;
  const { kernel, ramdisk, second, dt } = image.parts;
  const early = headerVersion < 3;
  return {
    kind: content.kind,
    headerVersion,
    pageSize: image.pageSize,
    cmdline: image.cmdline,
    id: early ? image.id : undefined,
    addresses: early ? image.addresses : undefined,
    kernel: kernel === undefined ? undefined : sectionContent(kernel),
    ramdisks: ramdisk === undefined ? [] : [{ where: 'ramdisk', bytes: sectionContent(ramdisk) }],
    second: second?.length ?? 0,
    dt,
    dtb: content.kind === 'boot' ? content.image.parts.dtb : undefined,
  };
}

function vendorFacts(image: Extract<ImageContentOfKind, { kind: 'vendor' }>['image']): ImageFacts {
  return {
    kind: 'vendor',
    headerVersion: image.headerVersion,
    pageSize: image.pageSize,
    cmdline: image.cmdline,
    id: undefined,
    addresses: undefined,
    kernel: undefined,
    ramdisks: image.fragments
      .filter(({ bytes }) => bytes.length > 0)
      .map((fragment) => ({ where: fragmentName(fragment), bytes: fragment.bytes })),
    second: 0,
    dt: undefined,
    dtb: image.dtb.length === 0 ? undefined : image.dtb,
  };
}

/** Sony's loader has neither pages nor a header of Android. */
function sonyFacts(image: Extract<ImageContentOfKind, { kind: 'sony' }>['image']): ImageFacts {
  const kernel = segmentOf(image, 'kernel')?.bytes;
  const ramdisk = segmentOf(image, 'ramdisk')?.bytes;
  return {
    kind: 'sony',
    headerVersion: 0,
    pageSize: 1,
    cmdline: sonyCmdline(image),
    id: undefined,
    addresses: undefined,
    kernel,
    ramdisks: ramdisk === undefined ? [] : [{ where: 'ramdisk', bytes: ramdisk }],
    second: 0,
    dt: undefined,
    dtb: undefined,
  };
}

function fragmentName({ name, type }: RamdiskFragment): string {
  if (name !== '') return `ramdisk ${name}`;
  return type === 0 ? 'ramdisk' : `ramdisk (${fragmentTypeText(type)})`;
}

/** Without MediaTek's or Rockchip's header. */
function sectionContent(section: Uint8Array): Uint8Array {
  const wrapper = findWrapper(section);
  return wrapper?.holds === 'section' ? wrapper.unwrap(section).payload : section;
}
