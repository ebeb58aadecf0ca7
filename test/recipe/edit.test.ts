import { generateKeyPairSync } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { addHashFooter, readFooter } from '../../src/avb/index.ts';
import { alignUp, concat, MnxError, UsageError } from '../../src/binary/index.ts';
import {
  appendBootconfig,
  flatten,
  makeSparse,
  openImage,
  sourceOf,
  unwrapAll,
  vendorBootImageOf,
  WRAPPERS,
  type WrapperName,
  writeBootImage,
  writePxaImage,
  writeSparseImage,
  writeVendorBootImage,
} from '../../src/bootimg/index.ts';
import {
  codecFacts,
  compress,
  detectCodec,
  expand,
  packLz4Legacy,
  WRITABLE_CODECS,
} from '../../src/compress/index.ts';
import { checkAsKernel, packCpio, readCpio } from '../../src/initramfs/index.ts';
import { verifyImage } from '../../src/lint/index.ts';
import { editFile } from '../../src/recipe/index.ts';
import { arm64Image, phoneDtb } from '../bootimg/phone.ts';
import { DEFAULTS, imageWith, PARTS } from '../bootimg/sample.ts';
import { wrapped as wrappedKernel } from '../kernel/kernel-files.ts';

const KERNEL = arm64Image(64 * 1024);
const NEW = arm64Image(80 * 1024);
const CPIO = packCpio([
  { type: 'file', path: 'init', mode: 0o755, data: Buffer.from('#!/bin/sh\n') },
  { type: 'directory', path: 'etc', mode: 0o700 },
  { type: 'symlink', path: 'sbin', mode: 0o777, target: 'bin' },
]);
const RAMDISK = new Uint8Array(gzipSync(CPIO));
const PEM = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
  type: 'pkcs1',
  format: 'pem',
});

function boot(version: 0 | 1 | 2 | 3 | 4, cmdline = 'quiet', kernel: Uint8Array = KERNEL): Uint8Array {
  const parts = { kernel, ramdisk: RAMDISK, ...(version === 2 ? { dtb: phoneDtb() } : {}) };
  return concat(writeBootImage(imageWith({ headerVersion: version }, { cmdline, parts })));
}

function wrapped(name: WrapperName, payload: Uint8Array): Uint8Array {
  const wrapper = WRAPPERS.find((known) => known.name === name);
  const made = wrapper?.make?.(payload);
  if (wrapper === undefined || made === undefined) throw new Error(name);
  return concat(wrapper.wrap(made));
}

const edited = async (...args: Parameters<typeof editFile>): Promise<Uint8Array> =>
  (await editFile(...args)).bytes;

