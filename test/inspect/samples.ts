import { gzipSync } from 'node:zlib';
import { concat, latin1 } from '../../src/binary/index.ts';
import {
  appendBootconfig,
  bootImageOf,
  type ImageContent,
  vendorBootImageOf,
  writeBootImage,
  writeVendorBootImage,
} from '../../src/bootimg/index.ts';
import type { BootimgSpec } from '../../src/device/index.ts';
import { type Entry, packCpio } from '../../src/initramfs/index.ts';
import { arm64Image, phoneDtb } from '../bootimg/phone.ts';
import { DEFAULTS } from '../bootimg/sample.ts';

/** Text that configs.c would put into a kernel. */
export const CONFIG_TEXT = 'CONFIG_ARM64=y\n# CONFIG_X86 is not set\nCONFIG_NR_CPUS=8\n';

/** An arm64 Image with a banner and its configuration. */
export function configuredImage(release = '6.12.1-mine'): Uint8Array {
  const image = arm64Image(16384);
  image.set(latin1(`Linux version ${release} (me@here) #1\n\0`), 256);
  image.set(concat([latin1('IKCFG_ST'), gzipSync(CONFIG_TEXT), latin1('IKCFG_ED')]), 1024);
  return image;
}

export const INIT: Entry = { type: 'file', path: 'init', mode: 0o755, data: latin1('#!/bin/sh\n') };
export const NULL_DEVICE: Entry = {
  type: 'char',
  path: 'dev/null',
  mode: 0o666,
  rdev: { major: 1, minor: 3 },
};
export const DEV: Entry = { type: 'directory', path: 'dev', mode: 0o755 };

export function ramdisk(entries: readonly Entry[] = [DEV, INIT, NULL_DEVICE]): Uint8Array {
  return new Uint8Array(gzipSync(packCpio([...entries])));
}

/** A phone's boot image v0: gzip kernel with a DTB behind it, and a ramdisk. */
export function bootFile(content: Partial<ImageContent> = {}, spec: Partial<BootimgSpec> = {}): Uint8Array {
  const kernel = concat([new Uint8Array(gzipSync(configuredImage())), phoneDtb()]);
  const image = bootImageOf(
    { ...DEFAULTS, ...spec },
    { cmdline: 'quiet console=tty0', ...content, parts: { kernel, ramdisk: ramdisk(), ...content.parts } },
  );
  return concat(writeBootImage(image));
}

export function vendorFile(): Uint8Array {
  const image = vendorBootImageOf(
    { ...DEFAULTS, headerVersion: 4, pageSize: 4096 },
    {
      cmdline: 'bootconfig',
      dtb: concat([phoneDtb(), phoneDtb()]),
      fragments: [
        { bytes: ramdisk(), type: 1 },
        { bytes: ramdisk([INIT]), type: 3, name: 'dlkm', boardId: [7] },
      ],
      bootconfig: latin1('androidboot.hardware=mnx\n'),
    },
  );
  return concat(writeVendorBootImage(image));
}

export function initrdWithBootconfig(): Uint8Array {
  return concat(appendBootconfig(ramdisk(), latin1('kernel.mnx = 1\n')));
}
