import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, UsageError } from '../../src/binary/index.ts';
import {
  fragmentTypeText,
  readVendorBootImage,
  type VendorBootImage,
  type VendorContent,
  type VendorSpec,
  vendorBootFormat,
  vendorBootImageOf,
  vendorPartition,
  writeVendorBootImage,
} from '../../src/bootimg/index.ts';
import { DEFAULTS, PARTS, ramp } from './sample.ts';

const { dtb } = PARTS;
const PLATFORM = { bytes: ramp(5000, 3, 1), type: 1 };
const DLKM = { bytes: ramp(3000, 5, 2), type: 3, name: 'dlkm', boardId: [0x12, 0, 0, 7] };

function vendor(spec: Partial<VendorSpec>, content: Partial<VendorContent>): VendorBootImage {
  return vendorBootImageOf(
    { ...DEFAULTS, headerVersion: 4, pageSize: 4096, ...spec },
    { cmdline: '', fragments: [], ...content },
  );
}

function bytesOf(image: VendorBootImage): Uint8Array {
  return concat(writeVendorBootImage(image));
}

function expectSame(got: Uint8Array, wanted: Uint8Array): void {
  expect(Buffer.compare(got, wanted)).toBe(0);
}

describe('vendor_boot', () => {
  it('comes back with its fragments, board ids, DTB and bootconfig', () => {
    const bootconfig = Buffer.from('androidboot.hardware=mnx\n');
    const image = vendor(
      { board: 'mnx' },
      { cmdline: 'bootconfig', fragments: [PLATFORM, DLKM], dtb, bootconfig },
    );
    const again = readVendorBootImage(bytesOf(image));
    expect(again).toMatchObject({ headerVersion: 4, pageSize: 4096, board: 'mnx', cmdline: 'bootconfig' });
    expect(again.fragments.map(({ name, type }) => `${name} ${fragmentTypeText(type)}`)).toEqual([
      ' platform',
      'dlkm dlkm',
    ]);
    expect(again.fragments[1]?.boardId).toEqual([0x12, 0, 0, 7, ...new Array<number>(12).fill(0)]);
    for (const [i, fragment] of again.fragments.entries()) {
      expectSame(fragment.bytes, image.fragments[i]?.bytes ?? new Uint8Array(0));
    }
    expectSame(again.dtb, dtb);
    expectSame(again.bootconfig, bootconfig);
    expect(again.addresses).toEqual(image.addresses);
    expect(again.keptFields).toEqual([]);
  });

  it('has two pages of header with pages of 2048', () => {
    const bytes = bytesOf(vendor({ pageSize: 2048 }, { fragments: [PLATFORM] }));
    expectSame(bytes.subarray(4096, 4096 + PLATFORM.bytes.length), PLATFORM.bytes);
  });

  it('writes and reads any combination', () => {
    const part = fc
      .tuple(fc.integer({ min: 0, max: 9000 }), fc.nat(255), fc.nat(255))
      .map(([size, a, b]) => ramp(size, a, b));
    fc.assert(
      fc.property(
        fc.record({
          pageSize: fc.constantFrom(2048, 4096, 16384),
          cmdline: fc.string({ maxLength: 600 }),
          sizes: fc.array(
            fc.record({
              bytes: part,
              type: fc.nat(9),
              board: fc.array(fc.nat(0xffffffff), { maxLength: 16 }),
            }),
            {
              maxLength: 6,
            },
          ),
          dtb: part,
          bootconfig: part,
          trailing: fc.uint8Array({ maxLength: 100 }),
        }),
        ({ pageSize, cmdline, sizes, dtb: tree, bootconfig, trailing }) => {
          const fragments = sizes.map(({ bytes, type, board }, i) => ({
            bytes,
            type,
            name: `n${i}`,
            boardId: board,
          }));
          const text = cmdline.replaceAll('\0', ' ');
          const image = vendor({ pageSize }, { cmdline: text, fragments, dtb: tree, bootconfig });
          const bytes = bytesOf({ ...image, trailing });
          const again = readVendorBootImage(bytes);
          expect(again.cmdline).toBe(text);
          expect(again.fragments.map(({ name }) => name)).toEqual(fragments.map(({ name }) => name));
          expect(again.keptFields).toEqual([]);
          expectSame(bytesOf(again), bytes);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('keeps odd fields, text behind names, paddings and what no fragment names', () => {
    const whole = bytesOf(vendor({ board: 'mnx' }, { fragments: [PLATFORM, DLKM], dtb }));
    const table = 4096 + 8192 + 4096;
    const odd = concat([whole, new Uint8Array(64).fill(7)]);
    odd[28 + 2047] = 0x41; // behind the command line's NUL
    odd[2080 + 10] = 0x42; // behind the board name's NUL
    odd[2096] = 1; // header size
    odd[2500] = 0x43; // behind the header
    odd[table + 12 + 20] = 0x44; // behind a fragment's name
    odd[table + 230] = 0x45; // behind the table
    const read = readVendorBootImage(odd);
    expect(read.keptFields.map(({ fields }) => fields.join())).toEqual(['cmdline', 'board', 'headerSize']);
    expect(read.keptPaddings.map(({ part }) => part)).toEqual(['header', 'table']);
    expectSame(bytesOf(read), odd);
    // An edit wins where it touches what was kept, and keeps the rest.
    const edited = readVendorBootImage(bytesOf({ ...read, board: 'other' }));
    expect(edited.board).toBe('other');
    expect(edited.keptFields.map(({ fields }) => fields.join())).toEqual(['cmdline', 'headerSize']);
    // Without rows, all of the ramdisk section is unlisted.
    const rowless = bytesOf({ ...vendor({}, {}), unlistedRamdisk: ramp(700, 3, 1) });
    expect(readVendorBootImage(rowless).fragments).toEqual([]);
    expectSame(bytesOf(readVendorBootImage(rowless)), rowless);
  });

  it('gets a fragment more without any other byte of them moving', () => {
    const image = readVendorBootImage(bytesOf(vendor({}, { fragments: [PLATFORM], dtb })));
    const more = { ...DLKM, boardId: new Array<number>(16).fill(0), keptFields: [] };
    const again = readVendorBootImage(bytesOf({ ...image, fragments: [...image.fragments, more] }));
    expect(again.fragments).toHaveLength(2);
    expectSame(again.fragments[1]?.bytes ?? new Uint8Array(0), DLKM.bytes);
    expectSame(again.dtb, dtb);
  });

  it.each([
    ['a table that has gaps', 4, 1],
    ['a table that goes beyond the ramdisks', 108, 0x7fffffff],
  ])('refuses %s', (_what, offset, value) => {
    const bytes = bytesOf(vendor({}, { fragments: [PLATFORM, DLKM] }));
    new DataView(bytes.buffer).setUint32(4096 + 8192 + offset, value, true);
    expect(() => readVendorBootImage(bytes)).toThrow(
      expect.objectContaining({ code: 'bootimg.ramdisk-table' }),
    );
  });

  it.each<[string, Partial<VendorSpec>, Partial<VendorContent>]>([
    ['a name twice', {}, { fragments: [DLKM, DLKM] }],
    ['the name default', {}, { fragments: [{ ...DLKM, name: 'default' }] }],
    ['a name of 32 bytes', {}, { fragments: [{ ...DLKM, name: 'n'.repeat(32) }] }],
    ['two ramdisks in v3', { headerVersion: 3 }, { fragments: [PLATFORM, PLATFORM] }],
    ['a bootconfig in v3', { headerVersion: 3 }, { fragments: [PLATFORM], bootconfig: dtb }],
    ['a command line of 2048 bytes', {}, { cmdline: 'c'.repeat(2048) }],
    ['a board name of 16 bytes', { board: 'b'.repeat(16) }, {}],
  ])('does not make an image with %s', (_what, spec, content) => {
    expect(() => vendor(spec, content)).toThrow(UsageError);
  });

  it('tells vendor_kernel_boot by its descriptor, else by what is in it', () => {
    const kernelBoot = vendor({}, { fragments: [DLKM], dtb });
    const named = (text: string): Uint8Array => Buffer.from(`AVB0 ${text} `);
    expect(vendorPartition(kernelBoot)).toBe('vendor_kernel_boot');
    expect(vendorPartition({ ...kernelBoot, trailing: named('vendor_boot') })).toBe('vendor_boot');
    const plain = vendor({}, { fragments: [PLATFORM, DLKM], cmdline: 'bootconfig' });
    expect(vendorPartition(plain)).toBe('vendor_boot');
    expect(vendorPartition(vendor({}, { fragments: [], dtb }))).toBe('vendor_boot');
    expect(vendorPartition({ ...plain, trailing: named('vendor_kernel_boot') })).toBe('vendor_kernel_boot');
  });

  it('says where each part lies', () => {
    const image = vendor({}, { fragments: [PLATFORM, DLKM], dtb });
    const facts = vendorBootFormat.describe(image);
    expect(facts).toContainEqual(
      expect.objectContaining({ name: 'ramdisk dlkm', offset: 4096 + 5000, size: 3000 }),
    );
    expect(facts).toContainEqual(
      expect.objectContaining({ name: 'dtb', offset: 4096 + 8192, size: dtb.length }),
    );
  });
});
