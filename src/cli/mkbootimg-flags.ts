import { UsageError } from '../binary/index.ts';

/** A ramdisk of vendor_boot v4 as one group of flags names it. */
export interface FragmentRequest {
  readonly file: string;
  readonly type: number;
  readonly name: string;
  readonly boardId: readonly number[];
}

/** What the flags of AOSP's mkbootimg ask for. Numbers are as given, not yet summed up. */
export interface MkbootimgRequest {
  readonly headerVersion: 0 | 1 | 2 | 3 | 4;
  readonly pageSize: number;
  /** `base`, `kernel_offset` and so on. */
  readonly numbers: Readonly<Record<NumberFlag, bigint>>;
  readonly texts: Readonly<Record<TextFlag, string>>;
  /** Paths by flag; absent flags have no key. */
  readonly files: Readonly<Partial<Record<FileFlag, string>>>;
  readonly fragments: readonly FragmentRequest[];
  readonly output?: string;
  readonly vendorBoot?: string;
  readonly id: boolean;
}

/** Defaults of mkbootimg.py parse_cmdline. */
const NUMBERS = {
  base: 0x10000000n,
  kernel_offset: 0x8000n,
  ramdisk_offset: 0x1000000n,
  second_offset: 0xf00000n,
  dtb_offset: 0x1f00000n,
  tags_offset: 0x100n,
  pagesize: 2048n,
  header_version: 0n,
};
const TEXTS = { cmdline: '', vendor_cmdline: '', board: '', os_version: '', os_patch_level: '' };
const FILES = [
  'kernel',
  'ramdisk',
  'second',
  'dtb',
  'recovery_dtbo',
  'recovery_acpio',
  'vendor_ramdisk',
  'vendor_bootconfig',
] as const;
const OUTPUTS = ['output', 'vendor_boot'];
const TYPES: Readonly<Record<string, number>> = { none: 0, platform: 1, recovery: 2, dlkm: 3 };
const BOARD_ID_WORDS = 16;
const PAGE_SIZES = [2048, 4096, 8192, 16384];
const BOARD_LIMIT = 15;
const VENDOR_CMDLINE_LIMIT = 2047;
/** Of v0 to v2, with a NUL behind each of the two fields; v3 and v4 have one field. */
const SPLIT_CMDLINE_LIMIT = 1534;
const CMDLINE_LIMIT = 1535;

type NumberFlag = keyof typeof NUMBERS;
type TextFlag = keyof typeof TEXTS;
type FileFlag = (typeof FILES)[number];

/** Flags of one group; the last one ends it. */
const GROUP = [
  'ramdisk_type',
  'ramdisk_name',
  ...Array.from({ length: BOARD_ID_WORDS }, (_, i) => `board_id${i}`),
  'vendor_ramdisk_fragment',
];

/** Every flag, with what may follow it where that is one of some words. */
export const MKBOOTIMG_FLAGS: Readonly<Record<string, 'nothing' | 'value' | readonly string[]>> = {
  ...Object.fromEntries(
    [...Object.keys(NUMBERS), ...Object.keys(TEXTS), ...FILES, ...OUTPUTS, ...GROUP].map((name) => [
      name,
      'value',
    ]),
  ),
  ramdisk_type: Object.keys(TYPES),
  id: 'nothing',
};
const KNOWN = Object.keys(MKBOOTIMG_FLAGS);

/**
 * Reads the flags of AOSP's mkbootimg (mkbootimg.py parse_cmdline). Of a flag that is repeated the
 * last one counts, except in the groups that describe ramdisks.
 * @throws UsageError `cli.usage`
 */
export function parseMkbootimg(args: readonly string[]): MkbootimgRequest {
  const flags = new Map<string, string>();
  const fragments: FragmentRequest[] = [];
  let group = new Map<string, string>();
  for (const [name, value] of pairs(args)) {
    if (GROUP.includes(name)) group.set(name, value);
    else flags.set(name, value);
    if (name === 'vendor_ramdisk_fragment') {
      fragments.push(fragmentOf(group));
      group = new Map();
    }
  }
  if (group.size > 0) throw usage(`--${[...group.keys()].join(', --')} without --vendor_ramdisk_fragment`);
  return requestOf(flags, fragments);
}

function requestOf(flags: ReadonlyMap<string, string>, fragments: FragmentRequest[]): MkbootimgRequest {
  const numbers = { ...NUMBERS };
  for (const name of Object.keys(NUMBERS) as NumberFlag[]) {
    numbers[name] = number(name, flags.get(name), NUMBERS[name]);
  }
  const texts = { ...TEXTS };
  for (const name of Object.keys(TEXTS) as TextFlag[]) texts[name] = flags.get(name) ?? '';
  const files: Partial<Record<FileFlag, string>> = {};
  for (const name of FILES) {
    const value = flags.get(name);
    if (value !== undefined) files[name] = value;
  }
  const output = flags.get('output');
  const vendorBoot = flags.get('vendor_boot');
  const request: MkbootimgRequest = {
    headerVersion: versionOf(numbers.header_version),
    pageSize: Number(numbers.pagesize),
    numbers,
    texts,
    files,
    fragments,
    id: flags.has('id'),
    ...(output === undefined ? {} : { output }),
    ...(vendorBoot === undefined ? {} : { vendorBoot }),
  };
  checkTexts(request);
  checkFlags(request);
  return request;
}

