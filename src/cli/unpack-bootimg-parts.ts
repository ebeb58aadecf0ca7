import { cString, type Fact, hex, layout, MnxError, UsageError, u32le, u64le } from '../binary/index.ts';
import {
  type BootImage,
  bootimgFormat,
  osVersionText,
  type PartName,
  type RamdiskFragment,
  readBootImage,
  readVendorBootImage,
  type VendorBootImage,
  vendorBootFormat,
} from '../bootimg/index.ts';

/** What unpack_bootimg makes of an image. */
export interface Unpacked {
  /** Content by file name. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Links in `vendor-ramdisk-by-name`, and the file that each names; vendor_boot v4 only. */
  readonly links?: ReadonlyMap<string, string>;
  /** Lines of `--format=info`. */
  info(): string[];
  /** Arguments of `--format=mkbootimg`. @throws MnxError when mkbootimg has no flags for the image */
  mkbootimg(): string[];
}

/** The end of the header of v1: the recovery part, and the header's own size. */
const RecoveryFields = layout('recovery-fields', { size: u32le, offset: u64le, headerSize: u32le });
/** The end of the header of v2. */
const DtbFields = layout('dtb-fields', { size: u32le, address: u64le });
const Word = layout('word', { value: u32le });

/** Files that unpack_bootimg writes for the sections of boot.img; of these two also the empty ones. */
const ALWAYS: readonly PartName[] = ['kernel', 'ramdisk'];
const PART_FILES: readonly (readonly [PartName, string])[] = [
  ['kernel', 'kernel'],
  ['ramdisk', 'ramdisk'],
  ['second', 'second'],
  ['dt', 'dt'],
  ['recoveryDtbo', 'recovery_dtbo'],
  ['dtb', 'dtb'],
  ['signature', 'boot_signature'],
];
/** Numbers of a board id in one line. */
const BOARD_ID_ROW = 4;

/** @throws FormatError for what is no whole boot image */
export function unpackBoot(bytes: Uint8Array, folder: string): Unpacked {
  const image = readBootImage(bytes);
  const found = PART_FILES.flatMap(([part, file]) => {
    const content = image.parts[part] ?? new Uint8Array(0);
    return content.length > 0 || ALWAYS.includes(part) ? [[file, content] as const] : [];
  });
  const files = new Map(found);
  return {
    files,
    info: () => (image.headerVersion < 3 ? earlyInfo(image, bytes) : lateInfo(image)),
    mkbootimg: () => bootArgs(image, (name) => (files.has(name) ? [`--${name}`, inside(folder, name)] : [])),
  };
}

function earlyInfo(image: BootImage, bytes: Uint8Array): string[] {
  const { addresses } = image;
  const facts = bootimgFormat.describe(image);
  const first = rawText(bytes, factNamed(facts, 'command line'));
  return [
    'boot magic: ANDROID!',
    `kernel_size: ${sizeOf(image, 'kernel')}`,
    `kernel load address: ${hex(addresses.kernel, 8)}`,
    `ramdisk size: ${sizeOf(image, 'ramdisk')}`,
    `ramdisk load address: ${hex(addresses.ramdisk, 8)}`,
    `second bootloader size: ${sizeOf(image, 'second')}`,
    `second bootloader load address: ${hex(addresses.second, 8)}`,
    `kernel tags load address: ${hex(addresses.tags, 8)}`,
    `page size: ${image.pageSize}`,
    ...versionInfo(image),
    `product name: ${image.board}`,
    `command line args: ${first}`,
    `additional command line args: ${image.cmdline.slice(first.length)}`,
    ...recoveryInfo(image, bytes, factNamed(facts, 'header version')),
  ];
}

function recoveryInfo(image: BootImage, bytes: Uint8Array, header: Fact): string[] {
  const { headerVersion: version } = image;
  if (version !== 1 && version !== 2) return [];
  const end = (header.size ?? 0) - (version === 2 ? DtbFields.size : 0);
  const { offset, headerSize } = RecoveryFields.read(bytes, end - RecoveryFields.size);
  return [
    `recovery dtbo size: ${sizeOf(image, 'recoveryDtbo')}`,
    `recovery dtbo offset: ${hex(offset, 16)}`,
    `boot header size: ${headerSize}`,
    ...(version === 1
      ? []
      : [`dtb size: ${sizeOf(image, 'dtb')}`, `dtb address: ${hex(image.addresses.dtb, 16)}`]),
  ];
}

