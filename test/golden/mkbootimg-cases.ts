import {
  packOsVersion,
  vendorBootImageOf,
  writeBootImage,
  writeVendorBootImage,
} from '../../src/bootimg/index.ts';
import { DEFAULTS, imageWith, ramp } from '../bootimg/sample.ts';

/** What mkbootimg makes: boot.img of each header version, vendor_boot of the two that have one. */
export const KINDS = ['v0', 'v1', 'v2', 'v3', 'v4', 'vendor v3', 'vendor v4'] as const;

export type Kind = (typeof KINDS)[number];

/** One set of arguments for mkbootimg, and the same image as bytes of ours. */
export interface Case {
  readonly kind: Kind;
  /** Files are named by `@` and their key in `files`. */
  readonly args: readonly string[];
  readonly files: Readonly<Record<string, Uint8Array>>;
  /** What unpack_bootimg calls the files that are in the image. */
  readonly unpacked: Readonly<Record<string, Uint8Array>>;
  readonly pieces: readonly Uint8Array[];
}

type Random = (below: number) => number;

function pick<T>(next: Random, values: readonly T[]): T {
  const value = values[next(values.length)];
  if (value === undefined) throw new Error('nothing to choose from');
  return value;
}

/** One random set of arguments of a kind. */
export function makeCase(kind: Kind, next: Random): Case {
  return kind === 'vendor v3' || kind === 'vendor v4' ? vendorCase(kind, next) : bootCase(kind, next);
}

/** Numbers and names that both kinds of images have. */
function spec(next: Random) {
  const address = (): number => next(0x1000) * 0x1000;
  return {
    ...DEFAULTS,
    pageSize: pick(next, [2048, 4096, 8192, 16384]),
    base: address() * 16,
    kernelOffset: address(),
    ramdiskOffset: address(),
    secondOffset: address(),
    tagsOffset: address(),
    dtbOffset: address(),
    board: 'b'.repeat(next(16)),
  };
}

function specArgs(version: number, values: ReturnType<typeof spec>): string[] {
  return [
    ['--header_version', version],
    ['--pagesize', values.pageSize],
    ['--base', values.base],
    ['--kernel_offset', values.kernelOffset],
    ['--ramdisk_offset', values.ramdiskOffset],
    ['--second_offset', values.secondOffset],
    ['--tags_offset', values.tagsOffset],
    ['--dtb_offset', values.dtbOffset],
    ['--board', values.board],
  ].flatMap(([name, value]) => [String(name), String(value)]);
}

/** A part of a size at which padding goes wrong, or of any. */
function part(next: Random, page: number, smallest = 0): Uint8Array {
  const sizes = [0, 1, page - 1, page, page + 1, 2 * page, 1 + next(20000)];
  const size = Math.max(smallest, pick(next, sizes));
  return ramp(size, next(256), next(256));
}

/** A command line around the ends of its fields, or any text. */
function text(next: Random, limit: number): string {
  const ends = [0, 1, 510, 511, 512, 513, 1023, 1533, 1534, 1535, 2046, 2047].filter((size) => size <= limit);
  if (next(2) === 0) return 'c'.repeat(pick(next, ends));
  const characters = Array.from({ length: next(Math.floor(limit / 2)) }, () => 'abc =.,0é"'[next(10)] ?? 'x');
  return characters.join('');
}