describe('editFile', () => {
  it.each([0, 1, 2, 3, 4] as const)('changes one thing as if v%i had been made so', async (version) => {
    expect(await edited(boot(version), { cmdline: 'loud' })).toEqual(boot(version, 'loud'));
    expect(await edited(boot(version), { cmdlineAppend: 'more words' })).toEqual(
      boot(version, 'quiet more words'),
    );
    expect(await edited(boot(version), { parts: { kernel: NEW } })).toEqual(boot(version, 'quiet', NEW));
    expect(await edited(boot(version), {})).toEqual(boot(version));
  });

  it.each(['seandroid', 'lg-bump', 'dhtb'] as const)('keeps %s around the image', async (name) => {
    const out = await edited(wrapped(name, boot(0)), { parts: { kernel: NEW } });
    expect(out).toEqual(wrapped(name, boot(0, 'quiet', NEW)));
  });

  it("makes MediaTek's headers again around kernel and ramdisk", async () => {
    const old = imageWith({}, { parts: { kernel: wrapped('mtk', KERNEL), ramdisk: RAMDISK } });
    const out = await edited(concat(writeBootImage(old)), { parts: { kernel: NEW } });
    const { kernel } = openImage(out).content.kind === 'boot' ? openBoot(out).parts : {};
    expect(kernel).toEqual(wrapped('mtk', NEW));
    expect(unwrapAll(kernel ?? new Uint8Array()).payload).toEqual(NEW);
  });

  it('edits the PXA layout', async () => {
    const old = {
      ...imageWith({}, { cmdline: 'quiet' }),
      unknown: 0x3000000,
      keptPaddings: [],
      parts: { kernel: PARTS.kernel, ramdisk: RAMDISK },
    };
    const out = await edited(concat(writePxaImage(old)), { parts: { second: PARTS.second }, board: 'pxa' });
    expect(out).toEqual(
      concat(writePxaImage({ ...old, board: 'pxa', parts: { ...old.parts, second: PARTS.second } })),
    );
    await expect(editFile(out, { osVersion: '14' })).rejects.toBeInstanceOf(UsageError);
  });

  it('chooses a ramdisk of vendor_boot by its name', async () => {
    const make = (dlkm: Uint8Array) =>
      concat(
        writeVendorBootImage(
          vendorBootImageOf(
            { ...DEFAULTS, headerVersion: 4, pageSize: 4096 },
            {
              cmdline: 'a',
              fragments: [
                { bytes: RAMDISK, type: 1 },
                { bytes: dlkm, type: 3, name: 'dlkm' },
              ],
              dtb: phoneDtb(),
              bootconfig: Buffer.from('a=b\n'),
            },
          ),
        ),
      );
    const out = await edited(make(PARTS.ramdisk), { fragment: 'dlkm', parts: { ramdisk: PARTS.second } });
    expect(out).toEqual(make(PARTS.second));
    await expect(editFile(out, { parts: { ramdisk: RAMDISK } })).rejects.toThrow('2 ramdisks');
    await expect(editFile(out, { fragment: 'x', parts: { ramdisk: RAMDISK } })).rejects.toThrow(
      'no ramdisk x',
    );
    await expect(editFile(out, { parts: { kernel: KERNEL } })).rejects.toBeInstanceOf(UsageError);
  });

  it('changes the trees behind a kernel, or in their section', async () => {
    const gz = new Uint8Array(gzipSync(KERNEL));
    const tree = phoneDtb({ bootargs: 'new' });
    const appended = boot(0, 'quiet', concat([gz, phoneDtb()]));
    expect(await edited(appended, { parts: { dtb: tree } })).toEqual(boot(0, 'quiet', concat([gz, tree])));
    expect(openBoot(await edited(boot(2), { parts: { dtb: tree } })).parts.dtb).toEqual(tree);
    await expect(editFile(boot(3), { parts: { dtb: tree } })).rejects.toThrow('no section for dtb');
  });

  it.each(['gzip', 'lz4-legacy', 'xz', 'lzo'] as const)(
    'finds where a kernel in %s ends, whatever is behind it',
    async (codec) => {
      const packed = await compress(codec, [KERNEL]);
      const [old, tree] = [phoneDtb({ bootargs: 'before' }), phoneDtb()];
      for (const gap of codec === 'lz4-legacy' ? [''] : ['', 'gap']) {
        const image = boot(0, 'quiet', concat([packed, Buffer.from(gap), old]));
        expect(await edited(image, { parts: { dtb: tree } })).toEqual(
          boot(0, 'quiet', concat([packed, tree])),
        );
      }
    },
  );

  it('makes the header of a kernel that is not compressed again', async () => {
    const tree = phoneDtb();
    const image = boot(0, 'quiet', wrappedKernel(KERNEL, tree));
    const grown = boot(0, 'quiet', wrappedKernel(NEW, tree));
    expect(await edited(image, { parts: { kernel: concat([NEW, tree]) } })).toEqual(grown);
    expect(await edited(image, { parts: { kernel: wrappedKernel(NEW, tree) } })).toEqual(grown);
    expect(await edited(boot(0), { parts: { kernel: NEW } })).toEqual(boot(0, 'quiet', NEW));
    const other = phoneDtb({ bootargs: 'another' });
    expect(await edited(image, { parts: { dtb: other } })).toEqual(
      boot(0, 'quiet', wrappedKernel(KERNEL, other)),
    );
  });

  it('edits one half of the Android version and keeps the other', async () => {
    const first = await edited(boot(2), { osVersion: '14.0.1', osPatchLevel: '2024-03' });
    const out = await edited(first, { osVersion: '15' });
    expect(openBoot(out).osVersion).toBe((15 << 25) | (24 << 4) | 3);
  });

  it('gives an unknown id up when the content changes, and only then', async () => {
    const odd = boot(0);
    odd.set(Buffer.from('some id of a vendor, 32 bytes ...'.slice(0, 32)), 576);
    expect(openBoot(await edited(odd, { cmdline: 'x' })).id.kind).toBe('raw');
    expect(openBoot(await edited(odd, { parts: { kernel: NEW } })).id.kind).toBe('sha1');
    expect(openBoot(await edited(odd, { id: 'sha256' })).id.kind).toBe('sha256');
  });

  it.each(['seandroid', 'lg-bump', 'dhtb', undefined] as const)(
    'keeps the size of a partition that was filled up behind %s',
    async (name) => {
      for (const byte of [0, 0xff]) {
        const [old, grown, shrunk] = [boot(0), boot(0, 'quiet', NEW), boot(0, 'quiet', arm64Image(4096))].map(
          (image) => {
            const bytes = name === undefined ? image : wrapped(name, image);
            return concat([bytes, new Uint8Array(256 * 1024 - bytes.length).fill(byte)]);
          },
        );
        expect(await edited(old as Uint8Array, { parts: { kernel: NEW } })).toEqual(grown);
        expect(await edited(old as Uint8Array, { parts: { kernel: arm64Image(4096) } })).toEqual(shrunk);
      }
    },
  );

  it('keeps the size of a partition that was read with its zeros', async () => {
    const dump = concat([boot(0), new Uint8Array(64 * 1024)]);
    const out = await edited(dump, { parts: { kernel: NEW } });
    expect(out.length).toBe(dump.length);
    expect(out.subarray(0, boot(0, 'quiet', NEW).length)).toEqual(boot(0, 'quiet', NEW));
  });

  it('is sparse again when the file was', async () => {
    const pad = (image: Uint8Array) => concat([image, new Uint8Array(4096 - (image.length % 4096))]);
    const sparse = (image: Uint8Array) => concat([...writeSparseImage(makeSparse(sourceOf(pad(image))))]);
    const out = await edited(sparse(boot(0)), { cmdline: 'loud' });
    expect(flatten(out).sparse).toBeDefined();
    expect(flatten(out).bytes).toEqual(pad(boot(0, 'loud')));
  });
});

