import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pack } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FormatError, utf8Text } from '../../src/binary/index.ts';
import { tarballReader, tarFiles } from '../../src/payload/driver-tarball.ts';

async function tar(): Promise<Buffer> {
  const archive = pack();
  archive.entry({ name: 'linux-source-1.0/', type: 'directory' });
  archive.entry({ name: 'linux-source-1.0/a.c' }, 'first');
  archive.entry({ name: 'linux-source-1.0/link.c', type: 'symlink', linkname: 'a.c' });
  archive.entry({ name: 'linux-source-1.0/big.c' }, 'x'.repeat(200_000));
  archive.entry({ name: 'linux-source-1.0/d/z.c' }, 'last');
  archive.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of archive as unknown as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function* inPieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000);
}

async function names(files: AsyncIterable<{ path: string; data: Uint8Array }>): Promise<string[]> {
  const found: string[] = [];
  for await (const { path, data } of files)
    found.push(`${path} ${utf8Text(data).slice(0, 5)} ${data.length}`);
  return found;
}

describe('tarFiles', () => {
  it('gives wanted regular files below the top folder', async () => {
    const files = tarFiles(inPieces(await tar()), (path) => path !== 'big.c');
    expect(await names(files)).toEqual(['a.c first 5', 'd/z.c last 4']);
  });

  it('stops reading when the reader does', async () => {
    let read = 0;
    async function* counted() {
      for await (const piece of inPieces(await tar())) {
        read += piece.length;
        yield piece;
      }
    }
    for await (const _ of tarFiles(counted(), () => true)) break;
    expect(read).toBeLessThan(150_000);
  });

  it('refuses an archive that ends early', async () => {
    const cut = (await tar()).subarray(0, 100_000);
    await expect(names(tarFiles(inPieces(cut), () => true))).rejects.toThrow(FormatError);
  });
});

describe('tarballReader', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mnx-tarball-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const hasXz = spawnSync('xz', ['--version']).status === 0;
  if (!hasXz) console.warn('skipped: the tarball reader against xz, which is not installed');

  it.skipIf(!hasXz)('reads the same with and without the host xz', async () => {
    const archive = join(folder, "it's an archive.tar.xz");
    writeFileSync(archive, spawnSync('xz', ['-c'], { input: await tar() }).stdout);
    const expected = ['a.c first 5', 'big.c xxxxx 200000', 'd/z.c last 4'];
    expect(await names(tarballReader(archive)(() => true))).toEqual(expected);
    expect(await names(tarballReader(archive, '')(() => true))).toEqual(expected);
  });

  it.skipIf(!hasXz)('refuses a damaged archive with and without the host xz', async () => {
    const archive = join(folder, 'bad.tar.xz');
    writeFileSync(archive, spawnSync('xz', ['-c'], { input: await tar() }).stdout);
    const bytes = readFileSync(archive);
    writeFileSync(archive, bytes.subarray(0, bytes.length - 60));
    await expect(names(tarballReader(archive)(() => true))).rejects.toThrow(FormatError);
    await expect(names(tarballReader(archive, '')(() => true))).rejects.toThrow(FormatError);
  });
});
