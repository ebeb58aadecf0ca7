import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { concat, equal, type Format, FormatError, sha256, UsageError } from '../../src/binary/index.ts';
import {
  buildDtbo,
  buildQcdt,
  dtboBlob,
  dtboCompression,
  dtboFormat,
  qcdtFormat,
  qcdtIds,
  readQcdt,
} from '../../src/devicetree/index.ts';
import { extremes, flips, truncations } from '../compress/hostile.ts';
import { stopwatch } from '../stopwatch.ts';
import { dtb, OLD, ONE, PMIC, TABLES, TWO } from './table-files.ts';

const CORPUS = new URL('../../../shared/corpus/bootimg/', import.meta.url);
const LIMIT = 1 << 20;

/** Reads within a second; what is read is written as it was. */
function outcome(format: Format<never>, bytes: Uint8Array): 'same' | FormatError {
  const spent = stopwatch();
  try {
    const value = format.read(bytes);
    format.describe(value);
    expect(equal(format.write(value), bytes)).toBe(true);
    return 'same';
  } catch (error) {
    if (error instanceof FormatError) return error;
    throw new Error(`${format.name}: ${Buffer.from(bytes.subarray(0, 256)).toString('hex')}`, {
      cause: error,
    });
  } finally {
    expect(spent()).toBeLessThan(1000);
  }
}

describe.each(TABLES)('%s', (_name, format, bytes) => {
  it('is told, described, and comes back byte for byte', () => {
    expect(format.detect(bytes)).toBe(true);
    expect(format.detect(bytes.subarray(1))).toBe(false);
    expect(outcome(format, bytes)).toBe('same');
    expect(format.describe(format.read(bytes)).length).toBeGreaterThan(2);
  });

  it('keeps a tail that it does not know', () => {
    if (format.name === 'fdts') return;
    expect(outcome(format, concat([bytes, Uint8Array.of(0, 0, 1, 2, 3)]))).toBe('same');
  });

  it('is refused when cut', () => {
    const end = bytes.findLastIndex((byte) => byte !== 0) + 1;
    for (const cut of truncations(bytes.subarray(0, end), 160, 101)) {
      // A chain cut between two blobs is a shorter chain; a vendor table may end in bytes of nobody.
      const whole = format.name === 'fdts' ? [ONE.length, ONE.length + TWO.length] : [];
      const zeros =
        cut.length >= ONE.length + TWO.length &&
        format.name === 'fdts' &&
        cut.length <= ONE.length + TWO.length + 7;
      if (whole.includes(cut.length) || zeros) continue;
      const kept = cut.length >= 612 && ['sprd'].includes(format.name);
      if (!kept) expect(outcome(format, cut), `${cut.length}`).toBeInstanceOf(FormatError);
    }
  });

  it('answers 1,500 flipped copies with the same bytes or a FormatError', () => {
    for (const bad of flips(bytes, 0x2468ace, 1500, 160)) outcome(format, bad);
  });

  it('answers extremes in every field with the same bytes or a FormatError', () => {
    for (const bad of extremes(bytes, 120)) outcome(format, bad);
  });
});

describe('buildQcdt', () => {
  it('lists each msm-id with each board-id, sorted, blobs padded and once', () => {
    const bytes = buildQcdt([ONE, TWO, ONE]);
    const { version, entries } = readQcdt(bytes);
    expect(version).toBe(2);
    const boards = entries.map((entry) => [entry.platform, entry.variant, entry.subtype, entry.socRevision]);
    expect(boards).toEqual([
      [206, 8, 0, 0],
      [206, 8, 1, 0x10000],
      [206, 11, 0, 0x10000],
      [239, 8, 1, 0],
      [239, 11, 0, 0],
    ]);
    expect(entries.map(({ offset, size }) => [offset, size])).toEqual([
      [2048, 2048],
      [4096, 2048],
      [4096, 2048],
      [4096, 2048],
      [4096, 2048],
    ]);
    expect(bytes.length).toBe(6144);
    expect(equal(bytes.subarray(2048, 2048 + TWO.length), TWO)).toBe(true);
  });

  it('takes the version that the trees ask for', () => {
    expect(readQcdt(buildQcdt([OLD])).entries).toMatchObject([
      { platform: 87, variant: 1, socRevision: 0 },
      { platform: 109, variant: 8, socRevision: 0x20000 },
    ]);
    expect(readQcdt(buildQcdt([PMIC])).entries.map(({ pmic }) => pmic)).toEqual([
      [1, 2, 3, 4],
      [5, 6, 7, 8],
    ]);
    expect(readQcdt(buildQcdt([PMIC, ONE]))).toMatchObject({ version: 3 });
    expect(readQcdt(buildQcdt([ONE], { version: 3 })).version).toBe(3);
    expect(qcdtIds(OLD).version).toBe(1);
  });

  it('keeps its bytes', () => {
    expect(sha256(buildQcdt([ONE, TWO, PMIC]))).toBe(
      '68aec4500fe6a1160dfc621291ac95bda24fb8244cc0c7f1f71634797629466d',
    );
  });

  it('says what is missing', () => {
    expect(() => buildQcdt([dtb({})])).toThrow(/no whole qcom,msm-id/);
    expect(() => buildQcdt([])).toThrow(UsageError);
    expect(() => buildQcdt([ONE], { pageSize: 1000 })).toThrow(/power of two/);
  });

  it('refuses blobs that lie over each other', () => {
    const bytes = buildQcdt([ONE, TWO]);
    new DataView(bytes.buffer).setUint32(12 + 16, 4096 - 512, true);
    expect(() => qcdtFormat.read(bytes)).toThrow(/blobs apart/);
  });
});

