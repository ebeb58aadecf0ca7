import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { addHashFooter, eraseFooter, verifyHashFooter } from '../../src/avb/index.ts';
import { concat, utf8 } from '../../src/binary/index.ts';
import {
  appendBootconfig,
  flatten,
  openImage,
  readBootImage,
  readSonyElfImage,
  readVendorBootImage,
  segmentName,
  segmentOf,
  sonyCmdline,
  splitKernelPart,
  vendorBootImageOf,
  type Wrapped,
  type WrapperName,
  wrapperNamed,
  writeBootImage,
  writePxaImage,
  writeVendorBootImage,
} from '../../src/bootimg/index.ts';
import { codecFacts, compress, detectCodec, expand, gzip } from '../../src/compress/index.ts';
import { archivesOf, checkAsKernel, packCpio, readCpio } from '../../src/initramfs/index.ts';
import { packFolder, unpackFile } from '../../src/unpack/index.ts';
import { arm64Image, phoneDtb } from '../bootimg/phone.ts';
import { DEFAULTS, imageWith } from '../bootimg/sample.ts';
import { sonyFile } from '../bootimg/sony-file.ts';
import { structured } from '../compress/hostile.ts';
import { SAMPLE } from '../initramfs/samples.ts';
import { wrapped as wrappedKernel } from '../kernel/kernel-files.ts';
import { samples } from './image-samples.ts';

