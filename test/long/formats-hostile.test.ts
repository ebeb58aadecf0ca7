import { describe, expect, it } from 'vitest';
import { flipBits } from '../inspect/victim.ts';
import { victims } from '../inspect/victims.ts';

const SEED = Number(process.env['MNX_SEED'] ?? 20261121);
const FLIPS = 10_000;

const ROWS = victims().map((victim) => ({ victim, name: victim.name }));

describe(`${FLIPS} flipped bits from seed ${SEED}`, () => {
  it.each(ROWS)('$name is refused or comes back', ({ victim }) => {
    const accepted = flipBits(victim, FLIPS, SEED + 1);
    expect(accepted > 0, `${accepted} accepted`).toBe(victim.sealed !== true);
  });
});
