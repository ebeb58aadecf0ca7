import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, FormatError, MnxError, UsageError } from '../../src/binary/index.ts';
import {
  type BootImage,
  bootimgFormat,
  isBootImage,
  osVersionText,
  packOsVersion,
  readBootImage,
  writeBootImage,
} from '../../src/bootimg/index.ts';
import { imageWith, PARTS, ramp } from './sample.ts';

const { kernel, ramdisk, second, dtb, recoveryDtbo, dt } = PARTS;
const BOTH = { kernel, ramdisk };

function bytesOf(image: BootImage): Uint8Array {
  return concat(writeBootImage(image));
}

/** Compares whole arrays at once; element by element takes seconds. */
function expectSame(got: Uint8Array | undefined, wanted: Uint8Array): void {
  expect(got?.length).toBe(wanted.length);
  expect(Buffer.compare(got ?? wanted, wanted)).toBe(0);
}

function expectSameParts(got: BootImage['parts'], wanted: BootImage['parts']): void {
  expect(Object.keys(got).sort()).toEqual(Object.keys(wanted).sort());
  for (const [name, part] of Object.entries(wanted)) expectSame(got[name as 'kernel'], part);
}

/** One image per header version, with every section that it can have. */
const FULL: readonly BootImage[] = [
  imageWith({ dialect: 'classic', board: 'mnx' }, { cmdline: 'quiet', parts: { ...BOTH, second, dt } }),
  imageWith({ headerVersion: 1 }, { parts: { ...BOTH, second, recoveryDtbo } }),
  imageWith({ headerVersion: 2, pageSize: 4096 }, { parts: { ...BOTH, second, recoveryDtbo, dtb } }),
  imageWith({ headerVersion: 3 }, { cmdline: 'quiet', parts: BOTH }),
  imageWith({ headerVersion: 4 }, { parts: { ...BOTH, signature: ramp(4096, 3, 2) } }),
];

/** The word that stands at an offset of a header, changed. */
function withWord(bytes: Uint8Array, offset: number, value: number): Uint8Array {
  const copy = bytes.slice();
  new DataView(copy.buffer).setUint32(offset, value, true);
  return copy;
}

