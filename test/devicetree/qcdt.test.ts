import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../../src/binary/index.ts';
import { isQcdt, qcdtBlobs, readFdt, readQcdt, stringsOf } from '../../src/devicetree/index.ts';

const CORPUS = new URL('../../../shared/corpus/bootimg/', import.meta.url);

/** A table as dtbTool writes it: words of each entry, blobs behind on their pages. */
function table(version: number, entries: readonly (readonly number[])[], total = 4096): Uint8Array {
  const bytes = new Uint8Array(total);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode('QCDT'));
  const words = [version, entries.length, ...entries.flat()];
  for (const [i, word] of words.entries()) view.setUint32(4 + 4 * i, word, true);
  return bytes;
}

describe('readQcdt', () => {
  it('reads the three versions', () => {
    expect(readQcdt(table(1, [[239, 8, 0x10000, 2048, 2048]])).entries).toEqual([
      {
        platform: 239,
        variant: 8,
        subtype: undefined,
        socRevision: 0x10000,
        pmic: undefined,
        offset: 2048,
        size: 2048,
      },
    ]);
    expect(readQcdt(table(2, [[239, 8, 3, 0x10000, 2048, 2048]])).entries[0]).toMatchObject({ subtype: 3 });
    expect(readQcdt(table(3, [[239, 8, 3, 0, 11, 12, 13, 14, 2048, 1024]])).entries[0]).toMatchObject({
      pmic: [11, 12, 13, 14],
      size: 1024,
    });
  });

  it('gives each blob once with the entries that share it', () => {
    const bytes = table(2, [
      [1, 0, 0, 0, 3072, 1024],
      [2, 0, 0, 0, 2048, 1024],
      [3, 0, 0, 0, 3072, 1024],
    ]);
    const blobs = qcdtBlobs(bytes, readQcdt(bytes));
    expect(blobs.map(({ entries }) => entries.map(({ platform }) => platform))).toEqual([[2], [1, 3]]);
    expect(blobs.map((blob) => blob.bytes.length)).toEqual([1024, 1024]);
  });

  it.each([
    ['an unknown version', table(4, [[1, 0, 0, 0, 2048, 16]])],
    ['no entry', table(2, [])],
    ['more entries than bytes', table(2, [[1, 0, 0, 0, 64, 16]], 40).subarray(0, 20)],
    ['a blob behind the end', table(2, [[1, 0, 0, 0, 4000, 100]])],
    ['a blob over the table', table(2, [[1, 0, 0, 0, 16, 100]])],
    ['an empty blob', table(2, [[1, 0, 0, 0, 2048, 0]])],
    ['sizes that wrap', table(2, [[1, 0, 0, 0, 0xfffff000, 0xfffff000]])],
  ])('refuses %s', (_, bytes) => {
    expect(() => readQcdt(bytes)).toThrow(FormatError);
  });

  it('fails with a FormatError only', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), (tail) => {
        const bytes = Uint8Array.of(0x51, 0x43, 0x44, 0x54, ...tail);
        expect(isQcdt(bytes)).toBe(true);
        try {
          readQcdt(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
    );
  });
});

describe.each([
  ['asus-z00t_ze551kl-dt.img', 'qcom,msm8939'],
  ['moto-cedric-dt.img', 'qcom,msm8937'],
])('%s', (file, soc) => {
  const path = new URL(file, CORPUS);
  const there = existsSync(path);
  if (!there) console.log(`skipped: ${file} is not there`);
  it.skipIf(!there)('holds whole device trees of its SoC', () => {
    const bytes = new Uint8Array(readFileSync(path));
    const blobs = qcdtBlobs(bytes, readQcdt(bytes));
    expect(blobs.length).toBeGreaterThan(1);
    const compatible = blobs.map((blob) => stringsOf(readFdt(blob.bytes).root, 'compatible'));
    expect(compatible.flat()).toContain(soc);
    for (const { entries, bytes: blob } of blobs) {
      for (const entry of entries) expect(entry.size).toBe(blob.length);
    }
  });
});
