import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../src/binary/index.ts';
import {
  deflateWithPako,
  PROBE_DIGEST,
  pakoEngine,
  pinnedEngine,
  probe,
  zlibEngine,
} from '../../src/compress/deflate-engine.ts';
import { gzip, gzipSync } from '../../src/compress/index.ts';
import * as hostile from '../compress/hostile.ts';

const structured = (seed: number, length: number): Uint8Array =>
  hostile.structured(seed, length, { least: 200, spread: 9000, reach: 0 });

const usable = (await probe(zlibEngine)) === PROBE_DIGEST;
if (!usable) console.log('skipped: the zlib of this Node gives other bytes than pako, so pako does the work');

describe('deflate engines', () => {
  it('pako gives the pinned bytes', async () => {
    expect(await probe(pakoEngine)).toBe(PROBE_DIGEST);
  });

  it('chooses node:zlib exactly when it gives them too', async () => {
    expect(await pinnedEngine()).toBe(usable ? zlibEngine : pakoEngine);
  });

  it.skipIf(!usable)('agree block by block, with dictionary and sync flush', async () => {
    const data = fc.oneof(
      fc.uint8Array({ maxLength: 3000 }),
      fc.tuple(fc.integer(), fc.nat(200_000)).map(([seed, length]) => structured(seed, length)),
    );
    await fc.assert(
      fc.asyncProperty(
        data,
        data,
        fc.boolean(),
        fc.integer({ min: 1, max: 9 }),
        async (before, now, last, level) => {
          const block = { data: now, dictionary: before.subarray(-32768), last };
          expect(sha256(await zlibEngine(block, level))).toBe(sha256(deflateWithPako(block, level)));
        },
      ),
      { numRuns: 120 },
    );
  });

  it.each([
    [0, 6, '59869db34853933b239f1e2219cf7d431da006aa919635478511fabbfc8849d2'],
    [1_048_576, 6, '5e2a9a94619f23cc7b6b03810042dd0f81251812ea464e658504f7a30c85e6fa'],
    [3_500_000, 6, 'd5fee4dfe8a0a218a8bcffd12784b64b10e669bf38d2bc480f8a9f196141b9bb'],
    [1_500_000, 9, '62f59650c81cb660f8720a4edfaa613343651f9a164ae83aa95dc62be939cf44'],
  ])('%i bytes at level %i keep their digest', async (length, level, digest) => {
    const data = structured(7, length);
    const packed = await gzip([data.subarray(0, 1000), data.subarray(1000)], { level });
    expect(sha256(packed)).toBe(digest);
    expect(sha256(gzipSync([data], { level }))).toBe(digest);
  });
});
