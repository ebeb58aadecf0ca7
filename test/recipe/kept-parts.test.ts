import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256, utf8 } from '../../src/binary/index.ts';
import { gzip } from '../../src/compress/index.ts';
import { type Cache, openCache } from '../../src/payload/index.ts';
import { keptBlocks } from '../../src/recipe/kept-blocks.ts';
import { openKept, partKey } from '../../src/recipe/kept-parts.ts';

let root: string;
let cache: Cache;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'mnx-kept-'));
  cache = openCache({ root });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const PLAN = { device: 'asus-z00t', variant: 'mainline' };
const open = (kind = 'blocks') => openKept(cache, PLAN, kind);
const key = (about: unknown) => partKey(about);

/** A build that makes these parts. */
async function made(parts: Readonly<Record<string, string>>): Promise<void> {
  const kept = open();
  for (const [name, text] of Object.entries(parts)) {
    if (kept.get(key(name)) === undefined) kept.set(key(name), utf8(text));
  }
  await kept.save();
}

describe('kept parts', () => {
  const folder = () => join(root, 'parts/asus-z00t-mainline-blocks');

  it('are found by what they were made from, and by nothing else', async () => {
    await made({ a: 'one', b: '' });
    const kept = open();
    expect(kept.get(key('a'))).toEqual(utf8('one'));
    expect(kept.get(key('b'))).toEqual(new Uint8Array());
    expect(kept.get(key('c'))).toBeUndefined();
    expect(open('splash').get(key('a'))).toBeUndefined();
    expect(openKept(cache, { ...PLAN, variant: undefined }, 'blocks').get(key('a'))).toBeUndefined();
  });

  it('are those of the last build alone', async () => {
    await made({ a: 'one', b: 'two' });
    await made({ b: 'two', c: 'three' });
    const kept = open();
    expect(['a', 'b', 'c'].map((name) => kept.get(key(name)) !== undefined)).toEqual([false, true, true]);
    expect(readdirSync(folder())).toHaveLength(2);
    const before = readdirSync(folder()).map((name) => statSync(join(folder(), name)).ino);
    await made({ b: 'two' });
    expect(readdirSync(folder()).map((name) => statSync(join(folder(), name)).ino)).toEqual(before);
  });

  it('count as nothing when they are damaged', async () => {
    await made({ a: 'one', b: 'two' });
    const file = join(folder(), Buffer.from(key('a')).toString('hex'));
    const whole = readFileSync(file);
    for (let at = 0; at < whole.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const bad = Buffer.from(whole);
        bad[at] = (bad[at] ?? 0) ^ (1 << bit);
        writeFileSync(file, bad);
        expect(open().get(key('a'))).toBeUndefined();
      }
      writeFileSync(file, whole.subarray(0, at));
      expect(open().get(key('a'))).toBeUndefined();
      writeFileSync(file, Buffer.concat([whole, whole.subarray(0, at + 1)]));
      expect(open().get(key('a'))).toBeUndefined();
    }
    expect(open().get(key('b'))).toEqual(utf8('two'));
    await made({ a: 'one' });
    expect(open().get(key('a'))).toEqual(utf8('one'));
    expect(readdirSync(folder())).toHaveLength(1);
  });

  it('are not missed when they cannot be kept', async () => {
    const kept = open();
    kept.set(key('a'), utf8('one'));
    rmSync(join(root, 'parts'), { recursive: true, force: true });
    writeFileSync(join(root, 'parts'), 'in the way of the folder');
    await kept.save();
    expect(readFileSync(join(root, 'parts'), 'utf8')).toBe('in the way of the folder');
  });

  it('change no byte of what is compressed', async () => {
    const data = Uint8Array.from({ length: 3_000_000 }, (_, i) => (i * i) >>> 7);
    const plain = sha256(await gzip([data]));
    for (const changed of [false, false, true]) {
      const input = changed ? data.with(1_200_000, 77) : data;
      const kept = open();
      expect(sha256(await gzip([input], { memory: keptBlocks(kept) }))).toBe(
        changed ? sha256(await gzip([input])) : plain,
      );
      await kept.save();
    }
    expect(await gzip([data], { level: 9, memory: keptBlocks(open()) })).toEqual(
      await gzip([data], { level: 9 }),
    );
  });
});
