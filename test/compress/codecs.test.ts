import { describe, expect, it } from 'vitest';
import { FormatError, sha256 } from '../../src/binary/index.ts';
import {
  type Codec,
  codecFacts,
  compress,
  describeCodec,
  detectCodec,
  expand,
  expandMember,
  gzipSync,
  packLz4Legacy,
  unzlib,
  zlib,
} from '../../src/compress/index.ts';
import { stopwatch } from '../stopwatch.ts';
import { extremes, flips, structured, truncations } from './hostile.ts';
import { FILTERED_XZ, PACKED, TEXT } from './packed.ts';

const LIMIT = 1 << 20;
const FILES = [...Object.entries({ ...PACKED, gzip: gzipSync([TEXT]) }), ['xz', FILTERED_XZ]] as [
  Codec,
  Uint8Array,
][];
/** Formats that hold a sum over the expanded data: damage never goes unseen. */
const SUMMED: readonly Codec[] = ['xz', 'bzip2', 'lz4', 'zstd', 'lzo', 'gzip'];
/** Headers have fields that say nothing about the data (name, time, system of gzip). */
const HEADS: Partial<Record<Codec, number>> = { gzip: 10 };

/** Expands within a second, to data or to a FormatError. */
async function outcome(bytes: Uint8Array, codec: Codec): Promise<Uint8Array | FormatError> {
  const spent = stopwatch();
  try {
    return await expand(bytes, { limit: LIMIT, codec });
  } catch (error) {
    if (error instanceof FormatError) return error;
    throw new Error(`${codec}: ${Buffer.from(bytes).toString('base64')}`, { cause: error });
  } finally {
    expect(spent()).toBeLessThan(1000);
  }
}

describe.each(FILES)('%s', (codec, packed) => {
  it('is told by its magic and read', async () => {
    expect(detectCodec(packed)).toBe(codec);
    const { data, consumed } = await expandMember(packed, { limit: LIMIT });
    expect(sha256(data)).toBe(sha256(TEXT));
    expect(consumed).toBe(packed.length);
  });

  it('stops at the cap', async () => {
    await expect(expand(packed, { limit: TEXT.length - 1 })).rejects.toThrow(/at most/);
    expect((await expand(packed, { limit: TEXT.length })).length).toBe(TEXT.length);
  });

  it('is refused when cut anywhere', async () => {
    for (const cut of truncations(packed, 64, 7)) {
      const result = await outcome(cut, codec);
      // Legacy lz4 has no end: a cut right behind the magic leaves an empty file.
      if (codec === 'lz4-legacy' && cut.length === 4) continue;
      expect(result, `${cut.length} bytes`).toBeInstanceOf(FormatError);
    }
  });

  it('answers 1,500 flipped copies with the data or a FormatError', async () => {
    let wrong = 0;
    for (const bad of flips(packed, 0x1234567, 1500)) {
      const result = await outcome(bad, codec);
      if (!(result instanceof FormatError) && sha256(result) !== sha256(TEXT)) wrong++;
    }
    if (SUMMED.includes(codec)) expect(wrong).toBe(0);
  });

  it('answers extremes in every field with the data or a FormatError', async () => {
    for (const bad of extremes(packed, 40)) {
      const result = await outcome(bad, codec);
      if (SUMMED.includes(codec) && HEADS[codec] === undefined && !(result instanceof FormatError)) {
        expect(sha256(result)).toBe(sha256(TEXT));
      }
    }
  });

  it('tells facts of damaged files, or a FormatError', () => {
    for (const bad of flips(packed, 0x7654321, 500)) {
      try {
        describeCodec(codecFacts(bad, codec));
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
      }
    }
  });
});

describe('facts', () => {
  it('are there without expanding', () => {
    const facts = Object.fromEntries(FILES.map(([codec, bytes]) => [codec, codecFacts(bytes)]));
    expect(codecFacts(PACKED['xz'] ?? TEXT)).toMatchObject({
      check: 'crc32',
      members: 1,
      size: TEXT.length,
      window: 64 << 20,
    });
    expect(facts['xz']).toMatchObject({ check: 'sha256', filters: ['x86', 'lzma2'] });
    expect(facts['lzma']).toMatchObject({ window: 8 << 20, size: undefined });
    expect(facts['bzip2']).toMatchObject({ window: 900_000 });
    expect(facts['lz4']).toMatchObject({ size: TEXT.length });
    expect(facts['lz4-legacy']).toMatchObject({ members: 1, totalSize: false });
    expect(facts['zstd']).toMatchObject({ members: 1 });
    expect(facts['lzo']).toMatchObject({ members: 1, size: TEXT.length, sums: ['adler32'] });
    expect(describeCodec(codecFacts(PACKED['xz'] ?? TEXT)).map(({ name }) => name)).toContain('check');
    expect(codecFacts(TEXT)).toMatchObject({ codec: 'none', size: undefined });
  });
});

