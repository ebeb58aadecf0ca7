import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { addHashFooter } from '../../src/avb/index.ts';
import { concat, latin1 } from '../../src/binary/index.ts';
import { makeSparse, sourceOf, wrapperNamed, writeSparseImage } from '../../src/bootimg/index.ts';
import { compress } from '../../src/compress/index.ts';
import { buildDtbo, buildQcdt, writeFdt } from '../../src/devicetree/index.ts';
import { packCpio } from '../../src/initramfs/index.ts';
import { eachLayer, FORMATS, inspectFile, type Layer, walkFile } from '../../src/inspect/index.ts';
import { victims } from '../bootimg/hostile-cases.ts';
import { phoneDtb } from '../bootimg/phone.ts';
import { PARTS } from '../bootimg/sample.ts';
import { PACKED } from '../compress/packed.ts';
import { tree } from '../devicetree/sample.ts';
import { bzimage, GZ, zboot, zimage } from '../kernel/kernel-files.ts';
import {
  bootFile,
  CONFIG_TEXT,
  configuredImage,
  DEV,
  INIT,
  initrdWithBootconfig,
  NULL_DEVICE,
  ramdisk,
  vendorFile,
} from './samples.ts';

/** `boot.img: bootimg`, one line per layer, indented. */
function outline(layer: Layer, indent = ''): string[] {
  return [
    `${indent}${layer.name}: ${layer.format}`,
    ...layer.inside.flatMap((inner) => outline(inner, `${indent}  `)),
  ];
}

const find = (layer: Layer, name: string): Layer | undefined =>
  [...eachLayer(layer)].find((each) => each.name === name);

