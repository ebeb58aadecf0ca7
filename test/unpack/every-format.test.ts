import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { eachLayer, FORMATS, walkFile } from '../../src/inspect/index.ts';
import { promised } from './every-format.ts';
import { thereAndBack } from './there-and-back.ts';

const root = mkdtempSync(join(tmpdir(), 'mnx-formats-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const ROWS = promised();

describe('what mnx promises to read and write', () => {
  it('has each item once', () => {
    const items = ROWS.map(({ item }) => item);
    expect(new Set(items).size).toBe(items.length);
  });

  it.each(ROWS)('$item is recognised with all that is in it', async ({ bytes, tells, cut }) => {
    const layers = [...eachLayer(await walkFile(bytes))];
    const lines = layers.map(({ name, format, title }) => `${name}: ${format}, ${title}`);
    const missing = tells.filter((text) => !lines.some((line) => line.includes(text)));
    expect(missing, lines.join('\n')).toEqual([]);
    const problems = layers.flatMap(({ problem }) => problem?.message ?? []);
    if (cut !== true) expect(problems).toEqual([]);
  });

  it.each(ROWS.filter(({ single }) => single))('$item comes back from its format', ({ bytes }) => {
    const format = FORMATS.find((known) => known.detect(bytes));
    expect(Buffer.compare(format?.write(format.read(bytes)) ?? new Uint8Array(), bytes)).toBe(0);
  });

  it.each(ROWS.filter(({ single }) => !single))(
    '$item comes apart into a folder and together again to the same bytes',
    async ({ bytes }) => {
      const file = join(root, 'file');
      writeFileSync(file, bytes);
      for (const ramdisk of [false, true]) {
        const again = await thereAndBack(file, { root, ramdisk });
        expect(Buffer.compare(again, bytes), `ramdisk ${ramdisk}`).toBe(0);
      }
    },
  );
});
