import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lzop } from '../../src/compress/index.ts';
import { readLzop } from './lzop-reader.ts';

const busybox = spawnSync('busybox', ['lzop', '--help']).status === 0;
if (!busybox) console.log('skipped: busybox with lzop is not installed');

/** Runs that repeat at near, middle and far distances, and noise between them. */
const input = fc
  .array(
    fc.record({
      noise: fc.uint8Array({ maxLength: 300 }),
      back: fc.constantFrom(1, 4, 100, 2048, 2049, 4320, 16384, 16385, 40000, 49151),
      length: fc.constantFrom(0, 3, 4, 8, 9, 33, 34, 300, 5000),
    }),
    { maxLength: 40 },
  )
  .map((parts) => {
    const bytes = Array.from({ length: 50000 }, (_, i) => ((i * i) >> 8) & 255);
    for (const { noise, back, length } of parts) {
      bytes.push(...noise);
      for (let i = 0; i < length; i++) bytes.push(bytes[bytes.length - back] ?? 0);
    }
    return Uint8Array.from(bytes);
  });

describe('lzop', () => {
  it('comes back as it was, whatever repeats how far away', () => {
    fc.assert(
      fc.property(input, (bytes) => {
        expect(Buffer.compare(readLzop(lzop(bytes)), bytes)).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it.each([0, 1, 3, 4, 237, 238, 239, 300, 262_143, 262_144, 262_145])('takes %i bytes', (size) => {
    const bytes = Uint8Array.from({ length: size }, (_, i) => (i * 2654435761) >>> 24);
    expect(Buffer.compare(readLzop(lzop(bytes)), bytes)).toBe(0);
    const flat = new Uint8Array(size).fill(7);
    const packed = lzop(flat);
    expect(Buffer.compare(readLzop(packed), flat)).toBe(0);
    if (size > 300) expect(packed.length).toBeLessThan(size / 100);
  });

  it.skipIf(!busybox)("is read by busybox' lzop, as on the device", () => {
    fc.assert(
      fc.property(input, (bytes) => {
        const run = spawnSync('busybox', ['lzop', '-dc'], {
          input: lzop(bytes),
          maxBuffer: 64 * 1024 * 1024,
        });
        expect([run.status, run.stderr.toString()]).toEqual([0, '']);
        expect(Buffer.compare(run.stdout, bytes)).toBe(0);
      }),
      { numRuns: 25 },
    );
  });
});