function lateInfo(image: BootImage): string[] {
  return [
    'boot magic: ANDROID!',
    `kernel_size: ${sizeOf(image, 'kernel')}`,
    `ramdisk size: ${sizeOf(image, 'ramdisk')}`,
    ...versionInfo(image),
    `command line args: ${image.cmdline}`,
    ...(image.headerVersion === 4 ? [`boot.img signature size: ${sizeOf(image, 'signature')}`] : []),
  ];
}

function versionInfo(image: BootImage): string[] {
  const { version, patchLevel } = osVersionText(image.osVersion);
  return [
    `os version: ${version ?? 'None'}`,
    `os patch level: ${patchLevel ?? 'None'}`,
    `boot image header version: ${image.headerVersion}`,
  ];
}

function bootArgs(image: BootImage, file: (name: string) => string[]): string[] {
  if (sizeOf(image, 'dt') > 0) {
    throw new UsageError('cli.no-dt-flag', "AOSP's mkbootimg has no flag for the device tree table of v0", {
      hint: 'Without --format=mkbootimg the parts are written.',
    });
  }
  const { headerVersion, addresses, pageSize } = image;
  const { version, patchLevel } = osVersionText(image.osVersion);
  const start = [
    ...['--header_version', String(headerVersion)],
    ...(version === undefined ? [] : ['--os_version', version]),
    ...(patchLevel === undefined ? [] : ['--os_patch_level', patchLevel]),
    ...['kernel', 'ramdisk'].flatMap(file),
  ];
  if (headerVersion > 2) return [...start, '--cmdline', argument(image.cmdline)];
  return [
    ...start,
    ...['second', 'recovery_dtbo', 'dtb'].flatMap(file),
    ...['--pagesize', hex(pageSize, 8), '--base', hex(0, 8)],
    ...['--kernel_offset', hex(addresses.kernel, 8), '--ramdisk_offset', hex(addresses.ramdisk, 8)],
    ...['--second_offset', hex(addresses.second, 8), '--tags_offset', hex(addresses.tags, 8)],
    ...(headerVersion === 2 ? ['--dtb_offset', hex(addresses.dtb, 16)] : []),
    ...['--board', argument(image.board), '--cmdline', argument(image.cmdline)],
  ];
}

/** @throws FormatError for what is no whole vendor_boot image; MnxError `cli.fragment-name` */
export function unpackVendorBoot(bytes: Uint8Array, folder: string): Unpacked {
  const image = readVendorBootImage(bytes);
  const { dtb, bootconfig, fragments } = image;
  const named = fragments.map((fragment, i) => ({ ...fragment, file: fragmentFile(i) }));
  const device: [string, Uint8Array][] = dtb.length > 0 ? [['dtb', dtb]] : [];
  const common = { info: () => vendorInfo(image, bytes), mkbootimg: () => vendorArgs(image, folder) };
  if (image.headerVersion === 3) {
    const ramdisk = fragments[0]?.bytes ?? new Uint8Array(0);
    return { ...common, files: new Map([['vendor_ramdisk', ramdisk], ...device]) };
  }
  return {
    ...common,
    files: new Map([
      ...named.map((fragment): [string, Uint8Array] => [fragment.file, fragment.bytes]),
      ['bootconfig', bootconfig],
      ...device,
    ]),
    links: new Map(named.map(({ name, file }) => [linkName(name), file])),
  };
}

function fragmentFile(index: number): string {
  return `vendor_ramdisk${String(index).padStart(2, '0')}`;
}

/** A name from the image must not lead out of the folder. */
function linkName(name: string): string {
  if (!name.includes('/')) return `ramdisk_${name}`;
  throw new MnxError('cli.fragment-name', `ramdisk "${name}": a name with a slash is no file name`, {
    exitCode: 3,
    hint: 'The image is damaged or hostile; nothing was written.',
  });
}

