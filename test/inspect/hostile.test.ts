import { describe, expect, it } from 'vitest';
import { FormatError } from '../../src/binary/index.ts';
import { cpioFormat, type Entry, packCpio } from '../../src/initramfs/index.ts';
import { diffFilesOf, inspectFile, PARTS_LIMIT } from '../../src/inspect/index.ts';
import { random } from '../bootimg/random.ts';
import { stopwatch } from '../stopwatch.ts';
import { bootFile, INIT, vendorFile } from './samples.ts';
import { victims } from './victims.ts';

const SEED = Number(process.env['MNX_SEED'] ?? 20261126);
const SLOWEST_MS = 2000;

const WHOLE = [
  { name: 'a boot image', bytes: bootFile(), flips: 300 },
  { name: 'a vendor_boot image', bytes: vendorFile(), flips: 150 },
  ...victims()
    .filter(({ bytes }) => bytes.length < 200_000)
    .map(({ name, bytes }) => ({ name, bytes, flips: 25 })),
];

/** Shown, or refused with a FormatError; in time. */
async function look(bytes: Uint8Array, what: string): Promise<void> {
  const elapsed = stopwatch();
  try {
    const { layer } = await inspectFile(bytes);
    expect(layer.title).not.toBe('');
  } catch (error) {
    if (!(error instanceof FormatError)) throw new Error(what, { cause: error });
  }
  expect(elapsed(), what).toBeLessThan(SLOWEST_MS);
}

describe.each(WHOLE)('$name', ({ bytes, flips }) => {
  it(`is shown or refused with bits flipped and ends cut off, seed ${SEED}`, async () => {
    const next = random(SEED);
    for (let i = 0; i < flips; i++) {
      const copy = bytes.slice();
      const at = next(3) === 0 ? next(Math.min(copy.length, 64)) : next(copy.length);
      copy[at] = (copy[at] ?? 0) ^ (1 << next(8));
      await look(copy, `a bit of byte ${at}`);
      const end = next(copy.length);
      await look(bytes.subarray(0, end), `cut off at ${end}`);
    }
  });
});

describe('a table of a hundred thousand trees', () => {
  const COUNT = 100_000;
  const table = (fill: number): Uint8Array => {
    const view = new DataView(new ArrayBuffer(12 + COUNT * 24 + COUNT));
    for (const [i, char] of [...'QCDT'].entries()) view.setUint8(i, char.charCodeAt(0));
    view.setUint32(4, 2, true);
    view.setUint32(8, COUNT, true);
    for (let i = 0; i < COUNT; i++) {
      view.setUint32(12 + i * 24 + 16, 12 + COUNT * 24 + i, true);
      view.setUint32(12 + i * 24 + 20, 1, true);
      view.setUint8(12 + COUNT * 24 + i, fill);
    }
    return new Uint8Array(view.buffer);
  };

  it('is shown up to a cap, and that is said', async () => {
    const elapsed = stopwatch();
    const { layer, findings } = await inspectFile(table(1));
    expect(elapsed()).toBeLessThan(SLOWEST_MS);
    expect(layer.inside).toHaveLength(PARTS_LIMIT);
    expect(findings).toMatchObject([{ code: 'inspect.parts' }]);
  });

  it('is compared in time', async () => {
    const elapsed = stopwatch();
    expect((await diffFilesOf(table(1), table(2))).length).toBeGreaterThan(0);
    expect(elapsed()).toBeLessThan(2 * SLOWEST_MS);
  });
});

describe('diffFilesOf', () => {
  it('compares whatever is damaged', async () => {
    const whole = bootFile();
    const next = random(SEED);
    for (let i = 0; i < 200; i++) {
      const copy = whole.slice();
      const at = next(copy.length);
      copy[at] = (copy[at] ?? 0) ^ (1 << next(8));
      expect((await diffFilesOf(whole, copy)).length, `a bit of byte ${at}`).toBeGreaterThan(0);
    }
  });
});

describe('an archive of a hundred thousand entries', () => {
  it('is read and shown in time', async () => {
    const entries = Array.from({ length: 100_000 }, (_, i) => ({ ...INIT, path: `f${i}` }) as Entry);
    const archive = packCpio(entries);
    const elapsed = stopwatch();
    expect(cpioFormat.read(archive).members).toHaveLength(100_001);
    expect(elapsed(), 'milliseconds to read').toBeLessThan(SLOWEST_MS);
    await expect(inspectFile(archive)).resolves.toMatchObject({ findings: [], damaged: false });
  });
});
