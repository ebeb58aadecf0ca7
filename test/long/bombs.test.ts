import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { concat } from '../../src/binary/index.ts';
import { type SparseChunk, sourceOf, writeSparseImage } from '../../src/bootimg/index.ts';
import { detectCodec } from '../../src/compress/index.ts';
import { packCpio } from '../../src/initramfs/index.ts';
import { EXPAND_LIMIT, inspectFile } from '../../src/inspect/index.ts';
import { verifyImage } from '../../src/lint/index.ts';
import { editFile } from '../../src/recipe/index.ts';
import { unpackFile } from '../../src/unpack/index.ts';
import { structured } from '../compress/hostile.ts';
import { bootFile, ramdisk } from '../inspect/samples.ts';
import { zimage } from '../kernel/kernel-files.ts';
import { stopwatch } from '../stopwatch.ts';

const SLOWEST_MS = 2000;
const MIB = 1024 * 1024;

/** How the tools make a file that expands beyond the cap: 64 MiB, as often as is needed. */
const TOOLS = {
  gzip: ['gzip', '-9'],
  xz: ['xz', '-1', '--check=crc32'],
  bzip2: ['bzip2', '-9'],
  zstd: ['zstd', '-q'],
  lz4: ['lz4', '-q'],
  'lz4-legacy': ['lz4', '-q', '-l'],
  lzo: ['lzop', '-q', '-9'],
} as const;

function installed(command: string): boolean {
  const found = spawnSync(command, ['--version']).error === undefined;
  if (!found) console.log(`skipped: no ${command}`);
  return found;
}

function packed([command, ...args]: readonly string[], megabytes: number): Uint8Array {
  const script = `head -c ${megabytes}M /dev/zero | "$@"`;
  const flags = ['-c', script, 'sh', command ?? '', ...args, '-c'];
  return new Uint8Array(execFileSync('sh', flags, { maxBuffer: 64 * MIB }));
}

/** `lzma` files do not join: one of them has all. */
function bomb(codec: string): Uint8Array {
  if (codec === 'lzma') return packed(['xz', '--format=lzma', '-0'], 320);
  const piece = packed(TOOLS[codec as keyof typeof TOOLS], 64);
  return concat(Array.from({ length: 6 }, () => piece));
}