describe('boot images of every version', () => {
  it.each(FULL.map((image) => ({ image, version: image.headerVersion })))(
    'v$version comes back',
    ({ image }) => {
      const bytes = bytesOf(image);
      const again = readBootImage(bytes);
      expect(again.headerVersion).toBe(image.headerVersion);
      expect(again.cmdline).toBe(image.cmdline);
      expectSameParts(again.parts, image.parts);
      expect(again.keptFields).toEqual([]);
      expect(again.keptPaddings).toEqual([]);
      expectSame(bytesOf(again), bytes);
    },
  );

  it('writes what mkbootimg takes, in any combination', () => {
    const content = fc.tuple(fc.integer({ min: 9, max: 9000 }), fc.nat(255), fc.nat(255));
    const part = fc.option(
      content.map(([size, a, b]) => ramp(size, a, b)),
      { nil: undefined },
    );
    const word = fc.integer({ min: 0, max: 0xffff });
    fc.assert(
      fc.property(
        fc.record({
          version: fc.constantFrom(0, 1, 2, 3, 4),
          dialect: fc.constantFrom('aosp', 'classic'),
          pageSize: fc.constantFrom(2048, 4096, 16384),
          id: fc.constantFrom('sha1', 'sha256', 'none'),
          cmdline: fc.string({ unit: 'binary', maxLength: 350 }),
          board: fc.string({ unit: 'grapheme-ascii', maxLength: 15 }),
          parts: fc.record({ kernel: part, ramdisk: part, second: part, dt: part, recoveryDtbo: part }),
          osVersion: word,
          trailing: fc.uint8Array({ maxLength: 100 }),
        }),
        ({ version, dialect, pageSize, id, board, parts, osVersion, trailing, ...rest }) => {
          const kept = new Set(['kernel', 'ramdisk', ...(version < 3 ? ['second'] : [])]);
          if (version === 0) kept.add('dt');
          if (version === 1 || version === 2) kept.add('recoveryDtbo');
          const entries = Object.entries(parts).filter(
            ([name, value]) => kept.has(name) && value !== undefined,
          );
          const chosen = { ...Object.fromEntries(entries), ...(version === 2 ? { dtb } : {}) };
          const spec = { headerVersion: version as 0, dialect: dialect as 'aosp', pageSize, board };
          const cmdline = rest.cmdline.replaceAll('\0', ' ');
          const image = imageWith(spec, { id: id as 'sha1', parts: chosen, osVersion, cmdline });
          const bytes = bytesOf({ ...image, trailing });
          const again = readBootImage(bytes);
          expect(again.cmdline).toBe(cmdline);
          expectSameParts(again.parts, chosen);
          expectSame(bytesOf(again), bytes);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('what is kept of a file that was read', () => {
  const bytes = bytesOf(imageWith({}, { cmdline: 'quiet', parts: BOTH }));

  it('any change outside of the sizes comes back, or is refused', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...FULL.map(bytesOf)),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 32 }),
        fc.nat(3000),
        (whole, changes, cut) => {
          const damaged = whole.slice(0, whole.length - (cut > 2500 ? cut - 2500 : 0));
          for (const [at, value] of changes) damaged[at % damaged.length] = value;
          expectIdentityOrFormatError(damaged);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('a foreign id, padding, header tail and everything behind the last section', () => {
    const marked = concat([bytes, Buffer.from('SEANDROIDENFORCE'), new Uint8Array(5000)]);
    marked.fill(0x5a, 576, 608);
    marked.set(Buffer.from('Cairo SIGN'), 1632);
    marked[2048 + kernel.length + 1] = 7;
    const image = readBootImage(marked);
    expect(image.id.kind).toBe('raw');
    expect(image.keptPaddings.map(({ part }) => part)).toEqual(['header', 'kernel']);
    expectSame(bytesOf(image), marked);
  });

  it('nothing of a last page that is not filled up: loaders read whole pages', () => {
    for (const missing of [1, 100, 2048 - (ramdisk.length % 2048)]) {
      const short = bytes.subarray(0, bytes.length - missing);
      expect(() => readBootImage(short)).toThrow(expect.objectContaining({ code: 'bootimg.truncated' }));
    }
  });

  it('an edit wins over what was kept of the field', () => {
    const odd = bytes.slice();
    odd.set(Buffer.from('leftover'), 64 + 'quiet'.length + 1);
    const image = readBootImage(odd);
    expect(image.cmdline).toBe('quiet');
    expectSame(bytesOf(image), odd);
    expect(readBootImage(bytesOf({ ...image, cmdline: 'loud' }))).toMatchObject({
      cmdline: 'loud',
      keptFields: [],
    });
  });

  it('an edited part gets a fresh id and whole padding', () => {
    const odd = bytes.slice();
    odd[2048 + kernel.length + 1] = 7;
    const image = readBootImage(odd);
    const edited = bytesOf({ ...image, parts: { ...image.parts, kernel: ramp(9000, 1, 1) } });
    expectSame(
      edited,
      bytesOf(imageWith({}, { cmdline: 'quiet', parts: { ...BOTH, kernel: ramp(9000, 1, 1) } })),
    );
  });

  it('a command line that is not UTF-8', () => {
    const odd = bytes.slice();
    odd.set([0x61, 0xff, 0xc3, 0x28, 0xc3, 0xa9, 0x20], 64);
    const image = readBootImage(odd);
    expect(image.keptFields).toHaveLength(0);
    expect(image.cmdline).toBe('a\udcff\udcc3(é ');
    expectSame(bytesOf(image), odd);
  });

  it('the dialect, where the file shows it', () => {
    const classic = bytesOf(imageWith({ dialect: 'classic' }, { parts: BOTH }));
    expect(readBootImage(classic).dialect).toBe('classic');
    expect(readBootImage(bytes).dialect).toBe('aosp');
    const long = imageWith({ dialect: 'classic' }, { parts: { ...BOTH, second }, cmdline: 'x'.repeat(512) });
    expect(readBootImage(bytesOf(long)).dialect).toBe('classic');
  });
});

function expectIdentityOrFormatError(bytes: Uint8Array): void {
  let image: BootImage;
  try {
    image = readBootImage(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError);
    return;
  }
  expect(Buffer.compare(bytesOf(image), bytes)).toBe(0);
}

describe('the word at offset 40', () => {
  const qcdt = bytesOf(imageWith({ dialect: 'classic' }, { parts: { ...BOTH, dt } }));

  it('is the size of a DT table when no header version is that large', () => {
    const image = readBootImage(qcdt);
    expect(image.headerVersion).toBe(0);
    expectSame(image.parts.dt, dt);
    expect(image.id.kind).toBe('sha1');
  });

  it.each([5, 6, 8])('is refused as version %i', (version) => {
    expect(() => readBootImage(withWord(qcdt, 40, version))).toThrow(
      expect.objectContaining({ code: 'bootimg.header-version', exitCode: 3 }),
    );
  });

  it('is refused as a DT size that leaves the file', () => {
    expect(() => readBootImage(withWord(qcdt, 40, 0x5000))).toThrow(
      expect.objectContaining({ code: 'bootimg.truncated', field: 'boot-v0.versionOrDtSize', offset: 40 }),
    );
  });

  it('is not written when a table would read as a version', () => {
    expect(() => bytesOf(imageWith({}, { parts: { ...BOTH, dt: ramp(4, 1, 1) } }))).toThrow(MnxError);
  });
});

describe('hostile files', () => {
  const v2 = bytesOf(FULL[2] ?? imageWith({}, {}));

  it.each([0, 1, 3, 1000, 1024, 2 ** 31, 0x01000000])('page size %i is refused', (pageSize) => {
    expect(() => readBootImage(withWord(v2, 36, pageSize))).toThrow(
      expect.objectContaining({ code: 'bootimg.page-size', field: 'boot-v0.pageSize', offset: 36 }),
    );
  });

  it('names the PXA header, whose tags address stands where the page size is', () => {
    expect(() => readBootImage(withWord(v2, 36, 0x02000000))).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('PXA') }),
    );
  });

  it.each(FULL.map((image) => ({ image, version: image.headerVersion })))(
    'every cut of v$version is refused or whole',
    ({ image }) => {
      const bytes = bytesOf(image);
      const ends = [
        ...Array(2400).keys(),
        ...Array.from({ length: 60 }, (_, i) => Math.floor((i * bytes.length) / 60)),
      ];
      for (const end of ends) expectIdentityOrFormatError(bytes.subarray(0, end));
    },
  );

  it('every word of every header with extreme values', () => {
    for (const image of FULL) {
      const bytes = bytesOf(image);
      for (let at = 0; at < 64; at += 4) {
        for (const value of [0, 1, 3, 0x7fffffff, 0x80000000, 0xfffff001, 0xffffffff]) {
          expectIdentityOrFormatError(withWord(bytes, at, value));
        }
      }
    }
  });

  it('random bytes behind the magic', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 4096 }), (noise) => {
        expectIdentityOrFormatError(concat([Buffer.from('ANDROID!'), noise]));
        expect(isBootImage(noise)).toBe(false);
      }),
    );
  });
});