function vendorInfo(image: VendorBootImage, bytes: Uint8Array): string[] {
  const { addresses, headerVersion, fragments } = image;
  const facts = vendorBootFormat.describe(image);
  const board = factNamed(facts, 'board');
  const { value: headerSize } = Word.read(bytes, (board.offset ?? 0) + (board.size ?? 0));
  const table = facts.find(({ name }) => name === 'table')?.size ?? 0;
  const ramdisk = fragments.reduce((sum, fragment) => sum + fragment.bytes.length, 0);
  const late = headerVersion > 3;
  return [
    'boot magic: VNDRBOOT',
    `vendor boot image header version: ${headerVersion}`,
    `page size: ${hex(image.pageSize, 8)}`,
    `kernel load address: ${hex(addresses.kernel, 8)}`,
    `ramdisk load address: ${hex(addresses.ramdisk, 8)}`,
    `vendor ramdisk ${late ? 'total ' : ''}size: ${ramdisk + image.unlistedRamdisk.length}`,
    `vendor command line args: ${image.cmdline}`,
    `kernel tags load address: ${hex(addresses.tags, 8)}`,
    `product name: ${image.board}`,
    `vendor boot image header size: ${headerSize}`,
    `dtb size: ${image.dtb.length}`,
    `dtb address: ${hex(addresses.dtb, 16)}`,
    ...(late
      ? [
          `vendor ramdisk table size: ${table}`,
          'vendor ramdisk table: [',
          ...fragmentInfo(fragments),
          ']',
          `vendor bootconfig size: ${image.bootconfig.length}`,
        ]
      : []),
  ];
}

function fragmentInfo(fragments: readonly RamdiskFragment[]): string[] {
  let offset = 0;
  return fragments.flatMap(({ bytes, type, name, boardId }, i) => {
    const words = boardId.map((word) => `${hex(word, 8)},`);
    const rows: string[] = [];
    for (let at = 0; at < words.length; at += BOARD_ID_ROW) {
      rows.push(words.slice(at, at + BOARD_ID_ROW).join(' '));
    }
    const lines = [
      `    ${fragmentFile(i)}: {`,
      `        size: ${bytes.length}`,
      `        offset: ${offset}`,
      `        type: ${hex(type)}`,
      `        name: ${name}`,
      '        board_id: [',
      ...rows.map((row) => `            ${row}`),
      '        ]',
      '    }',
    ];
    offset += bytes.length;
    return lines;
  });
}

function vendorArgs(image: VendorBootImage, folder: string): string[] {
  const { addresses } = image;
  return [
    ...['--header_version', String(image.headerVersion), '--pagesize', hex(image.pageSize, 8)],
    ...['--base', hex(0, 8), '--kernel_offset', hex(addresses.kernel, 8)],
    ...['--ramdisk_offset', hex(addresses.ramdisk, 8), '--tags_offset', hex(addresses.tags, 8)],
    ...['--dtb_offset', hex(addresses.dtb, 16)],
    ...['--vendor_cmdline', argument(image.cmdline), '--board', argument(image.board)],
    ...(image.dtb.length > 0 ? ['--dtb', inside(folder, 'dtb')] : []),
    ...(image.headerVersion === 3
      ? ['--vendor_ramdisk', inside(folder, 'vendor_ramdisk')]
      : ['--vendor_bootconfig', inside(folder, 'bootconfig'), ...fragmentArgs(image, folder)]),
  ];
}

function fragmentArgs({ fragments }: VendorBootImage, folder: string): string[] {
  return fragments.flatMap(({ type, name, boardId }, i) => [
    ...['--ramdisk_type', String(type), '--ramdisk_name', argument(name)],
    ...boardId.flatMap((word, at) => (word === 0 ? [] : [`--board_id${at}`, hex(word, 8)])),
    ...['--vendor_ramdisk_fragment', inside(folder, fragmentFile(i))],
  ]);
}

/** As Python's os.path.join, which keeps `./` and `..`. */
function inside(folder: string, name: string): string {
  return folder === '' || folder.endsWith('/') ? `${folder}${name}` : `${folder}/${name}`;
}

/** @throws MnxError `cli.not-utf8` for bytes that no argument can carry through a terminal */
function argument(text: string): string {
  if (!/\p{Surrogate}/u.test(text)) return text;
  throw new MnxError('cli.not-utf8', 'a text of the header is not UTF-8, no argument can carry it', {
    exitCode: 3,
  });
}

function rawText(bytes: Uint8Array, { offset = 0, size = 0 }: Fact): string {
  return Buffer.from(cString(bytes.subarray(offset, offset + size)), 'latin1').toString('utf8');
}

function factNamed(facts: readonly Fact[], name: string): Fact {
  const fact = facts.find((candidate) => candidate.name === name);
  if (fact === undefined) throw new MnxError('cli.fact', `the description of the image has no ${name}`);
  return fact;
}

function sizeOf(image: BootImage, part: PartName): number {
  return image.parts[part]?.length ?? 0;
}