function checkFlags({
  headerVersion,
  pageSize,
  files,
  fragments,
  output,
  vendorBoot,
}: MkbootimgRequest): void {
  if (!PAGE_SIZES.includes(pageSize)) throw usage(`--pagesize ${pageSize}: want ${PAGE_SIZES.join(', ')}`);
  if (files.recovery_dtbo !== undefined && files.recovery_acpio !== undefined) {
    throw usage('--recovery_acpio is not allowed with --recovery_dtbo');
  }
  if (vendorBoot !== undefined && headerVersion < 3)
    throw usage('--vendor_boot needs --header_version 3 or 4');
  if (vendorBoot !== undefined && headerVersion === 3 && files.vendor_ramdisk === undefined) {
    throw usage('--vendor_ramdisk is missing');
  }
  if (fragments.length > 0 && (vendorBoot === undefined || headerVersion < 4)) {
    throw usage('--vendor_ramdisk_fragment needs --vendor_boot and --header_version 4');
  }
  if (output !== undefined && files.second !== undefined && headerVersion > 2) {
    throw usage(`--second does not go with --header_version ${headerVersion}`);
  }
}

function checkTexts({ headerVersion, texts }: MkbootimgRequest): void {
  const limits: [TextFlag, number][] = [
    ['cmdline', headerVersion < 3 ? SPLIT_CMDLINE_LIMIT : CMDLINE_LIMIT],
    ['vendor_cmdline', VENDOR_CMDLINE_LIMIT],
    ['board', BOARD_LIMIT],
  ];
  for (const [name, limit] of limits) {
    const size = Buffer.byteLength(texts[name]);
    if (size > limit) throw usage(`--${name}: got ${size} bytes, want at most ${limit}`);
  }
}

function* pairs(args: readonly string[]): Generator<readonly [string, string]> {
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    const found = /^(?:-o=?(?<short>.+)?|--(?<name>[^=]+)(?:=(?<value>.*))?)$/s.exec(arg)?.groups;
    if (found === undefined) throw usage(`unrecognized argument: ${arg}`);
    const name = found['name'] === undefined ? 'output' : fullName(found['name']);
    const value = found['short'] ?? found['value'] ?? (name === 'id' ? '' : rest.shift());
    if (value === undefined) throw usage(`--${name} needs a value`);
    yield [name, value];
  }
}

/** Flags may be cut short as long as one is meant. */
function fullName(name: string): string {
  const found = KNOWN.includes(name) ? [name] : KNOWN.filter((known) => known.startsWith(name));
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  throw usage(
    found.length === 0 ? `unrecognized argument: --${name}` : `--${name} could be --${found.join(', --')}`,
  );
}

function fragmentOf(group: ReadonlyMap<string, string>): FragmentRequest {
  const name = group.get('ramdisk_name');
  if (name === undefined) throw usage('--vendor_ramdisk_fragment needs --ramdisk_name before it');
  const type = group.get('ramdisk_type') ?? 'none';
  return {
    file: group.get('vendor_ramdisk_fragment') ?? '',
    name,
    type: TYPES[type.toLowerCase()] ?? word('ramdisk_type', type),
    boardId: Array.from({ length: BOARD_ID_WORDS }, (_, i) =>
      word(`board_id${i}`, group.get(`board_id${i}`)),
    ),
  };
}

function word(name: string, text: string | undefined): number {
  const value = number(name, text, 0n);
  if (value < 0n || value >= 1n << 32n) throw usage(`--${name} ${text}: want 0 to 0xffffffff`);
  return Number(value);
}

/** Python's int(text, 0). */
function number(name: string, text: string | undefined, otherwise: bigint): bigint {
  if (text === undefined) return otherwise;
  const found = /^([+-]?)(0x[\da-f]+|0o[0-7]+|0b[01]+|0+|[1-9]\d*)$/i.exec(text.trim());
  if (found === null) throw usage(`--${name} ${text}: want a number such as 4096 or 0x1000`);
  const value = BigInt(found[2] ?? '0');
  return found[1] === '-' ? -value : value;
}

function versionOf(value: bigint): 0 | 1 | 2 | 3 | 4 {
  const versions = [0, 1, 2, 3, 4] as const;
  const version = versions.find((known) => BigInt(known) === value);
  if (version === undefined) throw usage(`--header_version ${value}: want 0 to 4`);
  return version;
}

function usage(sentence: string): UsageError {
  return new UsageError('cli.usage', sentence, { hint: 'mnx mkbootimg --help shows what there is.' });
}
