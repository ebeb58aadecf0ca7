import * as v from 'valibot';
import type { BootimgSpec } from './device.ts';
import { address, bootconfigLine, choice, count, forbiddenWords, list, parameters } from './entries.ts';

/** `[bootimg]`: the header of the boot image and where its parts go. */
export const bootimgTable = v.strictObject({
  header_version: v.optional(
    v.pipe(v.picklist([0, 1, 2, 3, 4]), v.description('Version of the boot image header.')),
    0,
  ),
  dialect: v.optional(
    choice('aosp: absent parts have address 0; classic: always base + offset.', ['aosp', 'classic']),
    'classic',
  ),
  page_size: v.pipe(
    v.picklist([2048, 4096, 8192, 16384, 32768, 65536, 131072]),
    v.description(
      'Page size that sections are aligned to; boot.img of version 3 and 4 has 4096, vendor_boot at least that.',
    ),
  ),
  base: address('Address that the offsets count from.'),
  kernel_offset: address('Kernel address, from base.'),
  ramdisk_offset: address('Ramdisk address, from base.'),
  second_offset: v.optional(address('Second stage address, from base.'), 0),
  tags_offset: address('Address of the tags or of the DTB, from base.'),
  dtb_offset: v.optional(address('DTB address of header version 2 and of vendor_boot, from base.'), 0),
  dtb: choice(
    'Where the DTB stands: behind the kernel, as a QCDT section, as the section of version 2 and of vendor_boot, or nowhere.',
    ['append', 'qcdt', 'section', 'none'],
  ),
  board: v.optional(
    v.pipe(
      v.string(),
      v.regex(/^[ -~]{0,15}$/, 'at most 15 ASCII characters'),
      v.description('Product name field.'),
    ),
    '',
  ),
  cmdline: v.optional(parameters('Kernel parameters, one each.'), []),
  cmdline_eaten: v.optional(
    count('Characters that the loader eats from the start of the command line.', 0, 511),
    0,
  ),
  cmdline_forbidden: v.optional(
    forbiddenWords(
      'Parameters that must not reach this kernel: console= forbids any value, console=ttyHSL0 that one.',
    ),
    [],
  ),
  bootconfig: v.optional(
    list(
      'Lines of the boot configuration of vendor_boot version 4: androidboot.hardware=qcom.',
      bootconfigLine,
    ),
    [],
  ),
});

/**
 * Most bytes of a command line that a header has room for: both fields of v0 to v2 with a NUL behind each (AOSP) or
 * behind the second only, or the one field of v3 and v4.
 */
export function headerCmdlineLimit({
  headerVersion,
  dialect,
}: Pick<BootimgSpec, 'headerVersion' | 'dialect'>): number {
  return headerVersion < 3 && dialect === 'aosp' ? 1534 : 1535;
}
