import { describe, expect, it } from 'vitest';
import { flipBits, victims } from '../bootimg/hostile-cases.ts';

const SEED = Number(process.env['MNX_SEED'] ?? 20261121);
const FLIPS = 10_000;
/** A second loader of a megabyte is read and compared in whole: fewer flips show as much. */
const FLIPS_OF_LARGE = 1_000;
const LARGE = 200_000;

const ROWS = victims().map((victim) => ({
  victim,
  name: victim.name,
  flips: victim.bytes.length > LARGE ? FLIPS_OF_LARGE : FLIPS,
}));

describe(`flipped bits from seed ${SEED}`, () => {
  it.each(ROWS)('$name: $flips are refused or come back', ({ victim, flips }) => {
    const accepted = flipBits(victim, flips, SEED + 1);
    expect(accepted).toBeGreaterThan(0);
  });
});
