import type { RootSpec } from '../device/index.ts';
import { readRoot } from './plan.ts';

/** A kernel module that a root needs. */
export interface RootModule {
  /** Name or alias. */
  readonly name: string;
  /** Only some kernels have it; it is taken where it is there. */
  readonly optional?: boolean;
}

/** What an image must carry so that stage-1 can open a root. */
export interface RootNeeds {
  /** Debian packages. */
  readonly packages: readonly string[];
  /** Of these, the programs that are packed. */
  readonly programs: readonly string[];
  /** Loaded when stage-1 or the kernel asks for them, not before. */
  readonly modules: readonly RootModule[];
  /** Options of the kernel that stand for them, and what is lost without. */
  readonly options: readonly { readonly option: string; readonly why: string }[];
}

type Need = { readonly when: (root: RootSpec) => boolean } & Partial<RootNeeds>;

/**
 * The ciphers are what cryptsetup chooses (aes-xts-plain64), the default of older volumes
 * (aes-cbc-essiv:sha256), and what phones without AES in the processor use (xchacha12,aes-adiantum).
 */
const NEEDS: readonly Need[] = [
  {
    when: ({ flags }) => flags.has('luks'),
    packages: ['cryptsetup-bin'],
    programs: ['usr/sbin/cryptsetup'],
    modules: [
      { name: 'dm-crypt' },
      { name: 'crypto-xts' },
      ...['crypto-xts(aes)', 'crypto-cbc(aes)', 'crypto-essiv', 'crypto-adiantum', 'crypto-xchacha12'].map(
        (name) => ({ name, optional: true }),
      ),
    ],
    options: [
      { option: 'DM_CRYPT', why: 'an encrypted root cannot be opened' },
      { option: 'CRYPTO_XTS', why: 'a root that is encrypted the usual way cannot be opened' },
    ],
  },
  {
    when: ({ flags }) => flags.has('fsck') || flags.has('resize'),
    packages: ['e2fsprogs'],
    programs: ['usr/sbin/e2fsck', 'usr/sbin/resize2fs'],
  },
  // busybox's losetup has no option for sectors of 4096 bytes, in which the tables on UFS storage count.
  {
    when: ({ subpart }) => subpart !== undefined,
    packages: ['mount'],
    programs: ['usr/sbin/losetup'],
  },
  {
    when: ({ subpart, flags }) => subpart !== undefined && flags.has('resize'),
    packages: ['fdisk'],
    programs: ['usr/sbin/sfdisk'],
  },
  // Tells the kernel of one partition's new size while a LUKS volume in it is open.
  {
    when: ({ subpart, flags }) => subpart !== undefined && flags.has('resize') && flags.has('luks'),
    packages: ['util-linux'],
    programs: ['usr/bin/partx'],
  },
  {
    when: ({ loop, subpart }) => loop !== undefined || subpart !== undefined,
    modules: [{ name: 'loop' }],
    options: [
      {
        option: 'BLK_DEV_LOOP',
        why: 'a root in an image or in a partition of a partition stays out of reach',
      },
    ],
  },
  {
    when: ({ source }) => source.startsWith('nbd='),
    modules: [{ name: 'nbd' }],
    options: [{ option: 'BLK_DEV_NBD', why: 'a root on the computer stays out of reach' }],
  },
];

/**
 * What a root needs beside what every image has; nothing where none is named.
 * @throws UsageError `stage2.root` when the text names no root
 */
export function rootNeeds(text: string | undefined): RootNeeds {
  const root = text === undefined ? undefined : readRoot(text);
  const needs = root === undefined ? [] : NEEDS.filter(({ when }) => when(root));
  return {
    packages: needs.flatMap(({ packages = [] }) => packages),
    programs: needs.flatMap(({ programs = [] }) => programs),
    modules: needs.flatMap(({ modules = [] }) => modules),
    options: needs.flatMap(({ options = [] }) => options),
  };
}
