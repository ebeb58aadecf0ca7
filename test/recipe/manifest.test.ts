import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeManifest, type Manifest, sortInputs } from '../../src/recipe/manifest.ts';

const HASH = 'ab'.repeat(32);
const MANIFEST: Manifest = {
  schema: 1,
  device: 'asus-z00t',
  variant: undefined,
  image: { size: 3, sha256: HASH },
  header: { version: 0, pageSize: 2048, cmdline: 'quiet' },
  layout: { kind: 'plain', because: 'it fits' },
  inputs: [{ role: 'kernel', name: 'Image', version: '7.2', sha256: HASH }],
  parts: [{ name: 'kernel', size: 2, sha256: HASH }],
  modules: ['ext4', 'crc32c'],
  memory: undefined,
  findings: [],
  debug: false,
  ssh: { on: false, passwordless: false },
};

/** The same value with the keys of every object in another order. */
function reordered<T>(value: T): T {
  if (Array.isArray(value)) return value.map(reordered) as T;
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).reverse();
  return Object.fromEntries(entries.map(([key, inner]) => [key, reordered(inner)])) as T;
}

describe('encodeManifest', () => {
  it('has sorted keys, two blanks, and a line end', () => {
    const text = encodeManifest(MANIFEST);
    expect(text).toMatch(
      /^\{\n {2}"debug": false,\n {2}"device": "asus-z00t",\n {2}"findings": \[\],\n {2}"header": \{\n {4}"cmdline"/,
    );
    expect(text).toMatch(/\}\n$/);
    expect(Object.keys(JSON.parse(text) as object)).toEqual(
      Object.keys(JSON.parse(JSON.stringify(MANIFEST)) as object).sort(),
    );
  });

  it('leaves out what is undefined and keeps the order of lists', () => {
    const read = JSON.parse(encodeManifest(MANIFEST)) as Manifest;
    expect(read).not.toHaveProperty('variant');
    expect(read).not.toHaveProperty('memory');
    expect(read.modules).toEqual(['ext4', 'crc32c']);
  });

  it('does not depend on the order in which it was put together', () => {
    expect(encodeManifest(reordered(MANIFEST))).toBe(encodeManifest(MANIFEST));
  });

  it('is the same after it was read', () => {
    const text = encodeManifest(MANIFEST);
    expect(encodeManifest(JSON.parse(text) as Manifest)).toBe(text);
  });
});

const input = fc.record({
  role: fc.constantFrom('kernel', 'dtb', 'program'),
  name: fc.string({ maxLength: 4 }),
  version: fc.constant(''),
  sha256: fc.constantFrom('aa', 'bb', 'cc'),
});

describe('sortInputs', () => {
  it('gives one order for any order, and each input once', () => {
    fc.assert(
      fc.property(
        fc.array(input, { maxLength: 12 }),
        fc.array(fc.nat(), { maxLength: 12 }),
        (inputs, keys) => {
          const shuffled = inputs
            .map((one, i) => ({ one, key: keys[i] ?? 0 }))
            .sort((a, b) => a.key - b.key)
            .map(({ one }) => one);
          const sorted = sortInputs(inputs);
          expect(sortInputs([...shuffled, ...shuffled])).toEqual(sorted);
          expect(sortInputs(sorted)).toEqual(sorted);
          for (const one of inputs) expect(sorted).toContainEqual(one);
        },
      ),
    );
  });

  it('keeps two files of one name apart', () => {
    const one = { role: 'dtb', name: 'a.dtb', version: '', sha256: 'aa' };
    expect(sortInputs([{ ...one, sha256: 'bb' }, one])).toEqual([one, { ...one, sha256: 'bb' }]);
  });
});
