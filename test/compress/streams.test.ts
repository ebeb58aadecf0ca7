import { describe, expect, it } from 'vitest';
import { FormatError } from '../../src/binary/index.ts';
import { expand, xzStream } from '../../src/compress/index.ts';

// `printf 'mnx mnx mnx\n' | xz` and `| zstd`, made once by those tools.
const XZ = Buffer.from(
  '/Td6WFoAAATm1rRGAgAhARYAAAB0L+WjAQALbW54IG1ueCBtbngKAOkGRABs4LBXAAEkDKYY2NgftvN9AQAAAAAEWVo=',
  'base64',
);
const ZSTD = Buffer.from('KLUv/QRYYQAAbW54IG1ueCBtbngKuzh6GA==', 'base64');

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function text(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts).toString();
}

describe('xzStream', () => {
  it('does not care how the input arrives', async () => {
    expect(await text(xzStream(pieces(XZ, 1)))).toBe('mnx mnx mnx\n');
    expect(await text(xzStream(pieces(XZ, 1000)))).toBe('mnx mnx mnx\n');
  });

  it.each([0, 1, 12, 40, XZ.length - 1])('calls a stream cut at %i bytes damaged', async (end) => {
    await expect(text(xzStream(pieces(XZ.subarray(0, end), 7)))).rejects.toThrow(FormatError);
  });

  it('passes the error of its source on', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield XZ.subarray(0, 20);
      throw new Error('the network went away');
    }
    await expect(text(xzStream(broken()))).rejects.toThrow('the network went away');
  });

  it('frees the decoder when it is abandoned or fails', async () => {
    for (let round = 0; round < 3; round++) {
      for await (const _ of xzStream(pieces(XZ, 1000))) break;
      await expect(text(xzStream(pieces(XZ.subarray(0, 30), 9)))).rejects.toThrow(FormatError);
    }
    expect(await text(xzStream(pieces(XZ, 1000)))).toBe('mnx mnx mnx\n');
  });

  it('serves several readers in turn', async () => {
    const all = await Promise.all([1, 2, 3].map((size) => text(xzStream(pieces(XZ, size)))));
    expect(all).toEqual(['mnx mnx mnx\n', 'mnx mnx mnx\n', 'mnx mnx mnx\n']);
  });
});

describe('zstd', () => {
  it('joins frames and passes over skippable ones', async () => {
    const skippable = Buffer.from([0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
    const data = await expand(Buffer.concat([ZSTD, skippable, ZSTD]), { limit: 100 });
    expect(Buffer.from(data).toString()).toBe('mnx mnx mnx\n'.repeat(2));
  });

  it('keeps no window, however large a frame asks for one', async () => {
    const huge = Uint8Array.from(ZSTD);
    huge[5] = 20 << 3;
    expect(Buffer.from(await expand(huge, { limit: 1000 })).toString()).toBe('mnx mnx mnx\n');
  });

  it('holds the check sum', async () => {
    const bad = Uint8Array.from(ZSTD);
    bad[bad.length - 1] = (bad[bad.length - 1] ?? 0) ^ 1;
    await expect(expand(bad, { limit: 1000 })).rejects.toThrow(/zstd.checksum/);
  });
});