describe('what a header cannot carry', () => {
  it.each([
    [{}, { cmdline: 'x'.repeat(1535) }, 'bootimg.cmdline'],
    [{ dialect: 'classic' }, { cmdline: 'x'.repeat(1536) }, 'bootimg.cmdline'],
    [{ headerVersion: 3 }, { cmdline: 'é'.repeat(768) }, 'bootimg.cmdline'],
    [{ board: '0123456789abcdef' }, {}, 'bootimg.board'],
    [{ headerVersion: 1 }, { parts: { dt } }, 'bootimg.part'],
    [{ headerVersion: 3 }, { parts: { second } }, 'bootimg.part'],
    [{ headerVersion: 2 }, { parts: BOTH }, 'bootimg.part'],
  ] as const)('%o with %o', (spec, content, code) => {
    const make = () => imageWith(spec, content);
    expect(make).toThrow(UsageError);
    expect(make).toThrow(expect.objectContaining({ code }));
  });

  it('an address beyond 32 bits', () => {
    const image = imageWith({ base: 0xfffff000 }, { parts: BOTH });
    expect(() => bytesOf(image)).toThrow(expect.objectContaining({ code: 'binary.range' }));
  });
});

describe('android version and patch level', () => {
  it.each([
    ['14.0.0', '2024-03', '14.0.0', '2024-03'],
    ['11', '2021-01-05', '11.0.0', '2021-01'],
    ['8.1', '', '8.1.0', undefined],
    ['R', '2127-12', undefined, '2127-12'],
    ['127.127.127', '2000-01', '127.127.127', '2000-01'],
  ])('%s %s', (version, patch, wantVersion, wantPatch) => {
    const word = packOsVersion(version, patch);
    expect(word).toBeLessThan(2 ** 32);
    expect(osVersionText(word)).toEqual({ version: wantVersion, patchLevel: wantPatch });
  });

  it.each([
    ['128', ''],
    ['1.2.200', ''],
    ['11', '1999-12'],
    ['11', '2024-13'],
    ['11', '2128-01'],
  ])('%s %s is refused', (version, patch) => {
    expect(() => packOsVersion(version, patch)).toThrow(UsageError);
  });
});

describe('description', () => {
  it('says where each part lies', () => {
    const facts = bootimgFormat.describe(readBootImage(bytesOf(imageWith({}, { parts: BOTH }))));
    expect(facts.find(({ name }) => name === 'ramdisk')).toMatchObject({ offset: 2048 + 10240, size: 6000 });
    expect(facts.find(({ name }) => name === 'ramdisk address')).toMatchObject({ value: '0x11000000' });
  });
});
