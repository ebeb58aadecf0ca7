import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../src/binary/index.ts';
import { codecFacts, compress, detectCodec, expand, expandMember } from '../../src/compress/index.ts';
import { stopwatch } from '../stopwatch.ts';
import { structured } from './hostile.ts';

const LIMIT = 1 << 24;
const CODECS = [
  ['bzip2', 9],
  ['zstd', 19],
] as const;

/** Digests of what is written from `structured(11, 400_000)`, at the usual level. */
const PINNED = {
  bzip2: 'dd5c2334982a404f1b170b43a683e7f9b8375580463ef4f09828cd46ab81d8aa',
  zstd: '6c8274fe00f8c91250ce0a9f1976ed8f32fa8599b698a6087c4aeed398afe856',
} as const;

/** Noise, words that repeat, periods of every length, runs around the lengths that are coded otherwise. */
const data = fc.oneof(
  fc.uint8Array({ maxLength: 3000 }),
  fc
    .array(fc.constantFrom('ab', 'abc', 'the quick ', '\0\0\0\0', 'zz'), { maxLength: 400 })
    .map((words) => Buffer.from(words.join(''))),
  fc
    .tuple(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 5000 }))
    .map(([period, length]) => Buffer.alloc(length, period)),
  fc
    .array(fc.tuple(fc.nat(3), fc.integer({ min: 1, max: 600 })), { maxLength: 30 })
    .map((runs) => Buffer.concat(runs.map(([byte, length]) => Buffer.alloc(length, byte)))),
  fc.nat(250_000).map((length) => structured(length + 1, length)),
);

describe.each(CODECS)('%s, written', (codec, most) => {
  it('comes back, at every level', async () => {
    await fc.assert(
      fc.asyncProperty(data, fc.integer({ min: 1, max: most }), async (bytes, level) => {
        const packed = await compress(codec, [bytes.subarray(0, 7), bytes.subarray(7)], { level });
        expect(Buffer.compare(await expand(packed, { limit: LIMIT, codec }), bytes)).toBe(0);
      }),
      { numRuns: 80 },
    );
  });

  it('comes back where blocks end in the middle of a run', async () => {
    for (const size of [99_976, 99_977, 99_980, 99_981, 99_982, 100_300, 200_005]) {
      const bytes = structured(5, size + 300);
      bytes.fill(7, size - 6, size + 290);
      const packed = await compress(codec, [bytes], { level: 1 });
      expect(Buffer.compare(await expand(packed, { limit: LIMIT, codec }), bytes), `${size}`).toBe(0);
    }
  });

  it('is told by its magic and ends where it ends, even when empty', async () => {
    for (const size of [0, 1, 100_000]) {
      const bytes = structured(3, size);
      const packed = await compress(codec, [bytes]);
      expect(detectCodec(packed)).toBe(codec);
      if (codec === 'zstd') expect(codecFacts(packed)).toMatchObject({ size, members: 1 });
      const tail = Uint8Array.of(0xd0, 0x0d, 0xfe, 0xed);
      const { data: back, consumed } = await expandMember(Buffer.concat([packed, tail]), { limit: LIMIT });
      expect(sha256(back)).toBe(sha256(bytes));
      expect(consumed).toBe(packed.length);
    }
  });

  it('is small for what repeats, in little time, and hardly larger than noise', async () => {
    const spent = stopwatch();
    expect((await compress(codec, [new Uint8Array(5_000_000)])).length).toBeLessThan(1000);
    expect((await compress(codec, [Buffer.alloc(899_981, 'ab')])).length).toBeLessThan(1000);
    expect(spent()).toBeLessThan(10_000);
    const noise = Uint8Array.from(
      { length: 300_000 },
      (_, i) => (Math.imul(i ^ (i << 7), 2654435761) >>> 13) & 255,
    );
    expect((await compress(codec, [noise])).length).toBeLessThan(noise.length * 1.02);
  });

  it('refuses a level that there is not', async () => {
    for (const level of [0, most + 1, 2.5]) {
      const refused = { code: 'compress.level' };
      await expect(compress(codec, [new Uint8Array(3)], { level })).rejects.toMatchObject(refused);
    }
  });

  it('keeps its bytes from release to release', async () => {
    expect(sha256(await compress(codec, [structured(11, 400_000)]))).toBe(PINNED[codec]);
  });
});
