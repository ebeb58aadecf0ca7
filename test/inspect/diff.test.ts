import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { addHashFooter } from '../../src/avb/index.ts';
import { concat, latin1 } from '../../src/binary/index.ts';
import { wrapperNamed } from '../../src/bootimg/index.ts';
import { compress } from '../../src/compress/index.ts';
import { writeFdt } from '../../src/devicetree/index.ts';
import { type Entry, packCpio } from '../../src/initramfs/index.ts';
import { diffFilesOf } from '../../src/inspect/index.ts';
import { phoneDtb } from '../bootimg/phone.ts';
import { node, tree } from '../devicetree/sample.ts';
import { bootFile, configuredImage, DEV, INIT, NULL_DEVICE, ramdisk } from './samples.ts';

/** `ramdisk > content ~ init: mode 0755 -> 0700`. */
async function told(a: Uint8Array, b: Uint8Array): Promise<string[]> {
  return (await diffFilesOf(a, b)).map(({ where, change, name, from, to }) => {
    const sign = { added: '+', removed: '-', changed: '~' }[change];
    const value = change === 'changed' ? `${from} -> ${to}` : (from ?? to);
    return [where, sign, name, ...(value === undefined ? [] : [value])]
      .filter((text) => text !== '')
      .join(' ');
  });
}

const archive = (entries: readonly Entry[]): Uint8Array => packCpio([...entries]);