function bootCase(kind: 'v0' | 'v1' | 'v2' | 'v3' | 'v4', next: Random): Case {
  const headerVersion = Number(kind.slice(1)) as 0 | 1 | 2 | 3 | 4;
  const values = { ...spec(next), headerVersion };
  const names = {
    0: ['kernel', 'ramdisk', 'second'],
    1: ['kernel', 'ramdisk', 'second', 'recoveryDtbo'],
    2: ['kernel', 'ramdisk', 'second', 'recoveryDtbo'],
    3: ['kernel', 'ramdisk'],
    4: ['kernel', 'ramdisk'],
  }[headerVersion];
  const page = headerVersion < 3 ? values.pageSize : 4096;
  const parts: Record<string, Uint8Array> = {};
  for (const name of names) {
    if (next(5) > 0) parts[name] = part(next, page);
  }
  if (headerVersion === 2) parts['dtb'] = part(next, page, 1);
  const cmdline = text(next, headerVersion < 3 ? 1534 : 1535);
  const version = pick(next, [
    `${next(128)}.${next(128)}.${next(128)}`,
    `${next(128)}`,
    `${next(128)}.${next(128)}`,
    'R',
  ]);
  const patch = `${2000 + next(128)}-${String(1 + next(12)).padStart(2, '0')}`;
  const fileArgs = Object.keys(parts).flatMap((name) => [
    name === 'recoveryDtbo' ? pick(next, ['--recovery_dtbo', '--recovery_acpio']) : `--${name}`,
    `@${name}`,
  ]);
  const args = [
    ...specArgs(headerVersion, values),
    ...['--os_version', version, '--os_patch_level', patch, '--cmdline', cmdline],
    ...fileArgs,
    ...['-o', '@out'],
  ];
  const image = imageWith(values, { cmdline, parts, osVersion: packOsVersion(version, patch) });
  const filled = Object.entries(parts).filter(([, bytes]) => bytes.length > 0);
  const unpacked = filled.map(([name, bytes]) => [name === 'recoveryDtbo' ? 'recovery_dtbo' : name, bytes]);
  return { kind, args, files: parts, unpacked: Object.fromEntries(unpacked), pieces: writeBootImage(image) };
}

const TYPES = ['none', 'platform', 'recovery', 'dlkm'];

function vendorCase(kind: 'vendor v3' | 'vendor v4', next: Random): Case {
  const headerVersion = kind === 'vendor v3' ? 3 : 4;
  const values = { ...spec(next), headerVersion } as const;
  const page = values.pageSize;
  const cmdline = text(next, 2047);
  const files: Record<string, Uint8Array> = {};
  const args = [...specArgs(headerVersion, values), '--vendor_cmdline', cmdline];
  const fragments: { bytes: Uint8Array; type?: number; name?: string; boardId?: number[] }[] = [];
  const add = (name: string, flag: string, bytes: Uint8Array): Uint8Array => {
    files[name] = bytes;
    args.push(flag, `@${name}`);
    return bytes;
  };
  if (headerVersion === 3 || next(2) === 0) {
    const bytes = add('whole', '--vendor_ramdisk', part(next, page));
    fragments.push({ bytes, type: headerVersion === 3 ? 0 : 1 });
  }
  const dtb = next(4) > 0 ? add('dtb', '--dtb', part(next, page)) : undefined;
  const more = headerVersion === 4 ? next(5) : 0;
  const bootconfig =
    headerVersion === 4 && next(3) > 0
      ? add('bootconfig', '--vendor_bootconfig', part(next, page))
      : undefined;
  for (let i = 0; i < more; i++) {
    const type = next(6);
    const name = `${'n'.repeat(next(30))}${i}`;
    const boardId = Array.from({ length: 16 }, () => (next(3) === 0 ? next(0x7fffffff) : 0));
    args.push('--ramdisk_type', TYPES[type] ?? String(type), '--ramdisk_name', name);
    for (const [word, value] of boardId.entries()) {
      if (value > 0) args.push(`--board_id${word}`, String(value));
    }
    fragments.push({
      bytes: add(`fragment${i}`, '--vendor_ramdisk_fragment', part(next, page)),
      type,
      name,
      boardId,
    });
  }
  const image = vendorBootImageOf(values, {
    cmdline,
    fragments,
    ...(dtb === undefined ? {} : { dtb }),
    ...(bootconfig === undefined ? {} : { bootconfig }),
  });
  const ramdisks = fragments.map(({ bytes }, i) => [
    headerVersion === 3 ? 'vendor_ramdisk' : `vendor_ramdisk${String(i).padStart(2, '0')}`,
    bytes,
  ]);
  const unpacked = {
    ...Object.fromEntries(ramdisks),
    ...(dtb?.length ? { dtb } : {}),
    ...(bootconfig?.length ? { bootconfig } : {}),
  };
  return {
    kind,
    args: [...args, '--vendor_boot', '@out'],
    files,
    unpacked,
    pieces: writeVendorBootImage(image),
  };
}
