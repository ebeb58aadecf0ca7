import { describe, expect, it } from 'vitest';
import { firmwareLines } from '../../src/cli/firmware-lines.ts';

const missing = (...names: string[]) => names.map((name) => ({ name, by: 'x' }));

describe('firmwareLines', () => {
  it('says what is inside, and names what is not', () => {
    expect(firmwareLines({ inside: ['a'], missing: [] })).toEqual(['Firmware: 1 file inside']);
    expect(firmwareLines({ inside: [], missing: missing('a', 'b') })).toEqual([
      'Firmware: 0 files inside; nobody brings a, b',
    ]);
    expect(firmwareLines({ inside: [], missing: missing('a', 'b', 'c', 'd', 'e') })).toEqual([
      'Firmware: 0 files inside; nobody brings a, b, c and 2 more',
    ]);
  });

  it('says nothing where no driver wants any', () => {
    expect(firmwareLines(undefined)).toEqual([]);
  });
});