describe('buildDtbo', () => {
  it('stores equal blobs once and nothing between them', () => {
    const bytes = buildDtbo([
      { blob: ONE, id: 1 },
      { blob: TWO, rev: 7, custom: [1, 2, 3, 4] },
      { blob: ONE },
    ]);
    const table = dtboFormat.read(bytes);
    const first = 32 + 3 * 32;
    expect(table).toMatchObject({ kind: 'dtbo', version: 0, pageSize: 2048, totalSize: bytes.length });
    expect(table.entries).toMatchObject([
      { id: 1, offset: first, size: ONE.length },
      { rev: 7, custom: [1, 2, 3, 4], offset: first + ONE.length },
      { offset: first },
    ]);
    expect(bytes.length).toBe(first + ONE.length + TWO.length);
  });

  it.each(['none', 'zlib', 'gzip'] as const)('expands %s entries again', (compression) => {
    const table = dtboFormat.read(
      buildDtbo([{ blob: ONE, compression, flags: 0xf0, custom: [9] }], { version: 1 }),
    );
    const [entry] = table.entries;
    if (entry === undefined) throw new Error('no entry');
    expect(dtboCompression(table, entry)).toBe(compression);
    expect(entry.custom[0] & 0xf0).toBe(0xf0);
    expect(equal(dtboBlob(table, entry, { limit: LIMIT }), ONE)).toBe(true);
    if (compression !== 'none')
      expect(() => dtboBlob(table, entry, { limit: 10 })).toThrow(/at most 10 bytes/);
  });

  it('packs nothing into version 0', () => {
    expect(() => buildDtbo([{ blob: ONE, compression: 'gzip' }])).toThrow(UsageError);
  });

  it('refuses a packing that nobody knows', () => {
    const table = dtboFormat.read(buildDtbo([{ blob: ONE, custom: [3] }], {}));
    const [entry] = table.entries;
    if (entry === undefined) throw new Error('no entry');
    expect(dtboCompression(table, entry)).toBe('none');
    expect(() => dtboCompression({ ...table, version: 1 }, entry)).toThrow(/1 \(zlib\)/);
  });
});

describe.each([
  ['asus-z00t_ze551kl-dt.img', qcdtFormat as Format<never>, 7],
  ['moto-cedric-dt.img', qcdtFormat as Format<never>, 5],
  ['moto-ocean-dtbo.img', dtboFormat as Format<never>, 12],
  ['mtk-unihertz-atoml-dtbo.img', dtboFormat as Format<never>, 1],
])('%s', (file, format, blobs) => {
  const path = new URL(file, CORPUS);
  const there = existsSync(path);
  if (!there) console.log(`skipped: ${file} is not there`);
  it.skipIf(!there)('comes back byte for byte', () => {
    const bytes = new Uint8Array(readFileSync(path));
    expect(outcome(format, bytes)).toBe('same');
    expect((format.read(bytes) as { blobs: unknown[] }).blobs.length).toBe(blobs);
    for (const cut of [bytes.length - 1, 1000, 40]) {
      expect(outcome(format, bytes.subarray(0, cut))).toBeInstanceOf(FormatError);
    }
  });
});
