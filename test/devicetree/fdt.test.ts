import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError, MnxError } from '../../src/binary/index.ts';
import {
  FDT,
  type Fdt,
  type FdtNode,
  fdtFormat,
  fdtSize,
  isFdt,
  readFdt,
  setText,
  splitFdts,
  writeFdt,
} from '../../src/devicetree/index.ts';
import { node, tree } from './sample.ts';

const small = (): Fdt => ({
  ...tree({ '#address-cells': [2], model: 'Sample', flag: true }, [
    node('cpus', { reg: [1] }, [
      node('cpu@0', { compatible: ['arm,cortex-a53', 'arm,armv8'], 'x-reg': [7] }),
    ]),
    node('odd', { bytes: Uint8Array.of(1, 2, 3) }),
  ]),
  bootCpuid: 3,
  reserve: [{ address: 0x80000000n, size: 0x1234n }],
});

const name = fc.stringMatching(/^[a-z][a-z0-9,._+?#-]{0,20}$/);
const properties = fc
  .uniqueArray(fc.tuple(name, fc.uint8Array({ maxLength: 24 })), { selector: ([key]) => key, maxLength: 5 })
  .map((list) => new Map(list.map(([key, value]) => [key, new Uint8Array(value)])));
const anyNode = (depth: number): fc.Arbitrary<FdtNode> =>
  fc.record({
    name,
    properties,
    children: depth === 0 ? fc.constant([]) : fc.array(anyNode(depth - 1), { maxLength: 3 }),
  });
const anyFdt: fc.Arbitrary<Fdt> = fc.record({
  bootCpuid: fc.nat({ max: 0xffffffff }),
  reserve: fc.array(
    fc.record({ address: fc.bigInt(1n, 2n ** 64n - 1n), size: fc.bigInt(0n, 2n ** 64n - 1n) }),
    {
      maxLength: 3,
    },
  ),
  root: anyNode(3),
});

describe('writing and reading', () => {
  it('gives back every tree, and the same bytes the second time', () => {
    fc.assert(
      fc.property(anyFdt, (fdt) => {
        const bytes = writeFdt(fdt);
        expect(readFdt(bytes)).toEqual(fdt);
        expect(writeFdt(readFdt(bytes))).toEqual(bytes);
        expect(fdtSize(bytes)).toBe(bytes.length);
      }),
      { numRuns: 200 },
    );
  });

  it('shares a name with the tail of an earlier one, as dtc does', () => {
    const { stringsOffset, stringsSize } = FDT.HeaderV17.read(writeFdt(small()));
    const strings = Buffer.from(writeFdt(small()).subarray(stringsOffset, stringsOffset + stringsSize));
    expect(strings.toString('latin1')).toBe('#address-cells\0model\0flag\0reg\0compatible\0x-reg\0bytes\0');
    const tail = tree({ 'x-reg': [1], reg: [2] });
    expect(FDT.HeaderV17.read(writeFdt(tail)).stringsSize).toBe('x-reg\0'.length);
    expect(readFdt(writeFdt(tail))).toEqual(tail);
  });

  it('keeps free space at the end and makes more on request', () => {
    const roomy = writeFdt(small(), { slack: 100 });
    expect(roomy.length - writeFdt(small()).length).toBe(100);
    expect(readFdt(roomy).slack).toBe(100);
    expect(writeFdt(readFdt(roomy))).toEqual(roomy);
    expect(writeFdt(readFdt(roomy), { slack: 0 })).toEqual(writeFdt(small()));
  });

  it('keeps a string block that another writer arranged, and adds to it', () => {
    const bytes = writeFdt({ ...small(), strings: new TextEncoder().encode('bytes\0left\0reg\0') });
    const read = readFdt(bytes);
    expect(read.strings).toBeDefined();
    expect(writeFdt(read)).toEqual(bytes);
    setText(read.root, 'added', 'x');
    expect(readFdt(writeFdt(read)).root).toEqual(read.root);
  });

  it('does not share memory with the input', () => {
    const bytes = writeFdt(small());
    const read = readFdt(bytes);
    bytes.fill(0);
    expect(read).toEqual(small());
  });

  it('reads version 16, skips no-ops, and ignores what follows the blob', () => {
    const v17 = writeFdt(small());
    const header = FDT.HeaderV17.read(v17);
    const view = (bytes: Uint8Array) => new DataView(bytes.buffer);
    const v16 = v17.slice();
    view(v16).setUint32(FDT.HeaderV17.offsets.version, 16);
    view(v16).setUint32(FDT.HeaderV17.offsets.structSize, 0xffffffff);
    expect(readFdt(v16)).toEqual(small());

    const withNop = tree({ a: [FDT.token.nop] });
    const bytes = writeFdt(withNop);
    const at = FDT.HeaderV17.read(bytes).structOffset + 2 * FDT.tokenSize;
    // The whole property (token, length, name, one cell) becomes no-ops.
    for (let i = 0; i < 4; i++) view(bytes).setUint32(at + i * FDT.tokenSize, FDT.token.nop);
    expect(readFdt(bytes).root.properties.size).toBe(0);

    const longer = new Uint8Array(header.totalSize + 50).fill(0xa5);
    longer.set(v17);
    expect(readFdt(longer)).toEqual(small());
    expect(() => fdtFormat.read(longer)).toThrow(FormatError);
    expect(fdtFormat.read(v17)).toEqual(small());
  });
});

describe('damaged input', () => {
  const blob = writeFdt(small());

  it('is refused at every truncation', () => {
    for (let size = 0; size < blob.length; size++) {
      expect(() => readFdt(blob.subarray(0, size)), `at ${size}`).toThrow(FormatError);
    }
  });

  it('never fails with anything but a FormatError', () => {
    const flips = fc.array(fc.tuple(fc.nat({ max: blob.length - 1 }), fc.nat({ max: 255 })), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(flips, (list) => {
        const bad = blob.slice();
        for (const [at, value] of list) bad[at] = value;
        try {
          readFdt(bad);
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
      { numRuns: 3000 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(() => readFdt(new Uint8Array(bytes))).toThrow(FormatError);
      }),
    );
  });

  it.each([
    ['magic', 0x1234, 'devicetree.magic'],
    ['totalSize', blob.length + 1, 'devicetree.total-size'],
    ['totalSize', 8, 'devicetree.total-size'],
    ['version', 3, 'devicetree.version'],
    ['lastCompatible', 18, 'devicetree.version'],
    ['structOffset', 0xfffffff0, 'devicetree.block'],
    ['stringsOffset', blob.length, 'devicetree.block'],
    ['stringsSize', 0x7fffffff, 'devicetree.block'],
    ['reserveOffset', blob.length - 8, 'devicetree.block'],
    ['structSize', 0xffffffff, 'devicetree.block'],
  ] as const)('header field %s = %i is %s', (field, value, code) => {
    const bad = blob.slice();
    new DataView(bad.buffer).setUint32(FDT.HeaderV17.offsets[field], value);
    expect(() => readFdt(bad)).toThrow(expect.objectContaining({ code }));
  });

  it('has bounds for depth, names and duplicates', () => {
    let deep = node('leaf');
    for (let i = 0; i < FDT.maxDepth; i++) deep = node('n', {}, [deep]);
    const tooDeep = writeFdt({ bootCpuid: 0, reserve: [], root: deep });
    expect(() => readFdt(tooDeep)).toThrow(/depth below 64/);

    const longName = writeFdt(tree({ ['p'.repeat(FDT.maxName + 1)]: true }));
    expect(() => readFdt(longName)).toThrow(expect.objectContaining({ code: 'devicetree.string' }));

    const twice = writeFdt(tree({ ab: [1], b: [2] }));
    const { structOffset } = FDT.HeaderV17.read(twice);
    // The second property's name offset is made the first's.
    const second =
      structOffset + 2 * FDT.tokenSize + FDT.tokenSize + FDT.PropertyHeader.size + 4 + FDT.tokenSize;
    new DataView(twice.buffer).setUint32(second + FDT.PropertyHeader.offsets.nameOffset, 0);
    expect(() => readFdt(twice)).toThrow(expect.objectContaining({ code: 'devicetree.duplicate' }));
  });

  it('says field, offset, got and wanted', () => {
    const bad = blob.slice();
    new DataView(bad.buffer).setUint32(FDT.HeaderV17.offsets.version, 2);
    expect(() => readFdt(bad)).toThrow('fdt-header.version at 0x14: got 0x2, want version 16 or 17');
  });
});

describe('concatenated blobs', () => {
  const a = writeFdt(small());
  const b = writeFdt(tree({ model: 'other' }));
  const joined = (...parts: Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

  it('come apart by their sizes, zeros between and behind them left out', () => {
    const found = splitFdts(joined(a, new Uint8Array(13), b, new Uint8Array(4096)));
    expect(found.map((bytes) => readFdt(bytes))).toEqual([small(), tree({ model: 'other' })]);
    expect(splitFdts(new Uint8Array(0))).toEqual([]);
  });

  it('name the place where something else stands', () => {
    expect(() => splitFdts(joined(a, Uint8Array.of(9)))).toThrow(
      expect.objectContaining({ offset: a.length, code: 'devicetree.magic' }),
    );
    const cut = joined(a, b.subarray(0, b.length - 1));
    expect(() => splitFdts(cut)).toThrow(
      expect.objectContaining({ offset: a.length + FDT.HeaderV17.offsets.totalSize }),
    );
    expect(() => splitFdts(Uint8Array.of(0, 0))).toThrow(MnxError);
  });
});

describe('fdtFormat', () => {
  it('detects by magic and describes', () => {
    const bytes = writeFdt(small());
    expect(fdtFormat.detect(bytes)).toBe(true);
    expect(isFdt(bytes.subarray(1))).toBe(false);
    expect(fdtFormat.detect(Uint8Array.of(0xd0, 0x0d))).toBe(false);
    expect(fdtFormat.describe(small()).map(({ name: key, value }) => `${key}: ${value}`)).toEqual([
      'model: Sample',
      'compatible: ',
      'nodes: 4',
      'properties: 7',
      'boot cpu: 3',
      'slack: 0 bytes',
      'reserved: 0x80000000..0x80001234',
    ]);
  });
});
