import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError, sha256, utf8 } from '../../src/binary/index.ts';
import {
  type Block,
  type BlockMemory,
  detectCodec,
  expand,
  gunzip,
  gzip,
  gzipStream,
  gzipSync,
} from '../../src/compress/index.ts';

/** Bytes with text-like, code-like and noisy stretches, longer than two blocks. */
function varied(length: number): Uint8Array {
  let state = 1;
  return Uint8Array.from({ length }, (_, i) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (i >> 14) % 3 === 0
      ? 0x20 + ((state >>> 20) % 9)
      : (i >> 14) % 3 === 1
        ? (i * 7) & 0xff
        : state >>> 24;
  });
}

async function gzipPiecesOf(parts: Iterable<Uint8Array>): Promise<Uint8Array[]> {
  const pieces: Uint8Array[] = [];
  for await (const piece of gzipStream(parts)) pieces.push(piece);
  return pieces;
}

describe('gzip', () => {
  const data = varied(2_500_000);

  it('is read by any gzip', async () => {
    expect(sha256(gunzipSync(await gzip([data])))).toBe(sha256(data));
  });

  it('gives pako bytes from whichever engine works here', async () => {
    expect(sha256(await gzip([data]))).toBe(sha256(gzipSync([data])));
  });

  it('keeps its bytes from release to release', async () => {
    expect(sha256(await gzip([data]))).toBe(
      'ba7c3c9d6d43ddfe24d6107e3b5095206b3ab8b2d22a63f60c8e76809e68db67',
    );
  });

  it('does not depend on how the parts are cut', async () => {
    const cut = [data.subarray(0, 5), data.subarray(5, 1_048_577), data.subarray(1_048_577)];
    expect(sha256(await gzip(cut))).toBe(sha256(await gzip([data])));
  });

  it('gives the same bytes as a stream, piece by piece', async () => {
    let taken = 0;
    function* parts(): Generator<Uint8Array> {
      for (taken = 0; taken < data.length; taken += 1000) yield data.slice(taken, taken + 1000);
    }
    const pieces: Uint8Array[] = [];
    let ahead = 0;
    for await (const piece of gzipStream(parts())) {
      if (pieces.length === 0) ahead = taken;
      pieces.push(piece);
    }
    expect(ahead).toBe(0);
    expect(sha256(...pieces)).toBe(sha256(await gzip([data])));
    const even = data.subarray(0, 2 * 1024 * 1024);
    expect(sha256(gzipSync([even]))).toBe(sha256(await gzip([even])));
    expect(gunzip(await gzip([even]), { limit: even.length }).data.length).toBe(even.length);
  });

  it('ends a stream with the error of its parts', async () => {
    function* parts(): Generator<Uint8Array> {
      yield data;
      throw new Error('the disk is gone');
    }
    await expect(gzipPiecesOf(parts())).rejects.toThrow('the disk is gone');
  });

  it('deflates again only what it does not remember', async () => {
    const blocks = new Map<string, Uint8Array>();
    const nameOf = (block: Block, level: number) =>
      sha256(utf8(`${level}${block.last}`), block.dictionary, block.data);
    const known: boolean[] = [];
    const memory: BlockMemory = {
      recall: (block, level) => {
        known.push(blocks.has(nameOf(block, level)));
        return blocks.get(nameOf(block, level));
      },
      keep: (block, level, deflated) => blocks.set(nameOf(block, level), deflated),
    };
    const first = sha256(await gzip([data], { memory }));
    const changed = data.slice();
    changed[1_500_000] = 1 ^ (changed[1_500_000] ?? 0);
    const second = await gzip([changed], { memory });
    expect(known).toEqual([false, false, false, true, false, true]);
    expect(sha256(second)).toBe(sha256(gzipSync([changed])));
    const told: number[] = [];
    const onProgress = (done: number) => told.push(done);
    expect(sha256(await gzip([data], { memory, onProgress }))).toBe(first);
    expect(told).toEqual([]);
    await gzip([changed.with(0, 1 ^ (changed[0] ?? 0))], { memory, onProgress });
    expect(told.at(-1)).toBe(data.length);
  });

  it('writes the plain header that loaders skip', async () => {
    const packed = await gzip([data]);
    expect([...packed.subarray(0, 10)]).toEqual([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]);
  });

  it('packs nothing', async () => {
    expect(gunzipSync(await gzip([])).length).toBe(0);
  });

  it('round-trips whatever it is given', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 5000 }), { maxLength: 4 }), async (parts) => {
        const back = gunzip(await gzip(parts), { limit: 1 << 20 });
        expect(Buffer.concat(parts).equals(back.data)).toBe(true);
      }),
    );
  });
});