/** Most memory that a program of its own takes to inspect a file, or to look at it as the kernel would, in MB. */
function peakOf(bytes: Uint8Array, [room, look] = ['inspect', 'inspectFile']): number {
  const folder = mkdtempSync(join(tmpdir(), 'mnx-bomb-'));
  try {
    const file = join(folder, 'bomb');
    writeFileSync(file, bytes);
    const place = JSON.stringify(new URL(`../../dist/${room}/index.js`, import.meta.url).href);
    const script = `const { buffer, byteOffset, length } = require('fs').readFileSync(process.argv[1]);
      import(${place}).then(({ ${look} }) => ${look}(new Uint8Array(buffer, byteOffset, length)))
      .catch(() => {}).then(() => console.log(require('fs').readFileSync('/proc/self/status', 'latin1')))`;
    const { stdout } = spawnSync(process.execPath, ['-e', script, file], { encoding: 'utf8' });
    // Not the usage that wait() tells: that begins with what the parent takes.
    return (Number(/^VmHWM:\s+(\d+) kB$/m.exec(stdout)?.[1]) * 1024) / 1e6;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measured<T>(work: () => Promise<T>): Promise<T> {
  const spent = stopwatch();
  const result = await work();
  expect(spent(), 'milliseconds').toBeLessThan(SLOWEST_MS);
  return result;
}

const CODECS = Object.entries({ ...TOOLS, lzma: ['xz'] }).filter(([, [command]]) => installed(command));

describe.each(CODECS.map(([codec]) => codec))('a bomb of %s', (codec) => {
  const bytes = bomb(codec);

  it('is capped when it is a file, a kernel, a ramdisk or within another member, and that is said', async () => {
    expect(detectCodec(bytes)).toBe(codec);
    const alone = measured(() => inspectFile(bytes));
    await expect(alone).rejects.toMatchObject({ code: 'compress.limit', exitCode: 3 });
    for (const part of ['kernel', 'ramdisk'] as const) {
      const image = bootFile({ parts: { [part]: bytes } });
      const { findings, damaged, layer } = await measured(() => inspectFile(image));
      expect(damaged).toBe(true);
      expect(findings).toMatchObject([{ code: 'inspect.capped', where: part }]);
      expect(findings[0]?.what).toContain('bytes when expanded');
      expect(layer.inside.find(({ name }) => name === part)?.title).toContain('too large');
    }
    // Members of one codec are one.
    const nested = bootFile({ parts: { ramdisk: concat([ramdisk(), bytes]) } });
    const { findings } = await measured(() => inspectFile(nested));
    expect(findings).toMatchObject([
      { code: 'inspect.capped', where: codec === 'gzip' ? 'ramdisk' : `ramdisk > ${codec}` },
    ]);
  });

  it.skipIf(process.platform !== 'linux')('takes at most 300 MB', () => {
    const peaks = [bytes, bootFile({ parts: { kernel: bytes, ramdisk: bytes } })].map((file) => peakOf(file));
    for (const peak of peaks) {
      expect(peak).toBeGreaterThan(20);
      expect(peak).toBeLessThan(300);
    }
  });

  it('does not keep mnx verify busy either', async () => {
    for (const part of ['kernel', 'ramdisk'] as const) {
      const image = bootFile({ parts: { [part]: bytes } });
      const { findings } = await measured(() => verifyImage(image));
      expect(findings.length).toBeGreaterThan(0);
    }
  });

  it('is not put into the memory when files are added, and not taken apart', async () => {
    const image = bootFile({ parts: { ramdisk: bytes } });
    const files = [{ path: '/x', data: new Uint8Array(1) }];
    await expect(measured(() => editFile(image, { files }))).rejects.toMatchObject({
      code: 'compress.limit',
    });
    const folder = mkdtempSync(join(tmpdir(), 'mnx-bomb-'));
    try {
      writeFileSync(`${folder}/boot.img`, image);
      const parts = mkdtempSync(`${folder}/parts-`);
      await measured(() => unpackFile(`${folder}/boot.img`, parts, { ramdisk: true }));
      expect(readFileSync(`${parts}/image.toml`, 'utf8')).toMatch(/not taken apart: .*expanded/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe.skipIf(process.platform !== 'linux')('an honest archive', () => {
  const data = structured(7, 8 * MIB);
  const files = Array.from(
    { length: 8 },
    (_, i) => ({ type: 'file', path: `${i}`, mode: 0o644, data }) as const,
  );
  const archive = packCpio(files);
  /** What the program itself takes, in MB. */
  const OWN = 110;

  it.each(['gzip', 'xz', 'zstd'] as const)('packed by %s is in the memory once', (codec) => {
    const [command, ...args] = TOOLS[codec];
    if (!installed(command)) return;
    const flags = [...args.filter((arg) => arg !== '-9'), '-1', '-c'];
    const bytes = new Uint8Array(execFileSync(command, flags, { input: archive, maxBuffer: 256 * MIB }));
    const peak = peakOf(bytes, ['initramfs', 'checkAsKernel']);
    expect(peak).toBeGreaterThan(archive.length / 1e6);
    expect(peak).toBeLessThan((archive.length + bytes.length) / 1e6 + OWN);
  });
});

describe.skipIf(!installed('gzip'))('other bombs', () => {
  const bytes = bomb('gzip');

  it('a zImage that carries one, after false starts', async () => {
    const { findings } = await measured(() => inspectFile(zimage(bytes)));
    expect(findings).toMatchObject([{ code: 'inspect.capped' }]);
  });

  it('an Android sparse file of one fill chunk is shown, and not expanded', async () => {
    const blocks = EXPAND_LIMIT / 4096 + 1;
    const chunk: SparseChunk = { kind: 'fill', blocks, word: 7, reserved: 0, headerTail: new Uint8Array(0) };
    const image = {
      minorVersion: 0,
      blockSize: 4096,
      totalBlocks: blocks,
      checksum: 0,
      headerTail: new Uint8Array(0),
      chunkHeaderSize: 12,
      chunks: [chunk],
      trailing: { source: sourceOf(new Uint8Array(0)), offset: 0, size: 0 },
    };
    const { layer, findings } = await measured(() => inspectFile(concat([...writeSparseImage(image)])));
    expect(layer).toMatchObject({ format: 'sparse', inside: [] });
    expect(findings).toMatchObject([{ code: 'inspect.capped', where: 'file' }]);
  });
});
