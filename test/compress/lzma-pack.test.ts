import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../src/binary/index.ts';
import { codecFacts, compress, detectCodec, expand, expandMember } from '../../src/compress/index.ts';
import { structured } from './hostile.ts';

const LIMIT = 1 << 24;
const CODECS = ['xz', 'lzma'] as const;

const PINNED = [
  '8bb4fb3dcc369facc88185be6a6bced438a361d008236b9e5a8fb82b106075f2',
  '210bfad313ad897ed52412844c19db435ea209a571e900d57b8923f39dcd767a',
];

/** What reaches all parts of the encoder: literals, short and long matches, repeated distances near and far. */
const data = fc.oneof(
  fc.uint8Array({ maxLength: 2000 }),
  fc
    .array(fc.constantFrom('ab', 'abc', 'the quick ', '\0\0\0\0', 'zz'), { maxLength: 400 })
    .map((words) => Buffer.from(words.join(''))),
  fc.nat(200_000).map((length) => structured(length + 1, length)),
);

describe.each(CODECS)('%s, written', (codec) => {
  it('comes back, at every level', async () => {
    await fc.assert(
      fc.asyncProperty(data, fc.integer({ min: 1, max: 9 }), async (bytes, level) => {
        const packed = await compress(codec, [bytes.subarray(0, 7), bytes.subarray(7)], { level });
        expect(Buffer.compare(await expand(packed, { limit: LIMIT, codec }), bytes)).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it('is told by its magic and ends where it ends', async () => {
    const bytes = structured(3, 100_000);
    const packed = await compress(codec, [bytes]);
    expect(detectCodec(packed)).toBe(codec);
    expect(codecFacts(packed)).toMatchObject({
      size: bytes.length,
      ...(codec === 'xz' ? { check: 'crc32' } : {}),
    });
    expect((await expandMember(packed, { limit: LIMIT })).consumed).toBe(packed.length);
  });

  it('is small for what repeats, and hardly larger than noise', async () => {
    expect((await compress(codec, [new Uint8Array(5_000_000)])).length).toBeLessThan(1000);
    const noise = Uint8Array.from(
      { length: 300_000 },
      (_, i) => (Math.imul(i ^ (i << 7), 2654435761) >>> 13) & 255,
    );
    expect((await compress(codec, [noise])).length).toBeLessThan(noise.length * 1.02);
  });

  it('refuses a level that there is not', async () => {
    await expect(compress(codec, [new Uint8Array(3)], { level: 10 })).rejects.toMatchObject({
      code: 'compress.level',
    });
  });
});

it('keeps its bytes from release to release', async () => {
  const bytes = structured(11, 400_000);
  const digests = await Promise.all(CODECS.map(async (codec) => sha256(await compress(codec, [bytes]))));
  expect(digests).toEqual(PINNED);
});
