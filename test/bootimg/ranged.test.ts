import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { concat } from '../../src/binary/index.ts';
import {
  type ByteSource,
  openBootImage,
  openFileSource,
  rangedBootImage,
  readBootImage,
  streamBootImage,
  writeBootImage,
} from '../../src/bootimg/index.ts';
import { imageWith, PARTS, ramp } from './sample.ts';

const { kernel, ramdisk, second, dtb } = PARTS;
const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

describe('boot images whose sections stay in their files', () => {
  const image = imageWith(
    { headerVersion: 2, pageSize: 4096 },
    { cmdline: 'quiet', parts: { kernel, ramdisk, second, dtb } },
  );
  const whole = concat([...writeBootImage(image), ramp(100, 3, 1)]);

  it('are read from a file by regions and written the same', () => {
    const folder = mkdtempSync(join(tmpdir(), 'mnx-ranged-'));
    const file = join(folder, 'boot.img');
    writeFileSync(file, whole);
    const source = openFileSource(file);
    try {
      const opened = openBootImage(source);
      expect(opened).toMatchObject({
        headerVersion: 2,
        cmdline: 'quiet',
        id: { kind: 'sha1' },
        keptFields: [],
      });
      expect(opened.parts.kernel).toMatchObject({ offset: 4096, size: kernel.length });
      expect(Buffer.compare(concat([...streamBootImage(opened)]), whole)).toBe(0);
    } finally {
      source.close();
      rmSync(folder, { recursive: true });
    }
  });

  it('have the bytes of the image with its sections in memory', () => {
    const { kernel: first, ...rest } = image.parts;
    const source = {
      size: kernel.length,
      read: (offset: number, size: number) => kernel.slice(offset, offset + size),
    };
    const ranged = rangedBootImage(
      { ...image, parts: rest },
      { kernel: { source, offset: 0, size: source.size } },
    );
    expect(first).toBe(kernel);
    expect(Buffer.compare(concat([...streamBootImage(ranged)]), concat(writeBootImage(image)))).toBe(0);
  });

  it('are refused when they are cut off, as in memory', () => {
    const source: ByteSource = {
      size: whole.length - 200,
      read: (offset, size) => whole.subarray(offset, offset + size),
    };
    const refusal = expect.objectContaining({ code: 'bootimg.truncated' });
    expect(() => openBootImage(source)).toThrow(refusal);
    expect(() => readBootImage(whole.subarray(0, source.size))).toThrow(refusal);
  });

  it('a gigabyte is packed and taken apart within 100 MB', () => {
    const noise = ramp(MIB, 31, 7);
    const large: ByteSource = { size: GIB, read: (_offset, length) => noise.subarray(0, length) };
    const before = process.memoryUsage.rss();
    let peak = 0;
    const sizeOf = (pieces: Iterable<Uint8Array>): number => {
      let size = 0;
      for (const piece of pieces) {
        size += piece.length;
        peak = Math.max(peak, process.memoryUsage.rss() - before);
      }
      return size;
    };
    const parts = { ramdisk: { source: large, offset: 0, size: GIB } };
    const packed = rangedBootImage({ ...image, headerVersion: 4, pageSize: 4096, parts: { kernel } }, parts);
    const size = 4096 + 12288 + GIB;
    expect(sizeOf(streamBootImage(packed))).toBe(size);
    const [header = new Uint8Array(0)] = streamBootImage(packed);
    const file: ByteSource = {
      size,
      read: (offset, length) => (offset === 0 ? header.subarray(0, length) : new Uint8Array(length)),
    };
    const opened = openBootImage(file);
    expect(opened.parts.ramdisk).toMatchObject({ offset: 16384, size: GIB });
    expect(sizeOf(streamBootImage(opened))).toBe(size);
    expect(peak).toBeLessThan(100 * MIB);
  });
});