describe('walkFile', () => {
  it('goes through a boot image down to the configuration of the kernel and the files of the ramdisk', async () => {
    const layer = await walkFile(bootFile(), { name: 'boot.img' });
    expect(outline(layer)).toEqual([
      'boot.img: bootimg',
      '  kernel: members',
      '    gzip: gzip',
      '      content: kernel',
      '        config: ikconfig',
      '    dtb: fdt',
      '  ramdisk: gzip',
      '    content: cpio',
    ]);
    expect(find(layer, 'config')?.bytes).toEqual(latin1(CONFIG_TEXT));
    expect(find(layer, 'config')?.title).toBe('IKCONFIG, 2 options');
    expect(layer.inside[0]?.inside[0]?.inside[0]?.title).toBe('arm64 Image, Linux 6.12.1-mine');
    expect(find(layer, 'dtb')?.bytes).toEqual(phoneDtb());
  });

  it('tells where each part of the file lies', async () => {
    const file = bootFile();
    for (const layer of eachLayer(await walkFile(file))) {
      for (const { offset, bytes } of layer.inside) {
        if (offset !== undefined) expect(layer.bytes.subarray(offset, offset + bytes.length)).toEqual(bytes);
      }
    }
  });

  it('shows the fragments of vendor_boot with what the table says, its trees and its bootconfig', async () => {
    const layer = await walkFile(vendorFile());
    expect(layer.inside.map(({ name, title }) => [name, title])).toEqual([
      ['ramdisk', 'gzip, platform'],
      ['ramdisk dlkm', expect.stringMatching(/^gzip, dlkm 0x7 0x0/)],
      ['dtb', '2 parts: fdt'],
      ['bootconfig', 'text, 1 lines'],
    ]);
  });

  it('enters what lies around an image: sparse, footer, wrappers', async () => {
    const image = bootFile();
    const footed = concat(
      addHashFooter(image, { partitionName: 'boot', partitionSize: 1024 * 1024, salt: new Uint8Array(32) }),
    );
    const sparse = concat([...writeSparseImage(makeSparse(sourceOf(footed)))]);
    const layer = await walkFile(sparse);
    expect(outline(layer).slice(0, 4)).toEqual([
      'file: sparse',
      '  image: avb-footer',
      '    image: bootimg',
      '      kernel: members',
    ]);
    expect(find(layer, 'vbmeta')?.format).toBe('vbmeta');
    const erased = await walkFile(concat([image, new Uint8Array(9000).fill(0xff)]));
    expect(find(erased, 'behind')?.title).toBe('only 0xff, as erased flash has it');
    const mtk = wrapperNamed('mtk');
    const kernel = concat([...mtk.wrap(mtk.make?.(PARTS.kernel) ?? never()), phoneDtb()]);
    const outside = await walkFile(bootFile({ parts: { kernel } }));
    expect(find(find(outside, 'kernel') ?? outside, 'behind')?.format).toBe('fdt');
    const marked = wrapperNamed('seandroid').make?.(image);
    const wrapped = await walkFile(concat(wrapperNamed('seandroid').wrap(marked ?? never())));
    expect(outline(wrapped).slice(0, 2)).toEqual(['file: seandroid', '  image: bootimg']);
  });

  it('joins what follows one another: archives of several codecs, an archive that is not packed', async () => {
    const early = packCpio([INIT]);
    const layer = await walkFile(concat([early, ramdisk(), new Uint8Array(512), ramdisk([INIT])]));
    expect(outline(layer)).toEqual([
      'file: members',
      '  cpio: cpio',
      '  gzip 0: gzip',
      '    content: cpio',
      '  gzip 1: gzip',
      '    content: cpio',
    ]);
    const mixed = await walkFile(concat([ramdisk(), await compress('lz4-legacy', [packCpio([INIT])])]));
    expect(mixed.inside.map(({ name }) => name)).toEqual(['gzip', 'lz4-legacy']);
  });

  it('opens kernels that unpack themselves, and knows what stands behind one of a PC', async () => {
    const certificate = Uint8Array.of(16, 0, 0, 0, 0, 2, 2, 0, 1, 2, 3, 4, 5, 6, 7, 8);
    const layer = await walkFile(concat([bzimage(GZ), certificate]));
    expect(outline(layer)).toEqual([
      'file: kernel',
      '  payload: kernel',
      '    config: ikconfig',
      '  behind: authenticode',
    ]);
    expect(find(layer, 'behind')?.title).toBe('Secure Boot signature');
    expect(await walkFile(zimage(GZ))).toMatchObject({ title: 'arm zImage, Linux 6.1.2-phone' });
    const { title, facts } = await walkFile(zboot(GZ, 'gzip'));
    expect(title).toBe('EFI zboot kernel, Linux 6.1.2-phone');
    expect(facts).toContainEqual({ name: 'architecture', value: 'arm64' });
    expect(facts).toContainEqual({ name: 'configuration', value: 'inside' });
  });

  it('reads tables of trees, with packed entries too', async () => {
    const board = writeFdt(tree({ model: 'b', 'qcom,msm-id': [239, 0], 'qcom,board-id': [8, 0] }));
    expect((await walkFile(buildQcdt([board]))).inside.map(({ format }) => format)).toEqual(['fdt']);
    const packed = buildDtbo([{ blob: phoneDtb(), compression: 'gzip', id: 7, custom: [1, 2, 3] }], {
      version: 1,
    });
    const { inside, facts } = await walkFile(packed);
    expect(inside[0]).toMatchObject({ format: 'fdt', offset: undefined });
    const text = facts.find(({ name }) => name === 'entry 0')?.value;
    expect(text).toBe('id 0x7, rev 0x0, flags 0x2 (gzip), custom 0x1 0x2 0x3');
  });

  it.each(Object.entries(PACKED))('opens %s', async (codec, bytes) => {
    expect(await walkFile(bytes)).toMatchObject({ format: codec, problem: undefined });
  });

  it('finds the boot configuration behind an initrd', async () => {
    expect(outline(await walkFile(initrdWithBootconfig()))).toEqual([
      'file: bootconfig',
      '  initrd: gzip',
      '    content: cpio',
      '  bootconfig: text',
    ]);
  });

  it.each(victims().map((victim) => [victim.name, victim] as const))('knows %s', async (_, victim) => {
    const formats = [...eachLayer(await walkFile(victim.bytes, { depth: 2 }))].map(({ format }) => format);
    expect(formats).toContain(victim.format.name);
  });

  it('goes as deep as it is told', async () => {
    const names = [...eachLayer(await walkFile(bootFile(), { depth: 1 }))].map(({ name }) => name);
    // What stands one behind the other in a section is of the same level.
    expect(names).toEqual(['file', 'kernel', 'gzip', 'dtb', 'ramdisk']);
    expect((await walkFile(bootFile(), { depth: 0 })).inside).toEqual([]);
  });

  it('keeps damage with the layer that has it and shows the rest', async () => {
    const kernel = new Uint8Array(gzipSync(configuredImage()));
    kernel[40] = (kernel[40] ?? 0) ^ 0xff;
    const layer = await walkFile(bootFile({ parts: { kernel } }));
    expect(find(layer, 'kernel')).toMatchObject({ title: 'damaged gzip' });
    expect(find(layer, 'kernel')?.problem?.code).toMatch(/^compress\./);
    expect(find(layer, 'ramdisk')?.problem).toBeUndefined();
  });

  it('expands no more than its cap in all, and says so', async () => {
    const zeros = new Uint8Array(gzipSync(new Uint8Array(3_000_000)));
    const twice = bootFile({ parts: { kernel: zeros, ramdisk: zeros } });
    const layer = await walkFile(twice, { limit: 4_000_000 });
    expect(layer.inside.map(({ problem }) => problem?.code)).toEqual([undefined, 'compress.limit']);
    expect(layer.inside[1]?.title).toBe('gzip, too large to be expanded');
    const { findings, damaged } = await inspectFile(twice, { limit: 4_000_000 });
    expect(damaged).toBe(true);
    expect(findings).toMatchObject([{ code: 'inspect.capped', where: 'ramdisk' }]);
  });
});

describe('inspectFile', () => {
  it('has the findings of mnx verify', async () => {
    const { findings } = await inspectFile(bootFile({ cmdline: 'x'.repeat(600) }));
    expect(findings.map(({ code }) => code)).toContain('lint.cmdline-length');
  });

  it('tells what the kernel would lose of a ramdisk alone', async () => {
    const archive = Buffer.from(packCpio([DEV, NULL_DEVICE]));
    archive.write('dex', archive.indexOf('dev\0'));
    const orphan = new Uint8Array(gzipSync(archive));
    expect((await inspectFile(orphan)).findings).toMatchObject([{ code: 'lint.ramdisk-lost' }]);
    expect((await inspectFile(ramdisk())).findings).toEqual([]);
  });

  it('refuses what it does not know, and a file that is damaged as a whole', async () => {
    await expect(inspectFile(latin1('some text'))).rejects.toMatchObject({ code: 'inspect.unknown' });
    await expect(inspectFile(new Uint8Array(0))).rejects.toMatchObject({ code: 'inspect.unknown' });
    await expect(inspectFile(bootFile().subarray(0, 4000))).rejects.toMatchObject({
      code: 'bootimg.truncated',
    });
  });
});

describe('FORMATS', () => {
  it('has each name once', () => {
    const names = FORMATS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});

function never(): never {
  throw new Error('the wrapper cannot be made');
}