describe('editFile with an AVB footer', () => {
  const footer = (image: Uint8Array, key?: string | Buffer): Uint8Array =>
    concat(
      addHashFooter(image, {
        partitionName: 'boot',
        partitionSize: 1024 * 1024,
        salt: Uint8Array.of(1, 2, 3),
        rollbackIndex: 7n,
        props: [['a', 'b']],
        ...(key === undefined ? {} : { key }),
      }),
    );

  it('makes an unsigned one again', async () => {
    const { bytes, warnings } = await editFile(footer(boot(2)), { cmdline: 'loud' });
    expect(bytes).toEqual(footer(boot(2, 'loud')));
    expect(warnings).toEqual([]);
  });

  it('signs a signed one again', async () => {
    const { bytes, warnings } = await editFile(footer(boot(2), PEM), { cmdline: 'loud', avbKey: PEM });
    expect(bytes).toEqual(footer(boot(2, 'loud'), PEM));
    expect(warnings).toEqual([]);
    expect((await verifyImage(bytes)).findings).toEqual([]);
  });

  it('takes a signed one off without a key and says so, or keeps it stale', async () => {
    const signed = footer(boot(2), PEM);
    const erased = await editFile(signed, { cmdline: 'loud' });
    expect(erased.bytes).toEqual(boot(2, 'loud'));
    expect(erased.warnings.join()).toContain('taken off');
    const kept = await editFile(signed, { cmdline: 'loud', avb: 'keep' });
    expect(kept.bytes.length).toBe(signed.length);
    expect(readFooter(kept.bytes)?.originalImageSize).toBe(boot(2).length);
    expect(kept.warnings.join()).toContain('no longer matches');
    expect((await verifyImage(kept.bytes)).findings.map(({ code }) => code)).toEqual(['lint.avb-hash']);
  });

  it('refuses what does not fit the partition, and a key without a footer', async () => {
    const big = { kernel: arm64Image(1024 * 1024) };
    await expect(editFile(footer(boot(2)), { parts: big })).rejects.toBeInstanceOf(MnxError);
    await expect(editFile(boot(2), { avbKey: PEM })).rejects.toBeInstanceOf(UsageError);
  });
});