describe('gunzip', () => {
  const member = gzipSync([varied(10_000)]);

  it.each([0, 1, 1000, 2 ** 31, 2 ** 32 - 1])(
    'expands all of it whatever stands behind: %i where a last member has its size',
    async (word) => {
      const data = new Uint8Array(600_000).map((_, i) => (i * i) >> 5);
      const member = await gzip([data]);
      const behind = Buffer.alloc(8);
      behind.writeUInt32LE(word, 4);
      const { data: found, consumed } = gunzip(Buffer.concat([member, behind]), { limit: 1 << 20 });
      expect({ same: Buffer.compare(found, data), consumed }).toEqual({ same: 0, consumed: member.length });
    },
  );

  it('says where the member ends', () => {
    const tail = Uint8Array.from([0xd0, 0x0d, 0xfe, 0xed]);
    const { consumed } = gunzip(Buffer.concat([member, tail]), { limit: 1 << 20 });
    expect(consumed).toBe(member.length);
  });

  it('reads a member with a name', () => {
    const named = Buffer.concat([
      member.subarray(0, 3),
      Uint8Array.of(8),
      member.subarray(4, 10),
      Buffer.from('kernel\0'),
      member.subarray(10),
    ]);
    expect(gunzip(named, { limit: 1 << 20 }).data.length).toBe(10_000);
  });

  it('stops at the cap', () => {
    expect(() => gunzip(member, { limit: 9_999 })).toThrow(/at most 9999 bytes/);
  });

  it('answers every truncation with a FormatError', () => {
    for (let end = 0; end < member.length; end += 97) {
      expect(() => gunzip(member.subarray(0, end), { limit: 1 << 20 })).toThrow(FormatError);
    }
  });

  it('sees a wrong checksum', () => {
    const bad = Uint8Array.from(member);
    bad[bad.length - 6] = (bad[bad.length - 6] ?? 0) ^ 1;
    expect(() => gunzip(bad, { limit: 1 << 20 })).toThrow(/crc32/);
  });
});

describe('expand', () => {
  // `printf 'mnx mnx mnx\n' | xz` and `| zstd`, made once by those tools.
  const xz = Buffer.from(
    '/Td6WFoAAATm1rRGAgAhARYAAAB0L+WjAQALbW54IG1ueCBtbngKAOkGRABs4LBXAAEkDKYY2NgftvN9AQAAAAAEWVo=',
    'base64',
  );
  const zstd = Buffer.from('KLUv/QRYYQAAbW54IG1ueCBtbngKuzh6GA==', 'base64');

  it.each([
    ['xz', xz],
    ['zstd', zstd],
  ])('reads %s by its magic', async (name, bytes) => {
    expect(detectCodec(bytes)).toBe(name);
    expect(Buffer.from(await expand(bytes, { limit: 100 })).toString()).toBe('mnx mnx mnx\n');
  });

  it.each([
    ['xz', xz],
    ['zstd', zstd],
  ])('refuses a truncated %s', async (_name, bytes) => {
    await expect(expand(bytes.subarray(0, bytes.length - 14), { limit: 100 })).rejects.toThrow(FormatError);
  });

  it.each([
    ['xz', xz],
    ['zstd', zstd],
  ])('caps %s', async (_name, bytes) => {
    await expect(expand(bytes, { limit: 3 })).rejects.toThrow(/at most 3 bytes/);
  });

  it('refuses a damaged xz', async () => {
    const bad = Buffer.from(xz);
    bad[30] = (bad[30] ?? 0) ^ 0x40;
    await expect(expand(bad, { limit: 100 })).rejects.toThrow(FormatError);
  });

  it('leaves other bytes alone', async () => {
    expect(await expand(Buffer.from('070701'), { limit: 1 })).toEqual(Buffer.from('070701'));
  });
});