describe('diffFilesOf', () => {
  it('finds nothing in equal bytes, whatever they are', async () => {
    expect(await diffFilesOf(bootFile(), bootFile())).toEqual([]);
    expect(await diffFilesOf(latin1('x'), latin1('x'))).toEqual([]);
  });

  it('tells words of the command line: added, removed, changed, another order', async () => {
    const a = bootFile({ cmdline: 'quiet loglevel=4 console=tty0 console=ttyS0' });
    const b = bootFile({ cmdline: 'loglevel=7 console=tty0 console=ttyS1 splash' });
    expect(await told(a, b)).toEqual([
      '- quiet',
      '~ loglevel loglevel=4 -> loglevel=7',
      '~ console console=ttyS0 -> console=ttyS1',
      '+ splash',
    ]);
    const turned = bootFile({ cmdline: 'console=tty0 loglevel=4 quiet console=ttyS0' });
    expect(await told(a, turned)).toEqual([expect.stringMatching(/^~ order of words quiet loglevel/)]);
  });

  it('tells fields of the header', async () => {
    const b = bootFile({}, { board: 'mnx', tagsOffset: 0x200 });
    expect(await told(bootFile(), b)).toEqual(['~ tags address 0x10000100 -> 0x10000200', '+ board mnx']);
  });

  it('tells files: added, removed, mode, owner, size, content, target, device', async () => {
    const link: Entry = { type: 'symlink', path: 'sh', mode: 0o777, target: 'a' };
    const old = [DEV, INIT, NULL_DEVICE, link, { ...INIT, path: 'gone' }];
    const now: Entry[] = [
      { ...DEV, uid: 0, gid: 1000 } as Entry,
      { ...INIT, mode: 0o700, data: latin1('#!/bin/ash') } as Entry,
      { ...NULL_DEVICE, rdev: { major: 1, minor: 5 } } as Entry,
      { ...link, target: 'b' } as Entry,
      { ...INIT, path: 'new' },
    ];
    expect(await told(archive(old), archive(now))).toEqual([
      '~ dev owner 0:0 -> 0:1000',
      '~ dev/null device 1:3 -> 1:5',
      '- gone file 0755 0:0, 10 bytes',
      '~ init mode 0755 -> 0700',
      '~ init content 10 bytes -> other bytes',
      '+ new file 0755 0:0, 10 bytes',
      '~ sh target to a -> to b',
    ]);
  });

  it('tells that only the times of files differ', async () => {
    const later = archive([{ ...INIT, mtime: 5 } as Entry]);
    expect(await told(archive([INIT]), later)).toEqual(['~ init one time -> another']);
  });

  it('tells nodes with their properties, a new branch once', async () => {
    const before = tree({ model: 'a', compatible: ['x', 'y'] }, [node('soc', { reg: [1, 2] })]);
    const after = tree({ model: 'a', compatible: ['x'] }, [
      node('soc', { reg: [1, 3], 'dma-coherent': true }, [node('usb@1', {}, [node('phy')])]),
    ]);
    expect(await told(writeFdt(before), writeFdt(after))).toEqual([
      '~ / compatible "x", "y" -> "x"',
      '~ /soc reg <0x1 0x2> -> <0x1 0x3>',
      '+ /soc dma-coherent present',
      '+ /soc/usb@1',
    ]);
  });

  it('tells a change in long values, of which only the beginning is shown', async () => {
    const value = new Uint8Array(200).fill(1);
    const other = value.slice();
    other[199] = 2;
    const [line, ...more] = await told(writeFdt(tree({ map: value })), writeFdt(tree({ map: other })));
    expect(line).toMatch(
      /^~ \/ map \[(?:01)+\.\.\. 200 bytes, sha256 .{8}\] -> \[(?:01)+\.\.\. 200 bytes, sha256 .{8}\]$/,
    );
    expect(more).toEqual([]);
  });

  it('tells versions and options of kernels, and trees that follow them', async () => {
    const kernel = concat([
      new Uint8Array(gzipSync(configuredImage('6.13.0-mine').map((byte) => byte))),
      phoneDtb(),
      writeFdt(tree({ model: 'second' })),
    ]);
    const lines = await told(bootFile(), bootFile({ parts: { kernel } }));
    expect(lines).toEqual([
      expect.stringMatching(/^kernel > gzip > content ~ version 6\.12\.1-mine.* -> 6\.13\.0-mine/),
      expect.stringMatching(/^kernel \+ dtb 1 device tree, second, \d+ bytes$/),
    ]);
    const other = configuredImage();
    const text = 'CONFIG_ARM64=y\nCONFIG_X86=m\n';
    other.fill(0, 1024, 1400);
    other.set(concat([latin1('IKCFG_ST'), gzipSync(text), latin1('IKCFG_ED')]), 1024);
    expect(await told(configuredImage(), other)).toEqual([
      'config ~ CONFIG_X86 n -> m',
      'config - CONFIG_NR_CPUS 8',
    ]);
  });

  it('pairs trees of a list by model, so that one more in front changes nothing else', async () => {
    const [one, two] = [tree({ model: 'one' }), tree({ model: 'two', flag: true })];
    const front = writeFdt(tree({ model: 'zero' }));
    const changed = writeFdt(tree({ model: 'two' }));
    const a = concat([writeFdt(one), writeFdt(two)]);
    const b = concat([front, writeFdt(one), changed]);
    expect(await told(a, b)).toEqual([
      'dtb 2 - / flag present',
      expect.stringMatching(/^\+ dtb 0 device tree, zero/),
    ]);
  });

  it('looks through another packing and another wrapper', async () => {
    const entries = [DEV, INIT];
    const lz4 = await compress('lz4-legacy', [archive([DEV, { ...INIT, mode: 0o700 } as Entry])]);
    expect(await told(ramdisk(entries), lz4)).toEqual([
      '~ format gzip -> lz4-legacy',
      'content ~ init mode 0755 -> 0700',
    ]);
    const seandroid = wrapperNamed('seandroid');
    const wrapped = seandroid.make?.(bootFile({ cmdline: 'quiet' }));
    if (wrapped === undefined) throw new Error('seandroid cannot be made');
    expect(await told(bootFile({ cmdline: '' }), concat(seandroid.wrap(wrapped)))).toEqual([
      expect.stringMatching(/^~ format boot image v0 -> /),
      '+ quiet',
    ]);
  });

  it('tells what AVB says of an image: another digest, flags, a footer that came', async () => {
    const footed = (image: Uint8Array, flags = 0): Uint8Array =>
      concat(
        addHashFooter(image, {
          partitionName: 'boot',
          partitionSize: 1 << 20,
          salt: new Uint8Array(32),
          flags,
        }),
      );
    const [a, b] = [bootFile({ cmdline: 'a' }), bootFile({ cmdline: 'b' })];
    expect(await told(footed(a), footed(a, 3))).toEqual(['vbmeta ~ flags 0x0 -> 0x3']);
    const lines = await told(footed(a), footed(b));
    expect(lines).toEqual([
      'image - a',
      'image + b',
      expect.stringMatching(/^vbmeta ~ hash boot, \d+ bytes, sha256 \w+ -> boot, \d+ bytes, sha256 \w+$/),
    ]);
    expect(await told(a, footed(b))).toEqual([
      '~ format boot image v0 -> image with an AVB footer',
      '- a',
      '+ b',
    ]);
  });

  it('says where bytes differ when nothing that is known does', async () => {
    const level1 = new Uint8Array(gzipSync(archive([INIT]), { level: 1 }));
    const level9 = new Uint8Array(gzipSync(archive([INIT]), { level: 9 }));
    expect(await told(level1, level9)).toEqual([
      expect.stringMatching(
        /^~ bytes around equal content \d+ bytes -> \d+ bytes, the first other one at 0x/,
      ),
    ]);
    expect(await told(latin1('some'), latin1('same'))).toEqual([
      '~ content 4 bytes -> 4 bytes, the first other one at 0x1',
    ]);
  });

  it('compares what is left of damaged files', async () => {
    const broken = ramdisk().slice();
    broken[30] = (broken[30] ?? 0) ^ 1;
    const lines = await told(bootFile(), bootFile({ parts: { ramdisk: broken } }));
    expect(lines.length).toBeGreaterThan(0);
    expect(lines[0]).toMatch(/^ramdisk ~|^ramdisk -/);
  });
});
