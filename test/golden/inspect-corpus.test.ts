import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { diffFilesOf, eachLayer, inspectFile, type Layer } from '../../src/inspect/index.ts';

/** Images of real phones, which are no part of the project. */
const CORPUS = resolve(import.meta.dirname, '../../../shared/corpus/bootimg');
const present = existsSync(CORPUS);
if (!present) console.log('skipped: no images of real phones in ../shared/corpus');

const read = (name: string): Uint8Array => new Uint8Array(readFileSync(join(CORPUS, name)));

/** Paths and titles of all layers. */
function titlesOf(layer: Layer): string[] {
  return [...eachLayer(layer)].map(({ name, title }) => `${name}: ${title}`);
}

/** What must be among the layers of each file. */
const WHOLE: Readonly<Record<string, readonly string[]>> = {
  'asus-z00t_ze551kl-dt.img': [
    'file: Qualcomm QCDT table v3: 24 entries, 7 device trees',
    'dtb 0: device tree, Qualcomm Technologies, Inc. MSM 8916 MTP PRJ:0',
  ],
  'moto-cedric-dt.img': ['file: Qualcomm QCDT table v2: 5 entries, 5 device trees'],
  'moto-ocean-dtbo.img': [
    'file: dt_table v0 of 12 device tree overlays',
    'dtbo 11: device tree overlay, ocean',
  ],
  'mtk-unihertz-atoml-dtbo.img': ['dtbo 0: device tree overlay'],
  'cfig-filemode_000_ramdisk.img': ['file: cpio archive of 65 entries'],
  'htc-marvel-boot.img': [
    'file: boot image v0',
    'kernel: arm zImage, Linux 2.6.35.13-cryptomilk-alquez.r12-g97b06ad',
    'config: IKCONFIG, 710 options',
    'content: cpio archive of 17 entries',
  ],
  'pixel5-redfin-11-vbmeta.img': ['file: vbmeta'],
  'samsung-dm1q-vendor_boot.img': [
    'file: vendor_boot image v4',
    'ramdisk: gzip, platform',
    'content: cpio archive of 399 entries',
    'dtb 3: device tree, Qualcomm Technologies, Inc. KalamaP SoC',
  ],
  'uboot-boot_img_hex.img': ['file: boot image v4'],
  'uboot-img_hex.img': ['file: boot image v2', 'dtb 1: device tree, x2'],
  'uboot-vboot_img_hex.img': ['bootconfig: text, 1 lines'],
};

/** Headers of real images whose rest is missing, and where that is seen. */
const CUT: Readonly<Record<string, string>> = {
  'pmbootstrap-boot-header-v2.img': 'boot-v2.kernelSize',
  'pmbootstrap-boot-header-v3.img': 'boot-v3.kernelSize',
  'pmbootstrap-kernel-boot.img': 'zimage.size',
};

describe.skipIf(!present)('images of real phones', () => {
  it.each(Object.entries(WHOLE))('shows what lies in %s', async (name, wanted) => {
    const { layer, damaged } = await inspectFile(read(name));
    expect(damaged).toBe(false);
    expect(titlesOf(layer)).toEqual(expect.arrayContaining([...wanted]));
  });

  it.each(Object.entries(CUT))('says where %s is cut off', async (name, field) => {
    await expect(inspectFile(read(name))).rejects.toMatchObject({ exitCode: 3, field });
  });

  it('tells two headers of one phone apart by their words and addresses', async () => {
    const [boot, qcdt] = [read('pmbootstrap-normal-boot.img'), read('pmbootstrap-qcdt-boot.img')];
    const found = await diffFilesOf(boot, qcdt);
    expect(found.map(({ kind, change, name }) => `${kind} ${change} ${name}`)).toContain('part added dt');
  });
});
