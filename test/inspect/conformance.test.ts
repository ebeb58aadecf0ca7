import { describe, expect, it } from 'vitest';
import { concat } from '../../src/binary/index.ts';
import { FORMATS } from '../../src/inspect/index.ts';
import { random } from '../bootimg/random.ts';
import { stopwatch } from '../stopwatch.ts';
import { flipBits, outcomeOf, type Victim } from './victim.ts';
import { victims } from './victims.ts';

const ALL = victims();
const VICTIMS = ALL.map((victim) => ({ name: victim.name, victim }));

/** Formats that stand around or within others, and what those are detected as well. */
const ALSO: Readonly<Record<string, readonly string[]>> = {
  loki: ['bootimg'],
  seandroid: ['bootimg'],
  'lg-bump': ['bootimg'],
  nook: ['bootimg'],
  acclaim: ['bootimg'],
  window: ['kernel'],
  fdts: ['fdt'],
};

/** Values that have broken readers of sizes. */
const SIZES = [0, 1, 3, 0x7fffffff, 0x80000000, 0xfffff001, 0xffffffff];
const PAGE_SIZES = [0, 1, 3, 1000, 0x80000000];
const VERSIONS = [5, 6, 255];

const SEED = Number(process.env['MNX_SEED'] ?? 20261121);
/** Per format; the golden run does 10,000. The large files of some wrappers take longer. */
const FLIPS = (victim: Victim): number => (victim.bytes.length > 200_000 ? 150 : 1500);

const RANDOM = 100;

/** A reader that believes a hostile size asks for gigabytes. */
const MOST_BYTES = 300 * 1024 * 1024;

/** A reader of a file of a megabyte takes a few milliseconds; one that follows a hostile size takes minutes. */
const SLOWEST_MS = 1000;

function withWord({ bytes, bigEndian }: Victim, offset: number, value: number): Uint8Array {
  const copy = bytes.slice();
  new DataView(copy.buffer).setUint32(offset, value, bigEndian !== true);
  return copy;
}

function timed(victim: Victim, bytes: Uint8Array, what: string): 'accepted' | 'refused' {
  const spent = stopwatch();
  const before = process.memoryUsage.rss();
  const outcome = outcomeOf(victim.format, bytes, `${victim.name}, ${what}`);
  expect(spent(), `${victim.name}, ${what}: milliseconds`).toBeLessThan(SLOWEST_MS);
  expect(process.memoryUsage.rss() - before, `${victim.name}, ${what}: bytes`).toBeLessThan(MOST_BYTES);
  return outcome;
}

describe('the registry', () => {
  it('has a whole file of every format here', () => {
    const names = FORMATS.map(({ name }) => name).sort();
    expect([...new Set(ALL.map(({ format }) => format.name))].sort()).toEqual(names);
  });
});

describe.each(VICTIMS)('$name', ({ victim }) => {
  const { bytes } = victim;

  it('is accepted when it is whole, and by its own format only', () => {
    const detected = FORMATS.filter((format) => format.detect(bytes)).map(({ name }) => name);
    expect(detected).toContain(victim.format.name);
    const others = detected.filter((name) => name !== victim.format.name);
    expect(others).toEqual(ALSO[victim.format.name] ?? []);
    expect(timed(victim, bytes, 'whole')).toBe('accepted');
  });

  it('is refused when it is cut off in its header or where a section begins or ends', () => {
    const header = Array.from({ length: Math.min(victim.header, bytes.length - 1) }, (_, at) => at);
    const last = Array.from({ length: 64 }, (_, i) => bytes.length - 1 - i);
    const { openEnd = bytes.length, ends = [] } = victim;
    const cuts = [...header, ...victim.boundaries, ...last].filter(
      (end) => end >= 0 && end < openEnd && !ends.includes(end),
    );
    const accepted = cuts.filter(
      (end) => timed(victim, bytes.subarray(0, end), `cut off at ${end}`) === 'accepted',
    );
    expect(accepted).toEqual([]);
  });

  it('is refused or comes back with any size in its size fields', () => {
    for (const at of victim.sizes) {
      for (const size of SIZES) {
        const outcome = timed(victim, withWord(victim, at, size), `${size} at ${at}`);
        expect(['accepted', 'refused']).toContain(outcome);
      }
    }
  });

  it.runIf(victim.pageSize !== undefined)('is refused with an impossible page size', () => {
    for (const size of PAGE_SIZES) {
      const hostile = withWord(victim, victim.pageSize ?? 0, size);
      expect(timed(victim, hostile, `page size ${size}`), `page size ${size}`).toBe('refused');
    }
  });

  it.runIf(victim.version !== undefined)('is refused with an unknown version', () => {
    for (const version of VERSIONS) {
      const hostile = withWord(victim, victim.version ?? 0, version);
      const outcome = timed(victim, hostile, `version ${version}`);
      // In v0 to v2 a word above 8 is the size of a DT table, which may be that small.
      const table = victim.name.startsWith('boot v') && victim.pageSize !== undefined && version > 8;
      if (!table) expect(outcome, `version ${version}`).toBe('refused');
    }
  });

  it('is refused or comes back with random bytes behind its magic, and instead of it', () => {
    const next = random(SEED);
    for (let i = 0; i < RANDOM; i++) {
      const noise = Uint8Array.from({ length: next(2000) }, () => next(256));
      timed(victim, noise, `noise ${i}`);
      timed(victim, concat([bytes.subarray(0, 4 + next(60)), noise]), `noise ${i} behind the magic`);
    }
  });

  it(`is refused or comes back with any bit flipped, seed ${SEED}`, () => {
    const accepted = flipBits(victim, FLIPS(victim), SEED);
    // Most bits belong to addresses, names, padding and content, which nothing checks.
    expect(accepted > 0, `${accepted} accepted`).toBe(victim.sealed !== true);
  });
});
