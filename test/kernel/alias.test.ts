import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aliasTable, ofModalias } from '../../src/kernel/index.ts';

const matches = (pattern: string, text: string) => aliasTable([[pattern, 'm']]).match(text).length === 1;

describe('aliases', () => {
  it.each([
    ['of:N*T*Cacme,x', 'of:NaT(null)Cacme,x', true],
    ['of:N*T*Cacme,x', 'of:NaT(null)Cacme,xCacme,y', false],
    ['of:N*T*Cacme,xC*', 'of:NaT(null)Cacme,xCacme,y', true],
    ['usb:v1234p[0-9]*', 'usb:v1234p5abc', true],
    ['usb:v1234p[!0-9]*', 'usb:v1234p5abc', false],
    ['a?c', 'abc', true],
    ['a?c', 'ac', false],
    ['acme,v1.4', 'acme,v1x4', false],
    ['plain-name', 'plain_name', true],
    ['of:N*T*Cacme,a-b', 'of:NxT(null)Cacme,a_b', true],
    ['a[x-z]b', 'a-b', false],
    ['a[x-z]b', 'ayb', true],
    ['a\\*b', 'a*b', true],
    ['a\\*b', 'axb', false],
    ['a(b)+{2}|c$', 'a(b)+{2}|c$', true],
  ])('%s against %s: %s', (pattern, text, wanted) => {
    expect(matches(pattern, text)).toBe(wanted);
  });

  it('agrees with a plain reading of * and ?', () => {
    const letters = fc
      .array(fc.constantFrom('a', 'b', '*', '?', '.'), { maxLength: 7 })
      .map((list) => list.join(''));
    const words = fc.array(fc.constantFrom('a', 'b', '.'), { maxLength: 7 }).map((list) => list.join(''));
    fc.assert(
      fc.property(letters, words, (pattern, text) => {
        expect(matches(pattern, text)).toBe(glob(pattern, text));
      }),
      { numRuns: 2000 },
    );
  });

  it('finds the same in a table of many as one by one', () => {
    const part = fc.constantFrom(
      'of:N',
      '*',
      '?',
      'T(null)',
      'Cacme,mmc',
      'Cacme,mmc_v2',
      'C',
      'usb',
      '[a-c]',
    );
    const pattern = fc.array(part, { maxLength: 6 }).map((parts) => parts.join(''));
    const text = fc
      .array(fc.constantFrom('of:N', 'mmc', 'T(null)', 'Cacme,mmc', 'Cacme,mmc_v2', 'usb', 'b'), {
        maxLength: 6,
      })
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.array(pattern, { maxLength: 12 }), text, (patterns, modalias) => {
        const table = aliasTable(patterns.map((one, i) => [one, `m${i}`] as const));
        const one = patterns.flatMap((alias, i) => (matches(alias, modalias) ? [`m${i}`] : []));
        // Names of exact aliases come first.
        expect([...table.match(modalias)].sort()).toEqual(one.sort());
      }),
      { numRuns: 1000 },
    );
  });

  it('finds those of any bus beside those of its own, in their order', () => {
    const aliases = [
      ['*mmc*', 'any'],
      ['of:N*T*Cacme,mmc*', 'tree'],
      ['u?b:*mmc*', 'wild'],
      ['usb:mmc-v1', 'exact'],
      ['[ou]*:*mmc', 'set'],
      ['fs-mmc', 'plain'],
    ] as const;
    const both = (table: readonly (readonly [string, string])[], text: string) =>
      aliasTable(table).match(text);
    expect(both(aliases, 'of:NaT(null)Cacme,mmc')).toEqual(['any', 'tree', 'set']);
    expect(both(aliases.toReversed(), 'of:NaT(null)Cacme,mmc')).toEqual(['set', 'tree', 'any']);
    expect(both(aliases, 'usb:mmc_v1')).toEqual(['exact', 'any', 'wild']);
    expect(both(aliases, 'fs_mmc')).toEqual(['plain', 'any']);
  });

  it('names a node as the kernel does', () => {
    expect(ofModalias({ name: 'mmc', compatible: ['acme,mmc v2', 'acme,mmc'] })).toBe(
      'of:NmmcT(null)Cacme,mmc_v2Cacme,mmc',
    );
    expect(ofModalias({ name: 'cpu', type: 'cpu', compatible: ['arm,x'] })).toBe('of:NcpuTcpuCarm,x');
  });
});

/** fnmatch by definition, one character at a time. */
function glob(pattern: string, text: string): boolean {
  const [first, rest] = [pattern[0], pattern.slice(1)];
  if (first === undefined) return text === '';
  if (first === '*') return glob(rest, text) || (text !== '' && glob(pattern, text.slice(1)));
  return text !== '' && (first === '?' || first === text[0]) && glob(rest, text.slice(1));
}
