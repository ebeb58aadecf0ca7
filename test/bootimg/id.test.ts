import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { concat } from '../../src/binary/index.ts';
import { editImage, readBootImage, writeBootImage } from '../../src/bootimg/index.ts';
import { verifyImage } from '../../src/lint/index.ts';
import { imageWith, PARTS } from './sample.ts';

const { kernel, ramdisk } = PARTS;
const RULES = ['name20', 'rockchip', 'lineage'] as const;
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

/** An image of v0 with an id as a vendor's own tool makes it: `at` in the field, over the sections and some of the header. */
function image(cmdline: string, second: Uint8Array, rule: (typeof RULES)[number]): Uint8Array {
  const made = imageWith({}, { cmdline, id: 'none', parts: { kernel, ramdisk, second } });
  const bytes = concat(writeBootImage({ ...made, board: 'SRPQA01A003KU' }));
  const more = { name20: undefined, rockchip: bytes.slice(32, ID), lineage: new Uint8Array(4) }[rule];
  bytes.set(sha1([kernel, ramdisk, second], more), rule === 'name20' ? ID + 4 : ID);
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

  it('does not write a command line where a longer name moved it', () => {
    const read = readBootImage(image('', TWO, 'name20'));
    expect(() => editImage({ kind: 'boot', image: read }, { cmdline: 'loud' })).toThrow('20 bytes');
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
