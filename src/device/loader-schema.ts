import * as v from 'valibot';
import { address, choice, count, flag, LARGEST, list, size, text } from './entries.ts';

const part = v.picklist(['kernel', 'ramdisk', 'dtb']);

const order = (about: string) =>
  v.pipe(
    v.array(part),
    v.check(
      (parts) => parts.length === 3 && new Set(parts).size === 3,
      'each of kernel, ramdisk and dtb once',
    ),
    v.description(about),
  );

const offset = (about: string) => count(about, 0, LARGEST);

const placement = v.strictObject({
  base: address('First address of memory; the kernel goes to base plus its own text_offset.'),
  tags: offset('Offset of the DTB from base.'),
  ramdisk: offset('Offset of the ramdisk from base.'),
  mapped: size('Bytes from base that the loader has mapped; a copy beyond is a data abort.'),
  reserved: size('Offset of the first reserved memory that the running kernel must not reach.'),
  fdt_slack: count('Bytes that it adds to the DTB beside the command line.', 0, 65536),
  copy_order: v.pipe(
    v.strictObject({
      boot: order('Order of the copies after `fastboot boot`; later overwrites earlier.'),
      flash: order('Order of the copies from the partition.'),
    }),
    v.description('In which order it copies the parts to their places.'),
  ),
  window: v.optional(
    v.pipe(
      v.strictObject({
        ramdisk: size('Offset of the ramdisk inside the payload.'),
        image: v.pipe(
          v.number('an integer'),
          v.multipleOf(0x200000, 'a multiple of 2 MiB (0x200000)'),
          v.minValue(0x200000, 'at least 2 MiB'),
          v.description('Offset of the real Image inside the payload; a multiple of 2 MiB.'),
        ),
      }),
      v.description('A kernel that does not fit may come as a payload that steps over the DTB.'),
    ),
  ),
});

/** A file of `loaders/`: the program that takes the boot image on the device. */
export const loaderFile = v.strictObject({
  name: text('What it is and on which SoCs.'),
  kind: choice('android: takes boot.img; direct: takes kernel and ramdisk as files.', ['android', 'direct']),
  reach: v.optional(text('How a person reaches its fastboot.')),
  addresses: choice(
    'Who decides where the parts go: the header, the placement table below, or the loader at run time.',
    ['header', 'forced', 'loader'],
  ),
  header_versions: v.pipe(
    v.array(v.picklist([0, 1, 2, 3, 4])),
    v.minLength(1, 'at least one version'),
    v.description('Header versions that it understands.'),
  ),
  cmdline_limit: count('Longest command line that it reads.', 1, 65536),
  dtb: list(
    'Ways of carrying a DTB that it understands, the best first.',
    v.picklist(['append', 'qcdt', 'section', 'none']),
  ),
  needs_msm_id: v.optional(
    flag('Whether a DTB behind the kernel, or in a section, must carry qcom,msm-id to be taken.'),
    false,
  ),
  max_page_size: v.optional(count('Largest page size.', 2048, 131072)),
  max_download: v.optional(size('Largest download of `fastboot boot`.')),
  partition_reserved: v.optional(offset('Bytes of the boot partition that it keeps for itself.'), 0),
  placement: v.optional(
    v.pipe(placement, v.description('Where it puts the parts, whatever the header says.')),
  ),
});

export type LoaderFile = v.InferOutput<typeof loaderFile>;
