import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { concat, FormatError, UsageError, utf8 } from '../../src/binary/index.ts';
import {
  openImage,
  readSonyElfImage,
  segmentName,
  sonyCmdline,
  sonyElfFormat,
  writeSonyElfImage,
} from '../../src/bootimg/index.ts';
import { expand } from '../../src/compress/index.ts';
import { loadLoader } from '../../src/device/index.ts';
import { packCpio, readCpio } from '../../src/initramfs/index.ts';
import { walkFile } from '../../src/inspect/index.ts';
import { verifyImage } from '../../src/lint/index.ts';
import { editFile } from '../../src/recipe/index.ts';
import { GZ, zimage } from '../kernel/kernel-files.ts';
import { arm64Image } from './phone.ts';
import { PARTS, ramp } from './sample.ts';
import { sonyFile } from './sony-file.ts';

const CPIO = packCpio([{ type: 'file', path: 'init', mode: 0o755, data: utf8('#!/bin/sh\n') }]);
const RAMDISK = new Uint8Array(gzipSync(CPIO));
const KERNEL = zimage(GZ);

function file(cmdline: string, kernel: Uint8Array = KERNEL, ramdisk: Uint8Array = RAMDISK): Uint8Array {
  return sonyFile([
    { bytes: kernel, address: 0x40208000 },
    { bytes: ramdisk, address: 0x41500000, mark: 'ramdisk' },
    { bytes: ramp(1000, 3, 1), address: 0x20000, mark: 'rpm' },
    { bytes: utf8(cmdline), address: 0, mark: 'cmdline' },
  ]);
}