describe('editFile with files for the ramdisk', () => {
  const added = { path: '/hooks/late/debug.sh', data: Buffer.from('echo\n'), mode: 0o755 };
  const ramdisk = (bytes: Uint8Array): Uint8Array => openBoot(bytes).parts.ramdisk ?? new Uint8Array();

  it('adds a file with its folders and keeps codec and other members', async () => {
    const old = packLz4Legacy([CPIO]);
    const image = concat(writeBootImage(imageWith({}, { parts: { kernel: KERNEL, ramdisk: old } })));
    const out = ramdisk(await edited(image, { files: [added] }));
    expect([...out.subarray(0, 4)]).toEqual([2, 0x21, 0x4c, 0x18]);
    const { entries, lost, stopped } = await checkAsKernel(out);
    expect({ lost, stopped }).toEqual({ lost: [], stopped: undefined });
    expect(entries.map(({ path }) => path)).toEqual([
      'etc',
      'hooks',
      'hooks/late',
      'hooks/late/debug.sh',
      'init',
      'sbin',
    ]);
    const archive = await expand(out, { limit: 1e6 });
    const first = archive.subarray(0, CPIO.length - 200);
    expect(first.subarray(0, 100)).toEqual(CPIO.subarray(0, 100));
    expect(readCpio(archive).find(({ path }) => path === 'etc')).toMatchObject({ mode: 0o700 });
    expect(readCpio(archive).find(({ path }) => path === added.path.slice(1))).toMatchObject({ mode: 0o755 });
  });

  it.each(WRITABLE_CODECS)('keeps %s, as the kernel reads it', async (codec) => {
    const old = await compress(codec, [CPIO]);
    const image = concat(writeBootImage(imageWith({}, { parts: { kernel: KERNEL, ramdisk: old } })));
    const out = ramdisk(await edited(image, { files: [added] }));
    expect(detectCodec(out)).toBe(codec);
    const paths = readCpio(await expand(out, { limit: 1e6 })).map(({ path }) => path);
    expect(paths).toEqual(expect.arrayContaining(['init', 'etc', 'hooks/late/debug.sh']));
    // No kernel reads the lz4 frame; that is what mnx verify is for.
    if (codec === 'lz4') return;
    expect(await checkAsKernel(out)).toMatchObject({ lost: [], stopped: undefined });
  });

  it.each([0, 512])("keeps the size that LG's lz4 closes with, with %i NULs behind it", async (count) => {
    const old = concat([packLz4Legacy([CPIO], { totalSize: true }), new Uint8Array(count)]);
    const image = concat(writeBootImage(imageWith({}, { parts: { kernel: KERNEL, ramdisk: old } })));
    const out = ramdisk(await edited(image, { files: [added] }));
    expect(codecFacts(out).totalSize).toBe(true);
    expect(new DataView(out.buffer, out.byteOffset).getUint32(out.length - 4, true)).toBe(
      (await expand(out, { limit: 1e6 })).length,
    );
  });

  it.each(['gzip', 'lz4-legacy', 'none'] as const)(
    'goes into the last of several archives, here %s, and keeps those before it',
    async (codec) => {
      const vendor = packCpio([
        { type: 'directory', path: 'etc', mode: 0o700 },
        { type: 'file', path: 'etc/a', mode: 0o600, data: Buffer.from('a') },
      ]);
      const last = await compress(codec, [CPIO]);
      const first = concat([vendor, gzipSync(vendor)]);
      const start = alignUp(first.length + 509, 4);
      const old = concat([first, new Uint8Array(start - first.length), last]);
      const image = concat(writeBootImage(imageWith({}, { parts: { kernel: KERNEL, ramdisk: old } })));
      const files = [
        added,
        { path: 'etc/a', data: Buffer.from('b') },
        { path: 'etc/c', data: Buffer.from('c') },
      ];
      const out = ramdisk(await edited(image, { files }));
      expect(Buffer.compare(out.subarray(0, start), old.subarray(0, start))).toBe(0);
      const { entries, lost, stopped } = await checkAsKernel(out);
      expect({ lost, stopped }).toEqual({ lost: [], stopped: undefined });
      const found = new Map(entries.map((entry) => [entry.path, entry]));
      expect(found.get('etc')).toMatchObject({ mode: 0o700 });
      expect(found.get('etc/a')).toMatchObject({ mode: 0o600, data: new Uint8Array(Buffer.from('b')) });
      expect(found.get('etc/c')).toMatchObject({ mode: 0o644 });
      expect(found.has('init')).toBe(true);
    },
  );

  it('keeps a boot configuration behind the ramdisk', async () => {
    const packed = await compress('gzip', [CPIO]);
    const old = concat(appendBootconfig(packed, Buffer.from('a = b\n')));
    const config = old.subarray(packed.length);
    const image = concat(writeBootImage(imageWith({}, { parts: { kernel: KERNEL, ramdisk: old } })));
    const out = ramdisk(await edited(image, { files: [added] }));
    expect(Buffer.compare(out.subarray(out.length - config.length), config)).toBe(0);
  });

  it('replaces a file and keeps its mode', async () => {
    const out = ramdisk(await edited(boot(0), { files: [{ path: 'init', data: Buffer.from('new') }] }));
    const init = readCpio(await expand(out, { limit: 1e6 })).find(({ path }) => path === 'init');
    expect(init).toMatchObject({ mode: 0o755, type: 'file' });
    expect(init?.type === 'file' && Buffer.from(init.data).toString()).toBe('new');
  });

  it('refuses what is no plain file, and paths that leave the ramdisk', async () => {
    const data = new Uint8Array();
    await expect(editFile(boot(0), { files: [{ path: 'etc', data }] })).rejects.toThrow('no plain file');
    await expect(editFile(boot(0), { files: [{ path: '../x', data }] })).rejects.toBeInstanceOf(UsageError);
  });
});

function openBoot(bytes: Uint8Array) {
  const { content } = openImage(bytes);
  if (content.kind !== 'boot') throw new Error(content.kind);
  return content.image;
}