describe('lz4 as mnx writes it', () => {
  const data = structured(77, 300_000);

  it.each(['lz4-legacy', 'lz4'] as const)('%s comes back, whatever the size', async (codec) => {
    for (const size of [0, 1, 4, 5, 11, 12, 13, 14, 20, 64, 300, 65_536, 300_000]) {
      const part = data.subarray(0, size);
      const packed = await compress(codec, [part]);
      expect(sha256(await expand(packed, { limit: LIMIT })), `${size}`).toBe(sha256(part));
    }
  });

  it('keeps its bytes from release to release', async () => {
    expect(sha256(await compress('lz4-legacy', [data]))).toBe(
      'cfb984f461afd3855b9ea6c3ee0119356d39d79d000514705a857bd8da754b1a',
    );
    expect(sha256(await compress('lz4', [data]))).toBe(
      '6e220f51e5755caa7009e73645304d97874b4ba0df4d124a4a74efb68f789991',
    );
  });

  it("closes LG's variant with the expanded size", async () => {
    const packed = packLz4Legacy([data], { totalSize: true });
    expect(new DataView(packed.buffer).getUint32(packed.length - 4, true)).toBe(data.length);
    expect(codecFacts(packed)).toMatchObject({ totalSize: true, size: data.length });
    const { data: back, consumed } = await expandMember(packed, { limit: LIMIT });
    expect(sha256(back)).toBe(sha256(data));
    expect(consumed).toBe(packed.length);
  });

  it('takes padding behind the last block for the end', async () => {
    const packed = packLz4Legacy([data]);
    const padded = Buffer.concat([packed, new Uint8Array(9)]);
    expect(await expandMember(padded, { limit: LIMIT })).toMatchObject({ consumed: packed.length });
    // Image.lz4-dtb: a device tree stands where the next block would.
    const tree = Buffer.concat([packed, Buffer.from('d00dfeed00000100', 'hex')]);
    expect(await expandMember(tree, { limit: LIMIT })).toMatchObject({ consumed: packed.length });
    expect(codecFacts(tree)).toMatchObject({ totalSize: false });
  });
});

describe('compress', () => {
  it('takes none and gzip like any other', async () => {
    expect(sha256(await compress('none', [TEXT]))).toBe(sha256(TEXT));
    expect(sha256(await compress('gzip', [TEXT]))).toBe(sha256(gzipSync([TEXT])));
  });
});

describe('zlib', () => {
  it('comes back, keeps its bytes, and says where it ends', () => {
    const packed = zlib([TEXT]);
    const { data, consumed } = unzlib(Buffer.concat([packed, TEXT]), { limit: LIMIT });
    expect(sha256(data)).toBe(sha256(TEXT));
    expect(consumed).toBe(packed.length);
    expect(() => unzlib(packed, { limit: 100 })).toThrow(/at most 100 bytes/);
  });

  it('answers damage with a FormatError', () => {
    const packed = zlib([TEXT]);
    for (const bad of [...flips(packed, 99, 1500), ...truncations(packed, 64, 5)]) {
      try {
        expect(sha256(unzlib(bad, { limit: LIMIT }).data)).toBe(sha256(TEXT));
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
      }
    }
  });
});

describe('bombs', () => {
  /** 64 MiB of zeros, or as much as a small file can claim. */
  const zeros = new Uint8Array(64 << 20);

  it.each(['gzip', 'lz4-legacy', 'lz4'] as const)('of %s end early', async (codec) => {
    const bomb = await compress(codec, [zeros]);
    const spent = stopwatch();
    await expect(expand(bomb, { limit: 1 << 20 })).rejects.toThrow(/at most/);
    expect(spent()).toBeLessThan(2000);
  });

  it('of zstd in RLE blocks end early', async () => {
    const frame = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58];
    // 200,000 blocks of 128 KiB: 24 GiB from 800 kB.
    const blocks = Buffer.alloc(800_000, Uint8Array.of(0x02, 0x00, 0x10, 0x00));
    const spent = stopwatch();
    await expect(
      expand(Buffer.concat([Uint8Array.from(frame), blocks]), { limit: 64 << 20 }),
    ).rejects.toThrow(FormatError);
    expect(spent()).toBeLessThan(2000);
  });

  it('of empty zstd blocks end early', async () => {
    const frame = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x68];
    const blocks = Buffer.alloc(3_000_000);
    blocks[blocks.length - 3] = 1;
    const spent = stopwatch();
    const data = await expand(Buffer.concat([Uint8Array.from(frame), blocks]), { limit: 64 << 20 });
    expect(data.length).toBe(0);
    expect(spent()).toBeLessThan(2000);
  });
});
