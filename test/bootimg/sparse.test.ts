import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, sha256 } from '../../src/binary/index.ts';
import {
  type ByteSource,
  expandedSize,
  expandSparse,
  makeSparse,
  openFileSource,
  readSparseImage,
  type SparseChunk,
  type SparseImage,
  sourceOf,
  sparseChecksumFaults,
  sparseExtents,
  writeSparseImage,
} from '../../src/bootimg/index.ts';
import { ramp } from './sample.ts';

const LIMIT = 1 << 24;
const RAW = concat([
  ramp(9000, 3, 1),
  new Uint8Array(20000),
  ramp(5000, 7, 1),
  new Uint8Array(4096).fill(0xff),
]);

function bytesOf(image: SparseImage): Uint8Array {
  return concat([...writeSparseImage(image)]);
}

function expand(image: SparseImage): Uint8Array {
  return concat([...expandSparse(image, LIMIT)]);
}

function expectSame(got: Uint8Array, wanted: Uint8Array): void {
  expect(got.length).toBe(wanted.length);
  expect(Buffer.compare(got, wanted)).toBe(0);
}

describe('sparse images', () => {
  it('expand to what they were made of, filled up to a whole block', () => {
    const image = readSparseImage(sourceOf(bytesOf(makeSparse(sourceOf(RAW)))));
    const expanded = expand(image);
    expect(expanded.length).toBe(expandedSize(image));
    expect(expanded.length % 4096).toBe(0);
    expectSame(expanded.subarray(0, RAW.length), RAW);
    expect(expanded.subarray(RAW.length).every((byte) => byte === 0)).toBe(true);
  });

  it('have a chunk for each run of blocks', () => {
    const { chunks } = makeSparse(sourceOf(RAW));
    expect(chunks.map((chunk) => `${chunk.kind} ${chunk.blocks}`)).toEqual(['raw 3', 'fill 4', 'raw 3']);
    const words = makeSparse(
      sourceOf(concat([new Uint8Array(8192), new Uint8Array(4096).fill(0xff)])),
    ).chunks;
    expect(words).toMatchObject([
      { kind: 'fill', blocks: 2, word: 0 },
      { kind: 'fill', blocks: 1, word: 0xffffffff },
    ]);
  });

  it('have the bytes that img2simg of Debian 13 writes', () => {
    // Its last block is not whole: it stays raw although one word fills it.
    const zeros = bytesOf(makeSparse(sourceOf(new Uint8Array(10000))));
    expect(sha256(zeros)).toBe('08d9094feecf7ccd0ba9b4053f66485d7dad72d1e6e0632676bbdd65b8ba3f18');
    expect(sha256(bytesOf(makeSparse(sourceOf(RAW))))).toBe(
      'f06bc13f621533aec67ae59ef04bb071490d572c5b5c54353e66fe66a3023dd3',
    );
  });

  it('come back for any content and block size', () => {
    const run = fc.tuple(fc.constantFrom(0, 1, 255), fc.nat(9000), fc.boolean());
    fc.assert(
      fc.property(
        fc.array(run, { maxLength: 6 }),
        fc.constantFrom(4, 512, 4096, 65536),
        (runs, blockSize) => {
          const raw = concat(
            runs.map(([byte, size, noise]) =>
              noise ? ramp(size, 31, byte) : new Uint8Array(size).fill(byte),
            ),
          );
          const bytes = bytesOf(makeSparse(sourceOf(raw), { blockSize }));
          const image = readSparseImage(sourceOf(bytes));
          expectSame(bytesOf(image), bytes);
          expectSame(expand(image).subarray(0, raw.length), raw);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('keep longer headers, reserved words, a higher minor version and what follows', () => {
    const made = makeSparse(sourceOf(RAW));
    const tail = Uint8Array.of(1, 2, 3, 4);
    const odd: SparseImage = {
      ...made,
      minorVersion: 7,
      headerTail: tail,
      chunkHeaderSize: 16,
      chunks: made.chunks.map((chunk): SparseChunk => ({ ...chunk, reserved: 9, headerTail: tail })),
      trailing: { source: sourceOf(tail), offset: 0, size: 4 },
    };
    const bytes = bytesOf(odd);
    const again = readSparseImage(sourceOf(bytes));
    expect(again).toMatchObject({ minorVersion: 7, chunkHeaderSize: 16, headerTail: tail });
    expectSame(bytesOf(again), bytes);
    expectSame(expand(again).subarray(0, RAW.length), RAW);
  });

  it('leave out what does not matter', () => {
    const made = makeSparse(sourceOf(ramp(4096, 3, 1)));
    const skip: SparseChunk = { kind: 'skip', blocks: 3, reserved: 0, headerTail: new Uint8Array(0) };
    const image = { ...made, chunks: [skip, ...made.chunks, skip], totalBlocks: 7 };
    expect([...sparseExtents(image)].map(({ offset, bytes }) => [offset, bytes.length])).toEqual([
      [12288, 4096],
    ]);
    expectSame(expand(image), concat([new Uint8Array(12288), ramp(4096, 3, 1), new Uint8Array(12288)]));
  });

  it('are held against the checksums that they state', () => {
    const made = makeSparse(sourceOf(RAW));
    expect(sparseChecksumFaults(made, LIMIT)).toEqual([]);
    const checksum = crc32(expand(made));
    const crc: SparseChunk = { kind: 'crc', blocks: 0, checksum, reserved: 0, headerTail: new Uint8Array(0) };
    const right = { ...made, checksum, chunks: [...made.chunks, crc] };
    expect(sparseChecksumFaults(right, LIMIT)).toEqual([]);
    const wrong = { ...right, checksum: 1, chunks: [crc, ...made.chunks] };
    expect(sparseChecksumFaults(wrong, LIMIT)).toHaveLength(2);
  });

  it('are not expanded beyond a limit', () => {
    const image = { ...makeSparse(sourceOf(RAW)), totalBlocks: 0xffffffff };
    expect(() => [...expandSparse(image, LIMIT)]).toThrow(
      expect.objectContaining({ code: 'bootimg.sparse' }),
    );
  });

  it('refuse an impossible block size', () => {
    for (const blockSize of [0, 2, 6, -4, Number.NaN]) {
      const make = () => makeSparse(sourceOf(RAW), { blockSize });
      expect(make, String(blockSize)).toThrow(expect.objectContaining({ code: 'bootimg.sparse' }));
    }
  });
});

describe('large images', () => {
  /** A gigabyte that nobody has in memory: half zeros, half noise. */
  const GIB = 1024 * 1024 * 1024;
  const noise = ramp(1024 * 1024, 31, 7);
  const large: ByteSource = {
    size: GIB,
    read: (offset, length) => (offset < GIB / 2 ? new Uint8Array(length) : noise.subarray(0, length)),
  };

  it('a gigabyte is made sparse and expanded within 100 MB', () => {
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
    const image = makeSparse(large);
    expect(sizeOf(writeSparseImage(image))).toBeGreaterThan(GIB / 2);
    expect(sizeOf(expandSparse(image, GIB))).toBe(GIB);
    expect(peak).toBeLessThan(100 * 1024 * 1024);
  });

  it('a file is read by regions', () => {
    const folder = mkdtempSync(join(tmpdir(), 'mnx-sparse-'));
    try {
      const file = join(folder, 'sparse.img');
      const bytes = bytesOf(makeSparse(sourceOf(RAW)));
      writeFileSync(file, bytes);
      const source = openFileSource(file);
      expectSame(bytesOf(readSparseImage(source)), bytes);
      expect(() => source.read(bytes.length - 1, 2)).toThrow(
        expect.objectContaining({ code: 'bootimg.range' }),
      );
      source.close();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
