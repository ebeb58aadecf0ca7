import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { concat } from '../../src/binary/index.ts';
import {
  type BootImage,
  bootimgFormat,
  editImage,
  readBootImage,
  writeBootImage,
} from '../../src/bootimg/index.ts';
import { verifyImage } from '../../src/lint/index.ts';
import { editFile } from '../../src/recipe/index.ts';
import { imageWith, PARTS } from './sample.ts';

const { kernel, ramdisk } = PARTS;
const RULES = ['rockchip', 'lineage'] as const;
const ID = 576;

function sha1(parts: readonly Uint8Array[], more: Uint8Array = new Uint8Array(0)): Uint8Array {
  const hash = createHash('sha1');
  for (const part of parts) {
    const size = Buffer.alloc(4);
    size.writeUInt32LE(part.length);
    hash.update(part).update(size);
  }
  return hash.update(more).digest();
}

/** An image of v0 with an id as a vendor's own tool makes it, over the sections and some of the header. */
function image(cmdline: string, second: Uint8Array, rule: (typeof RULES)[number]): Uint8Array {
  const made = imageWith({}, { cmdline, id: 'none', parts: { kernel, ramdisk, second } });
  const bytes = concat(writeBootImage({ ...made, board: 'SRPQA01A003KU' }));
  const more = { rockchip: bytes.slice(32, ID), lineage: new Uint8Array(4) }[rule];
  bytes.set(sha1([kernel, ramdisk, second], more), ID);
  return bytes;
}

const TWO = new Uint8Array(700).fill(2);
const THREE = new Uint8Array(900).fill(3);

describe("a vendor's own rule of the id", () => {
  it.each(RULES)('%s is known, kept, and followed by an edit', async (rule) => {
    const bytes = image('quiet', TWO, rule);
    const read = readBootImage(bytes);
    expect(read.id).toEqual({ kind: `sha1-${rule}` });
    expect(concat(writeBootImage(read))).toEqual(bytes);
    expect((await verifyImage(bytes)).findings.filter(({ code }) => code === 'lint.id')).toEqual([]);
    const { image: changed } = editImage({ kind: 'boot', image: read }, { parts: { second: THREE } });
    expect(concat(writeBootImage(changed as typeof read))).toEqual(image('quiet', THREE, rule));
  });

  it("takes the command line into Rockchip's", () => {
    const read = readBootImage(image('quiet', TWO, 'rockchip'));
    const { image: changed } = editImage({ kind: 'boot', image: read }, { cmdline: 'loud' });
    expect(concat(writeBootImage(changed as typeof read))).toEqual(image('loud', TWO, 'rockchip'));
  });

  it('is not found where a bit of it differs', () => {
    for (const rule of RULES) {
      const bytes = image('quiet', TWO, rule);
      bytes[ID + 8] = (bytes[ID + 8] ?? 0) ^ 1;
      expect(readBootImage(bytes).id.kind).toBe('raw');
      expect(concat(writeBootImage(readBootImage(bytes)))).toEqual(bytes);
    }
  });
});

describe("Samsung's header with a name of 20 bytes", () => {
  const BOARD = 48;

  /** Everything behind a name of 16 bytes, moved by four. */
  function moved(cmdline: string, name: string, parts: BootImage['parts'] = { kernel, ramdisk }): Uint8Array {
    const bytes = concat(writeBootImage(imageWith({ dialect: 'classic' }, { cmdline, parts })));
    bytes.copyWithin(BOARD + 20, BOARD + 16, BOARD + 16 + 512 + 32 + 1024);
    bytes.fill(0, BOARD, BOARD + 20);
    bytes.set(Buffer.from(name.slice(0, 20)), BOARD);
    return bytes;
  }

  it.each(['', 'console=null', 'x'.repeat(510), 'y'.repeat(1300)])(
    'is read, and written again: %s',
    (text) => {
      const bytes = moved(text, 'SRPQA01A003KU-nineteen');
      const read = readBootImage(bytes);
      expect(read).toMatchObject({
        nameSize: 20,
        board: 'SRPQA01A003KU-ninete',
        cmdline: text,
        id: { kind: 'sha1' },
        keptFields: [],
        keptPaddings: [],
      });
      expect(concat(writeBootImage(read))).toEqual(bytes);
      const facts = bootimgFormat.describe(read);
      expect(facts).toContainEqual({ name: 'command line', value: text, offset: BOARD + 20, size: 512 });
    },
  );

  it('is edited', async () => {
    const { bytes } = await editFile(moved('quiet', 'one'), {
      cmdline: 'loud',
      board: 'a board of 20 bytes.',
    });
    expect(bytes).toEqual(moved('loud', 'a board of 20 bytes.'));
    const grown = await editFile(bytes, { parts: { second: TWO } });
    expect(grown.bytes).toEqual(moved('loud', 'a board of 20 bytes.', { kernel, ramdisk, second: TWO }));
    expect((await verifyImage(grown.bytes)).findings.filter(({ code }) => code === 'lint.id')).toEqual([]);
    await expect(editFile(bytes, { board: 'one of 21 bytes here.' })).rejects.toMatchObject({
      code: 'bootimg.board',
    });
  });

  it('is no header of a later version', () => {
    const image = { ...imageWith({ headerVersion: 1 }, { parts: { kernel } }), nameSize: 20 } as const;
    expect(() => writeBootImage(image)).toThrow('no name of 20 bytes');
  });
});