describe("Sony's ELF boot image", () => {
  it('is read into its segments, and written to the same bytes', () => {
    const bytes = file('console=ttyHSL0,115200\n');
    const image = readSonyElfImage(bytes);
    expect(image).toMatchObject({ entry: 0x40208000, spacing: 'packed', keptFields: [] });
    expect(image.segments.map(segmentName)).toEqual(['kernel', 'ramdisk', 'rpm', 'cmdline']);
    expect(image.segments.map(({ address }) => address)).toEqual([0x40208000, 0x41500000, 0x20000, 0]);
    expect(image.segments[1]?.bytes).toEqual(RAMDISK);
    expect(
      image.segments.every(({ before, keptFields }) => before === undefined && keptFields.length === 0),
    ).toBe(true);
    expect(sonyCmdline(image)).toBe('console=ttyHSL0,115200');
    expect(concat(writeSonyElfImage(image))).toEqual(bytes);
  });

  it('keeps gaps, odd fields, empty segments and what is behind', () => {
    const odd = concat([file('quiet'), utf8('a mark')]);
    const view = new DataView(odd.buffer);
    view.setUint32(52 + 20, 0x100000, true);
    odd.fill(7, 300, 310);
    view.setUint16(18, 41, true);
    const gap = sonyFile([
      { bytes: KERNEL, address: 0x40208000 },
      { bytes: new Uint8Array(0), address: 1, mark: 'ipl' },
      { bytes: RAMDISK, address: 0x41500000, mark: 'ramdisk' },
    ]);
    const moved = concat([gap.subarray(0, 4096 + KERNEL.length), ramp(50, 1, 1), RAMDISK]);
    new DataView(moved.buffer).setUint32(52 + 64 + 4, 4096 + KERNEL.length + 50, true);
    for (const bytes of [odd, gap, moved])
      expect(sonyElfFormat.write(sonyElfFormat.read(bytes))).toEqual(bytes);
    expect(readSonyElfImage(odd).trailing).toEqual(utf8('a mark'));
  });

  it('may have its table in another order than the file', () => {
    const parts = [
      { bytes: KERNEL, address: 0x40208000 },
      { bytes: new Uint8Array(0), address: 1, mark: 'ipl' },
      { bytes: RAMDISK, address: 0x41500000, mark: 'ramdisk' },
    ] as const;
    const bytes = sonyFile(parts, [2, 1, 0]);
    const image = readSonyElfImage(bytes);
    expect(image.segments.map(segmentName)).toEqual(['kernel', 'ramdisk', 'ipl']);
    expect(image.rows).toEqual([2, 0, 1]);
    expect(concat(writeSonyElfImage(image))).toEqual(bytes);
  });

  it('has each segment on whole pages again when it had', async () => {
    const kernel = concat([KERNEL, new Uint8Array(8192 - (KERNEL.length % 4096))]).subarray(0, 8192);
    const pages = sonyFile([
      { bytes: concat([kernel, new Uint8Array(4096)]), address: 0x40208000 },
      { bytes: RAMDISK, address: 0x41500000, mark: 'ramdisk' },
    ]);
    expect(readSonyElfImage(pages).spacing).toBe('pages');
    const { bytes } = await editFile(pages, { parts: { kernel: ramp(5000, 3, 1) } });
    const row = new DataView(bytes.buffer, bytes.byteOffset + 52 + 32);
    expect(row.getUint32(4, true)).toBe(12288);
    expect(bytes.subarray(12288)).toEqual(RAMDISK);
  });

  it('is edited: command line, kernel, ramdisk, files of the ramdisk', async () => {
    const edited = async (...args: Parameters<typeof editFile>) => (await editFile(...args)).bytes;
    expect(await edited(file('quiet\n'), { cmdline: 'loud' })).toEqual(file('loud\n'));
    expect(await edited(file('quiet'), { cmdlineAppend: 'more' })).toEqual(file('quiet more'));
    expect(await edited(file('quiet\0\0\0\0'), { cmdline: 'long' })).toEqual(file('long\0\0\0\0\0'));
    expect(await edited(file('quiet\0'), { cmdline: 'longer' })).toEqual(file('longer\0'));
    const { kernel } = PARTS;
    expect(await edited(file('quiet'), { parts: { kernel } })).toEqual(file('quiet', kernel));
    const added = await edited(file('quiet'), { files: [{ path: 'mine', data: utf8('x') }] });
    const image = readSonyElfImage(added);
    const paths = readCpio(await expand(image.segments[1]?.bytes ?? RAMDISK, { limit: 1e6 })).map(
      ({ path }) => path,
    );
    expect(paths).toContain('mine');
    expect(image.segments[2]?.bytes).toEqual(ramp(1000, 3, 1));
    await expect(editFile(file('quiet'), { board: 'x' })).rejects.toBeInstanceOf(UsageError);
    await expect(editFile(file('quiet'), { parts: { dtb: kernel } })).rejects.toThrow('no segment for dtb');
  });

  it('does not move what a table of sections speaks of', async () => {
    const bytes = concat([file('quiet'), ramp(40, 1, 1)]);
    const view = new DataView(bytes.buffer);
    view.setUint32(32, bytes.length - 40, true);
    view.setUint16(46, 40, true);
    view.setUint16(48, 1, true);
    expect(concat(writeSonyElfImage(readSonyElfImage(bytes)))).toEqual(bytes);
    await expect(editFile(bytes, { cmdline: 'a longer one' })).rejects.toMatchObject({
      code: 'bootimg.sony-elf',
    });
    const same = await editFile(bytes, { cmdline: 'QUIET' });
    expect(same.bytes.length).toBe(bytes.length);
  });

  it('is shown, and verified', async () => {
    const bytes = file('console=ttyHSL0\n', arm64Image(8192));
    const layer = await walkFile(bytes);
    expect(layer.format).toBe('sony-elf');
    expect(layer.inside.map(({ name, format }) => [name, format])).toEqual([
      ['kernel', 'kernel'],
      ['ramdisk', 'gzip'],
      ['rpm', 'data'],
      ['cmdline', 'text'],
    ]);
    expect(openImage(bytes).content.kind).toBe('sony');
    const found = await verifyImage(bytes);
    expect(found).toMatchObject({ format: 'boot (Sony ELF)', findings: [] });
    const [finding] = (await verifyImage(bytes, { loader: loadLoader('qcom-lk') })).findings;
    expect(finding).toMatchObject({ code: 'lint.header-version', what: expect.stringContaining('ELF') });
    const long = (await verifyImage(file('x'.repeat(1024), arm64Image(8192)))).findings;
    expect(long).toMatchObject([{ code: 'lint.cmdline-length' }]);
  });

  it.each([
    ['a table elsewhere', 28, 60],
    ['rows of another size', 42, 33],
    ['no segment', 44, 0],
    ['a segment in the table', 52 + 4, 100],
    ['a segment behind the end', 52 + 4, 0x7fffffff],
    ['a segment that ends behind the end', 52 + 16, 0x7fffffff],
    ['segments that overlap', 52 + 16, 100_000],
  ])('is refused with %s', (_, at, value) => {
    const bytes = file('quiet');
    const view = new DataView(bytes.buffer);
    if (at < 52 && at > 40) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    expect(() => readSonyElfImage(bytes)).toThrow(FormatError);
  });
});
