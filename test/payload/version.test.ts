import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareVersions } from '../../src/payload/index.ts';

/** Each is older than the next (deb-version(7), Debian Policy 5.6.12). */
const ASCENDING = [
  '0~~',
  '0~~a',
  '0~',
  '0',
  '0a',
  '0.1~rc1-1',
  '0.1-1',
  '0.1-1+b1',
  '0.1-1.1',
  '6.12.107-1',
  '7.2.12-1~bpo12+1',
  '7.2.12-1~bpo13+1',
  '7.2.12-1',
  '7.10-1',
  '1:0.1-1',
  '1:1.37.0-6+b9',
  '1:1.37.0-6+deb13u1',
  '2:0',
];

const version = fc.stringMatching(/^([0-9]:)?[0-9][0-9a-zA-Z.+~]{0,6}(-[0-9a-zA-Z.+~]{1,4})?$/);

describe('compareVersions', () => {
  it('orders as Debian does', () => {
    const shuffled = [...ASCENDING].reverse();
    expect(shuffled.sort(compareVersions)).toEqual(ASCENDING);
  });

  it('takes equal forms for equal', () => {
    for (const [a, b] of [
      ['1.0', '0:1.0'],
      ['1.00', '1.0'],
      ['1.0', '1.0-0'],
      ['007', '7'],
    ] as const) {
      expect(compareVersions(a, b), `${a} ${b}`).toBe(0);
    }
  });

  it('compares numbers beyond 2^53', () => {
    expect(compareVersions('20261121001122334455', '20261121001122334456')).toBeLessThan(0);
  });

  it('is an order', () => {
    fc.assert(
      fc.property(version, version, version, (a, b, c) => {
        expect(Math.sign(compareVersions(a, b))).toBe(-Math.sign(compareVersions(b, a)) + 0);
        if (compareVersions(a, b) <= 0 && compareVersions(b, c) <= 0) {
          expect(compareVersions(a, c)).toBeLessThanOrEqual(0);
        }
      }),
    );
  });
});
