import { UsageError } from '../binary/index.ts';
import {
  type ByteRange,
  bootimgFormat,
  type NewFragment,
  type PartName,
  packOsVersion,
  type RangedBootImage,
  rangeOfBytes,
  type VendorBootImage,
  vendorBootImageOf,
} from '../bootimg/writing.ts';
import type { MkbootimgRequest } from './mkbootimg-flags.ts';

type Files = ReadonlyMap<string, Uint8Array>;
type Ranges = ReadonlyMap<string, ByteRange>;
type OffsetFlag = 'kernel_offset' | 'ramdisk_offset' | 'second_offset' | 'tags_offset' | 'dtb_offset';

const EMPTY = new Uint8Array(0);
const NOTHING = rangeOfBytes(EMPTY);
const PLATFORM = 1;
const V3_PAGE_SIZE = 4096;

/**
 * The boot image that AOSP's mkbootimg makes of these flags; parts that the header version has no
 * section for are left out without a word, as there.
 * @throws UsageError for what does not fit
 */
export function makeBoot(request: MkbootimgRequest, files: Ranges): RangedBootImage {
  const { headerVersion: version, texts } = request;
  const parts = partsOf(request, files);
  if (version === 2 && !parts.dtb?.size) throw new UsageError('cli.usage', 'a boot image v2 needs --dtb');
  const early = version < 3;
  const at = (flag: OffsetFlag, part?: ByteRange): number =>
    early && (part === undefined || part.size > 0) ? Number(address(request, flag, 32n)) : 0;
  return {
    headerVersion: version,
    dialect: 'aosp',
    pageSize: early ? request.pageSize : V3_PAGE_SIZE,
    addresses: {
      kernel: at('kernel_offset'),
      ramdisk: at('ramdisk_offset', parts.ramdisk ?? NOTHING),
      second: at('second_offset', parts.second ?? NOTHING),
      tags: at('tags_offset'),
      dtb: version === 2 ? address(request, 'dtb_offset', 64n) : 0n,
    },
    osVersion: osVersion(texts.os_version, texts.os_patch_level),
    board: early ? texts.board : '',
    cmdline: texts.cmdline,
    id: { kind: early ? 'sha1' : 'none' },
    parts,
    trailing: NOTHING,
    keptFields: [],
    keptPaddings: [],
  };
}

/** The id field of an image's bytes; v3 and v4 have none. */
export function idOf(image: RangedBootImage, header: Uint8Array): Uint8Array | undefined {
  const { offset = 0, size = 0 } =
    bootimgFormat.describe({ ...image, parts: {}, trailing: EMPTY }).find(({ name }) => name === 'id') ?? {};
  return size === 0 ? undefined : header.subarray(offset, offset + size);
}

/** The vendor_boot image of these flags. @throws UsageError for what does not fit */
export function makeVendorBoot(request: MkbootimgRequest, files: Files): VendorBootImage {
  const { headerVersion, texts } = request;
  const fragments = fragmentsOf(request, files);
  const dtb = fileOf(request, files, 'dtb');
  const bootconfig = headerVersion === 4 ? fileOf(request, files, 'vendor_bootconfig') : undefined;
  const spec = { pageSize: request.pageSize, base: 0, kernelOffset: 0, ramdiskOffset: 0, tagsOffset: 0 };
  const image = vendorBootImageOf(
    { ...spec, dtbOffset: 0, board: texts.board, headerVersion: headerVersion === 3 ? 3 : 4 },
    {
      cmdline: texts.vendor_cmdline,
      fragments,
      ...(dtb === undefined ? {} : { dtb }),
      ...(bootconfig === undefined ? {} : { bootconfig }),
    },
  );
  return {
    ...image,
    addresses: {
      kernel: Number(address(request, 'kernel_offset', 32n)),
      ramdisk: Number(address(request, 'ramdisk_offset', 32n)),
      tags: Number(address(request, 'tags_offset', 32n)),
      dtb: address(request, 'dtb_offset', 64n),
    },
  };
}

function fragmentsOf(request: MkbootimgRequest, files: Files): NewFragment[] {
  const first = fileOf(request, files, 'vendor_ramdisk');
  const plain =
    first === undefined ? [] : [{ bytes: first, type: request.headerVersion === 4 ? PLATFORM : 0 }];
  const named = request.fragments.map(({ file, ...rest }) => ({ ...rest, bytes: files.get(file) ?? EMPTY }));
  return [...plain, ...named];
}

function partsOf(request: MkbootimgRequest, files: Ranges): RangedBootImage['parts'] {
  const { headerVersion: version } = request;
  const wanted: [PartName, keyof MkbootimgRequest['files'], boolean][] = [
    ['kernel', 'kernel', true],
    ['ramdisk', 'ramdisk', true],
    ['second', 'second', version < 3],
    ['recoveryDtbo', 'recovery_dtbo', version === 1 || version === 2],
    ['recoveryDtbo', 'recovery_acpio', version === 1 || version === 2],
    ['dtb', 'dtb', version === 2],
  ];
  const parts: Partial<Record<PartName, ByteRange>> = {};
  for (const [part, flag, taken] of wanted) {
    const bytes = taken ? fileOf(request, files, flag) : undefined;
    if (bytes !== undefined) parts[part] = bytes;
  }
  return parts;
}

function fileOf<T>(
  request: MkbootimgRequest,
  files: ReadonlyMap<string, T>,
  flag: keyof MkbootimgRequest['files'],
) {
  const name = request.files[flag];
  return name === undefined ? undefined : files.get(name);
}

function address({ numbers }: MkbootimgRequest, flag: OffsetFlag, bits: bigint): bigint {
  const sum = numbers.base + numbers[flag];
  if (sum >= 0n && sum < 1n << bits) return sum;
  throw new UsageError('cli.usage', `--base and --${flag}: the sum does not fit into ${bits} bits`);
}

/** What follows a date or a version is not looked at (mkbootimg.py parse_os_patch_level). */
function osVersion(version: string, patchLevel: string): number {
  return packOsVersion(version, /^\d{4}-\d{2}/.exec(patchLevel)?.[0] ?? '');
}
