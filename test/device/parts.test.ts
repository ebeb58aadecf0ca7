import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { merge, settle } from '../../src/device/merge.ts';
import { editDistance, excerpt, locate, nearest } from '../../src/toml/index.ts';

describe('merge', () => {
  const value = fc.letrec((tie) => ({
    table: fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('any'), { maxKeys: 3 }),
    any: fc.oneof(
      { depthSize: 'small' },
      fc.integer(),
      fc.array(fc.integer(), { maxLength: 2 }),
      tie('table'),
    ),
  })).table as fc.Arbitrary<Record<string, unknown>>;

  it('leaves a table as it is when nothing is laid over it, and the other way round', () => {
    fc.assert(
      fc.property(
        value,
        (table) => void expect([merge(table, {}), merge({}, table)]).toEqual([table, table]),
      ),
    );
  });

  it('is decided by the last layer that has a key', () => {
    fc.assert(
      fc.property(value, value, value, (a, b, c) => {
        expect(merge(merge(a, b), c)).toEqual(layered(a, b, c));
      }),
    );
  });

  it('joins what waits, in the order of the layers', () => {
    const layers = [{ x: [1], x_extra: [2] }, { x_extra: [3] }, { t: { y_extra: [4] } }].reduce<
      Record<string, unknown>
    >(merge, {});
    expect(settle(layers)).toEqual({ x: [1, 2, 3], t: { y: [4] } });
  });

  it('drops what waited when the list is named again', () => {
    expect(settle(merge({ x: [1], x_extra: [2] }, { x: [5] }))).toEqual({ x: [5] });
    expect(settle(merge({ x_extra: [2] }, { x: [5], x_extra: [6] }))).toEqual({ x: [5, 6] });
  });
});

/** The last layer that has a key says what it is; tables above one another merge. */
function layered(...layers: readonly Record<string, unknown>[]): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const layer of layers) {
    for (const [key, over] of Object.entries(layer)) {
      const below = out[key];
      const both = [below, over].every(
        (one) => typeof one === 'object' && one !== null && !Array.isArray(one),
      );
      out[key] = both ? layered(below as Record<string, unknown>, over as Record<string, unknown>) : over;
    }
  }
  return out;
}

describe('nearest', () => {
  it('counts edits', () => {
    expect([
      editDistance('', 'abc'),
      editDistance('kitten', 'sitting'),
      editDistance('same', 'same'),
    ]).toEqual([3, 3, 0]);
  });

  it('is a distance', () => {
    const word = fc.string({ maxLength: 6 });
    fc.assert(
      fc.property(word, word, word, (a, b, c) => {
        expect(editDistance(a, b)).toBe(editDistance(b, a));
        expect(editDistance(a, c)).toBeLessThanOrEqual(editDistance(a, b) + editDistance(b, c));
      }),
    );
  });

  it('keeps quiet when nothing is near', () => {
    expect(nearest('zzzzzz', ['asus-z00t'])).toBeUndefined();
    expect(nearest('ASUS-Z00T', ['asus-flo', 'asus-z00t'])).toBe('asus-z00t');
  });
});

describe('locate', () => {
  const text = 'name = "x"\n[a.b]\nc = 1\n  d.e = { f = 2, g = 3 }\n[[list]]\nh = 4\n"odd key" = 5\n';

  it.each([
    [['name'], 1, 1],
    [['a', 'b'], 2, 1],
    [['a', 'b', 'c'], 3, 1],
    [['a', 'b', 'd', 'e', 'g'], 4, 18],
    [['list', 0, 'h'], 6, 1],
    [['list', 0, 'odd key'], 7, 1],
    [['a', 'b', 'missing'], 2, 1],
  ])('%j stands at %i:%i', (path, line, column) => {
    expect(locate(text, path)).toEqual({ line, column });
  });

  it('does not find what is not there', () => {
    expect(locate(text, ['nowhere'])).toBeUndefined();
  });

  it('marks the column under the line', () => {
    expect(excerpt(text, { line: 3, column: 5 })).toBe('  3 | c = 1\n    |     ^');
  });
});