const root = mkdtempSync(join(tmpdir(), 'mnx-unpack-edit-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const SAMPLES = await samples();

/** An image as a folder of its own. */
async function unpacked(image: string | Uint8Array): Promise<string> {
  const bytes = typeof image === 'string' ? SAMPLES.get(image) : image;
  if (bytes === undefined) throw new Error(`no sample ${image}`);
  const folder = mkdtempSync(join(root, 'parts-'));
  const file = `${folder}.img`;
  writeFileSync(file, bytes);
  await unpackFile(file, folder, { ramdisk: true });
  return folder;
}

async function packed(folder: string, warnings: string[] = []): Promise<Uint8Array> {
  const { pieces, close } = await packFolder(folder, { warn: (text) => warnings.push(text) });
  try {
    return concat([...pieces]);
  } finally {
    close();
  }
}

function edit(folder: string, change: (text: string) => string, name = 'image.toml'): void {
  const file = join(folder, name);
  const before = readFileSync(file, 'utf8');
  const after = change(before);
  expect(after).not.toBe(before);
  writeFileSync(file, after);
}

/** A boot image with Samsung's PXA header. */
function pxaWith(kernel: Uint8Array): Uint8Array {
  const image = imageWith({}, { cmdline: 'quiet' });
  return concat(writePxaImage({ ...image, unknown: 0x3000000, keptPaddings: [], parts: { kernel } }));
}

function vendorWith(ramdisk: Uint8Array): Uint8Array {
  const spec = { ...DEFAULTS, headerVersion: 4, pageSize: 4096 } as const;
  const content = { cmdline: '', fragments: [{ bytes: ramdisk }], dtb: phoneDtb() };
  return concat(writeVendorBootImage(vendorBootImageOf(spec, content)));
}

describe('an edited folder', () => {
  it('gives an image whose sizes, offsets and id follow', async () => {
    const folder = await unpacked('boot v2');
    edit(folder, (text) => text.replace(/cmdline = .*/, 'cmdline = "loglevel=7"'));
    writeFileSync(join(folder, 'kernel'), new Uint8Array(50_000).fill(7));
    const image = readBootImage(await packed(folder));
    expect(image).toMatchObject({
      cmdline: 'loglevel=7',
      id: { kind: 'sha1' },
      keptFields: [],
      keptPaddings: [],
    });
    expect(image.parts.kernel).toHaveLength(50_000);
  });

  it.each(['xz', 'lzma', 'zstd', 'bzip2', 'lzo', 'lz4-legacy'] as const)(
    'packs a ramdisk in %s again',
    async (codec) => {
      const folder = await unpacked(await compress(codec, [packCpio(SAMPLE)]));
      writeFileSync(join(folder, 'ramdisk.d/root/added'), 'new');
      const ramdisk = await packed(folder);
      expect(detectCodec(ramdisk)).toBe(codec);
      const { entries, lost, stopped } = await checkAsKernel(ramdisk);
      expect(entries.map(({ path }) => path)).toContain('added');
      expect({ lost, stopped }).toEqual({ lost: [], stopped: undefined });
    },
  );

  it('has every byte of large parts within a wrapper and a footer', async () => {
    const kernel = structured(7, 20 * 1024 * 1024);
    const image = concat(writeBootImage(imageWith({}, { parts: { kernel } })));
    const footed = addHashFooter(image, { partitionName: 'boot', partitionSize: 32 * 1024 * 1024 });
    const marked = wrapperNamed('seandroid').make?.(image);
    for (const bytes of [concat(footed), concat(wrapperNamed('seandroid').wrap(marked as Wrapped))]) {
      const folder = await unpacked(bytes);
      expect(Buffer.compare(await packed(folder), bytes)).toBe(0);
      edit(folder, (text) => text.replace(/cmdline = .*/, 'cmdline = "loud"'));
      const { content } = openImage(concat(eraseFooter(await packed(folder))));
      expect(
        Buffer.compare(content.kind === 'boot' ? (content.image.parts.kernel ?? bytes) : bytes, kernel),
      ).toBe(0);
    }
  });

  const plain = (kernel: Uint8Array) => concat(writeBootImage(imageWith({}, { parts: { kernel } })));
  const marked = (name: WrapperName) => (kernel: Uint8Array) => {
    const { make, wrap } = wrapperNamed(name);
    return concat(wrap(make?.(plain(kernel)) as Wrapped));
  };
  it.each<[string, (part: Uint8Array) => Uint8Array]>([
    ['sections', plain],
    ["the segments of Sony's ELF", (kernel) => sonyFile([{ bytes: kernel, address: 0x40208000 }])],
    ["Samsung's mark", marked('seandroid')],
    ["LG's mark", marked('lg-bump')],
    ['a DHTB header', marked('dhtb')],
    ['the sections of PXA', pxaWith],
    ['the sections of vendor_boot', vendorWith],
    ['something that nobody knows', (kernel) => concat([plain(kernel), utf8('words')])],
  ])('keeps the size of a partition that is filled up behind %s', async (_, image) => {
    for (const byte of [0, 0xff]) {
      const filled = (part: Uint8Array) => {
        const bytes = image(part);
        return concat([bytes, new Uint8Array(64 * 1024 - bytes.length).fill(byte)]);
      };
      const folder = await unpacked(filled(arm64Image(8192)));
      expect(await packed(folder)).toEqual(filled(arm64Image(8192)));
      const part = existsSync(join(folder, 'kernel')) ? 'kernel' : 'ramdisk-0';
      for (const size of [4096, 20_000]) {
        writeFileSync(join(folder, part), arm64Image(size));
        expect(await packed(folder)).toEqual(filled(arm64Image(size)));
      }
      writeFileSync(join(folder, part), arm64Image(70_000));
      expect(await packed(folder)).toEqual(image(arm64Image(70_000)));
    }
  });

  it("states the size of a kernel in Qualcomm's header", async () => {
    const tree = phoneDtb();
    const [old, grown] = [arm64Image(4096), arm64Image(8192)];
    const image = (kernel: Uint8Array) =>
      concat(writeBootImage(imageWith({}, { parts: { kernel: wrappedKernel(kernel, tree) } })));
    const folder = await unpacked(image(old));
    expect(readFileSync(join(folder, 'kernel')).equals(old)).toBe(true);
    expect(await packed(folder)).toEqual(image(old));
    writeFileSync(join(folder, 'kernel'), grown);
    expect(await packed(folder)).toEqual(image(grown));
  });

  it("keeps the size at the end of LG's lz4", async () => {
    const lg = await compress('lz4-legacy', [packCpio(SAMPLE)], { totalSize: true });
    const folder = await unpacked(lg);
    writeFileSync(join(folder, 'ramdisk.d/root/init'), 'other');
    const again = await packed(folder);
    expect(codecFacts(again, 'lz4-legacy')).toMatchObject({ totalSize: true });
    expect(readCpio(await expand(again, { limit: 1 << 20 }))).toContainEqual(
      expect.objectContaining({ path: 'init', data: new Uint8Array(Buffer.from('other')) }),
    );
  });

  describe('of a ramdisk of several archives', () => {
    const some = (path: string) =>
      packCpio([{ type: 'file', path, mode: 0o644, data: utf8(path.repeat(9)) }]);
    const archives = ['one', 'two', 'three', 'four'].map(some);
    const codecs = ['xz', 'none', 'gzip', 'zstd'] as const;

    /** Packed each in its own way, some with zeros between. */
    async function several(): Promise<Uint8Array> {
      const pieces: Uint8Array[] = [];
      let size = 0;
      for (const [i, codec] of codecs.entries()) {
        const packed = await compress(codec, [archives[i] ?? new Uint8Array()]);
        const space = new Uint8Array(i === 1 || i === 3 ? 100 + ((4 - (size % 4)) % 4) : 0);
        pieces.push(space, packed);
        size += space.length + packed.length;
      }
      return concat(pieces);
    }

    it('has a tree of each, and gives the same bytes', async () => {
      const bytes = await several();
      const folder = await unpacked(bytes);
      for (const [i, name] of ['ramdisk.d', 'ramdisk.1.d', 'ramdisk.2.d', 'ramdisk.3.d'].entries()) {
        const codec = codecs[i];
        expect(readFileSync(join(folder, name, 'entries.toml'), 'utf8')).toContain(`codec = "${codec}"`);
        expect(readFileSync(join(folder, 'image.toml'), 'utf8')).toContain(
          `{ archive = ${i}, folder = "${name}" }`,
        );
      }
      expect(await packed(folder)).toEqual(bytes);
    });

    it('packs the one that was changed, in its own codec, and keeps the others', async () => {
      const bytes = await several();
      for (const [i, name] of ['ramdisk.d', 'ramdisk.1.d', 'ramdisk.2.d', 'ramdisk.3.d'].entries()) {
        const folder = await unpacked(bytes);
        writeFileSync(join(folder, name, 'root/fresh'), 'new');
        const again = await packed(folder);
        const { entries, lost, stopped } = await checkAsKernel(again);
        expect({ lost, stopped }).toEqual({ lost: [], stopped: undefined });
        const names = entries.map(({ path }) => path);
        expect(names).toEqual(expect.arrayContaining(['one', 'two', 'three', 'four', 'fresh']));
        const found = (await archivesOf(again)).archives;
        expect(found.map(({ codec }) => codec)).toEqual(codecs);
        for (const [j, { data }] of found.entries()) if (j !== i) expect(data).toEqual(archives[j]);
      }
    });

    it('packs all of them, whatever their sizes then are', async () => {
      for (let size = 1; size < 5; size++) {
        const folder = await unpacked(await several());
        for (const name of ['ramdisk.d', 'ramdisk.1.d', 'ramdisk.2.d', 'ramdisk.3.d'])
          writeFileSync(join(folder, name, `root/${name}`), name.slice(0, size));
        const { entries, lost, stopped } = await checkAsKernel(await packed(folder));
        expect({ lost, stopped }).toEqual({ lost: [], stopped: undefined });
        expect(entries).toHaveLength(8);
      }
    });

    it('keeps a boot configuration and what is no archive', async () => {
      const front = await several();
      const odd = await gzip([utf8('no archive at all')]);
      const bytes = concat(appendBootconfig(concat([front, odd]), utf8('a = b\n')));
      const folder = await unpacked(bytes);
      expect(await packed(folder)).toEqual(bytes);
      const text = readFileSync(join(folder, 'image.toml'), 'utf8');
      expect(text).toContain('# archive 4 not taken apart: ');
      expect(text).toContain('What is behind the last archive stays');
      writeFileSync(join(folder, 'ramdisk.3.d/root/fresh'), 'new');
      const again = await packed(folder);
      const tail = bytes.subarray(front.length);
      expect(again.subarray(again.length - tail.length)).toEqual(tail);
    });

    it('takes an archive that was added, and refuses one that is named twice', async () => {
      const folder = await unpacked(await several());
      cpSync(join(folder, 'ramdisk.1.d'), join(folder, 'mine'), { recursive: true });
      writeFileSync(join(folder, 'mine/root/mine'), 'mine');
      edit(folder, (text) => text.replace('trees = [', 'trees = [{ archive = 4, folder = "mine" },'));
      const { entries, lost, stopped } = await checkAsKernel(await packed(folder));
      expect({ lost, stopped }).toEqual({ lost: [], stopped: undefined });
      expect(entries.map(({ path }) => path)).toContain('mine');
      edit(folder, (text) => text.replace('archive = 4', 'archive = 3'));
      await expect(packed(folder)).rejects.toMatchObject({ code: 'unpack.value', exitCode: 3 });
    });
  });

  it('refuses two modes for the names of one file, of which the kernel takes the last', async () => {
    const folder = await unpacked('init_boot');
    const once = (text: string) => text.replace('path = "init"', 'path = "init", mode = 0o700');
    edit(folder, once, 'ramdisk.d/entries.toml');
    await expect(packed(folder)).rejects.toMatchObject({
      code: 'unpack.entry',
      message: expect.stringMatching(/usr\/alias.*mode 0o755.*mode 0o700.*as init has/),
    });
  });

  it('puts files into a ramdisk and takes them out, and packs it as it was packed', async () => {
    const folder = await unpacked('init_boot');
    writeFileSync(join(folder, 'ramdisk.d/root/added'), 'new', { mode: 0o755 });
    symlinkSync('init', join(folder, 'ramdisk.d/root/etc/link'));
    edit(
      folder,
      (text) =>
        text
          .replace(/^ {2}\{ path = "tmp".*\n/m, '')
          .replace('path = "init"', 'path = "init", mode = 0o700')
          .replace('path = "usr/alias"', 'path = "usr/alias", mode = 0o700'),
      'ramdisk.d/entries.toml',
    );
    rmSync(join(folder, 'ramdisk.d/root/tmp'), { recursive: true });
    const { ramdisk = new Uint8Array() } = readBootImage(await packed(folder)).parts;
    const { entries, lost, stopped } = await checkAsKernel(ramdisk);
    expect({ lost, stopped }).toEqual({ lost: [], stopped: undefined });
    const by = new Map(entries.map((entry) => [entry.path, entry]));
    expect(by.get('added')).toMatchObject({ mode: 0o755, data: utf8('new'), uid: 0 });
    expect(by.get('etc/link')).toMatchObject({ type: 'symlink', target: 'init' });
    expect(by.get('init')).toMatchObject({ mode: 0o700 });
    expect(by.has('tmp')).toBe(false);
    expect(by.get('dev/vda')).toMatchObject({ rdev: { major: 254, minor: 0x12345 }, gid: 6 });
    expect(ramdisk.subarray(0, 2)).toEqual(Uint8Array.of(0x1f, 0x8b));
  });

  it('keeps what stands around: device trees, wrappers, sparse, an unsigned AVB footer', async () => {
    const kernel = await unpacked('boot v0');
    writeFileSync(join(kernel, 'kernel'), new Uint8Array(9000).fill(1));
    expect(
      splitKernelPart(readBootImage(await packed(kernel)).parts.kernel ?? new Uint8Array()).appended,
    ).toHaveLength(2);

    const mtk = await unpacked('with mtk in it');
    writeFileSync(join(mtk, 'ramdisk'), new Uint8Array(9000).fill(1));
    const { parts } = readBootImage(await packed(mtk));
    expect(Buffer.from(parts.ramdisk ?? []).readUInt32LE(4)).toBe(9000);

    const footed = await unpacked('sparse with an AVB footer');
    edit(footed, (text) => text.replace(/cmdline = .*/, 'cmdline = "other"'));
    const { bytes, sparse } = flatten(await packed(footed));
    expect(sparse?.blockSize).toBe(4096);
    expect(bytes).toHaveLength(1 << 20);
    expect(verifyHashFooter(bytes)).toMatchObject({ hashes: [{ check: { verdict: 'match' } }] });
  });

  it('adds fragments to vendor_boot', async () => {
    const folder = await unpacked('vendor_boot v4');
    writeFileSync(join(folder, 'mine'), await gzip([packCpio(SAMPLE)]));
    edit(
      folder,
      (text) =>
        `${text}\n[[fragment]]\nname = "mine"\ntype = "recovery"\npart = "mine"\n\n[[part]]\nname = "mine"\nfiles = ["mine"]\n`,
    );
    const { fragments } = readVendorBootImage(await packed(folder));
    expect(fragments.map(({ name, type }) => [name, type])).toEqual([
      ['', 1],
      ['dlkm', 3],
      ['odd/name', 9],
      ['mine', 2],
    ]);
    expect(
      readCpio(await expand(fragments.at(-1)?.bytes ?? new Uint8Array(), { limit: 1 << 20 })),
    ).toHaveLength(readCpio(packCpio(SAMPLE)).length);
  });

  it("changes the segments of Sony's ELF", async () => {
    const folder = await unpacked('Sony ELF');
    writeFileSync(join(folder, 'cmdline'), 'loud and long\n');
    writeFileSync(join(folder, 'ramdisk.d/root/fresh'), 'new');
    const image = readSonyElfImage(await packed(folder));
    expect(sonyCmdline(image)).toBe('loud and long');
    expect(image.segments.map(segmentName)).toEqual(['kernel', 'ramdisk', 'rpm', 'rpm', 'cmdline']);
    const { entries } = await checkAsKernel(segmentOf(image, 'ramdisk')?.bytes ?? new Uint8Array());
    expect(entries.map(({ path }) => path)).toContain('fresh');
  });

  it('opens as what it was', async () => {
    const folder = await unpacked('in dhtb');
    edit(folder, (text) => text.replace(/cmdline = .*/, 'cmdline = "other"'));
    const { layers, content } = openImage(await packed(folder));
    expect(layers.map(({ wrapper }) => wrapper)).toEqual(['dhtb', 'seandroid']);
    expect(content).toMatchObject({ kind: 'boot', image: { cmdline: 'other' } });
  });
});

describe('a folder that does not fit together', () => {
  const replace = (from: RegExp, to: string) => (folder: string) =>
    edit(folder, (text) => text.replace(from, to));

  it.each<[string, (folder: string) => void, string, number]>([
    ['broken TOML', replace(/version = 2/, 'version = = 2'), 'unpack.syntax', 3],
    ['an unknown key', replace(/version = 2/, 'version = 2\nversio = 3'), 'unpack.unknown-key', 2],
    ['a header version that nobody knows', replace(/version = 2/, 'version = 7'), 'unpack.value', 3],
    ['a missing key', replace(/version = 2/, ''), 'unpack.missing-key', 3],
    [
      'a number that does not fit',
      replace(/kernel_address = .*/, 'kernel_address = 0x1_0000_0000'),
      'unpack.value',
      3,
    ],
    ['a page size that no loader has', replace(/page_size = .*/, 'page_size = 1000'), 'bootimg.page-size', 1],
    ['a part outside', replace(/files = \["kernel"\]/, 'files = ["../kernel"]'), 'unpack.value', 3],
    [
      'a part by absolute path',
      replace(/files = \["kernel"\]/, 'files = ["/etc/passwd"]'),
      'unpack.value',
      3,
    ],
    ['a part that is not there', replace(/files = \["kernel"\]/, 'files = ["karnel"]'), 'unpack.no-part', 4],
    ['a part twice', replace(/name = "second"/, 'name = "kernel"'), 'unpack.part', 3],
    [
      'a part that the header has no section for',
      replace(/name = "second"/, 'name = "third"'),
      'bootimg.part',
      1,
    ],
    [
      'a wrapper that nobody knows',
      replace(/files = \["second"\]/, 'files = ["second"]\nlayers = [{ wrapper = "x" }]'),
      'unpack.layer',
      3,
    ],
    [
      'a codec that nobody writes',
      (folder) =>
        edit(folder, (text) => text.replace(/codec = .*/, 'codec = "lzx"'), 'ramdisk.d/entries.toml'),
      'unpack.value',
      3,
    ],
    ['another format', replace(/format = "boot"/, 'format = "boat"'), 'unpack.format', 3],
    [
      'a link in place of a part',
      (folder) => {
        rmSync(join(folder, 'kernel'));
        symlinkSync('/etc/passwd', join(folder, 'kernel'));
      },
      'unpack.part',
      3,
    ],
    [
      'a link in the tree',
      (folder) => {
        rmSync(join(folder, 'ramdisk.d/root/etc'), { recursive: true });
        symlinkSync('/etc', join(folder, 'ramdisk.d/root/etc'));
      },
      'unpack.entry',
      3,
    ],
    [
      'a listed file that is gone',
      (folder) => rmSync(join(folder, 'ramdisk.d/root/init')),
      'unpack.no-part',
      4,
    ],
    [
      'content outside the tree',
      (folder) =>
        edit(
          folder,
          (text) => text.replace(/path = "init"/, 'path = "init", file = "../../kernel"'),
          'ramdisk.d/entries.toml',
        ),
      'unpack.entry',
      3,
    ],
    ['no document', (folder) => rmSync(join(folder, 'image.toml')), 'unpack.no-file', 2],
  ])('is refused: %s', async (_, spoil, code, exitCode) => {
    const folder = await unpacked('boot v2');
    spoil(folder);
    await expect(packed(folder)).rejects.toMatchObject({ code, exitCode });
  });

  it.each<[string, (folder: string) => void, string]>([
    [
      'a fragment without its part',
      replace(/part = "ramdisk-dlkm"/, 'part = "ramdisk-dlk"'),
      '"ramdisk-dlk"',
    ],
    ['a part that nothing names', replace(/name = "dtb"/, 'name = "dtbb"'), '"dtbb"'],
    ['a part twice', replace(/name = "bootconfig"/, 'name = "dtb"'), '"dtb"'],
  ])('is refused for vendor_boot: %s', async (_, spoil, got) => {
    const folder = await unpacked('vendor_boot v4');
    spoil(folder);
    await expect(packed(folder)).rejects.toMatchObject({
      code: 'unpack.part',
      exitCode: 3,
      message: expect.stringContaining(got),
    });
  });

  it('is told by line and column', async () => {
    const folder = await unpacked('boot v2');
    edit(folder, (text) => text.replace(/page_size = .*/, 'page_size = "big"'));
    await expect(packed(folder)).rejects.toThrow(/image\.toml:\d+:1: header\.page_size: got "big"/);
  });

  it('leaves nothing behind when a file has no parts', async () => {
    const file = join(root, 'text');
    writeFileSync(file, 'just words');
    await expect(unpackFile(file, mkdtempSync(join(root, 'x-')), { ramdisk: false })).rejects.toMatchObject({
      code: 'unpack.unknown',
    });
    expect(existsSync(file)).toBe(true);
  });
});
