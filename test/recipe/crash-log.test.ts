import { describe, expect, it } from 'vitest';
import {
  addNode,
  cellsOf,
  type Fdt,
  findNode,
  readFdt,
  setCells,
  setText,
  writeFdt,
} from '../../src/devicetree/index.ts';
import {
  checkCrashLog,
  crashLogParameters,
  parseCrashLog,
  withCrashLog,
} from '../../src/recipe/crash-log.ts';

/** A tree with root cells of these widths. */
function tree(address: number, size: number): Fdt {
  const root = { name: '', properties: new Map(), children: [] };
  setCells(root, '#address-cells', [address]);
  setCells(root, '#size-cells', [size]);
  return { bootCpuid: 0, reserve: [], root };
}

const LOG = { address: 0x9ff0_0000, size: 0x10_0000 };

describe('the place of a crash log', () => {
  it.each([
    ['0x9ff00000', LOG],
    ['0x9ff0_0000:0x200000', { ...LOG, size: 0x20_0000 }],
    ['2683305984:1048576', LOG],
  ])('is read from %s', (text, log) => {
    expect(parseCrashLog(text)).toEqual(log);
  });

  it.each(['', '0', '0x9ff00001', '0x9ff00000:0x180000', '0x9ff00000:0x1000', '0x9ff00000:', 'ten', '-4096'])(
    'is not read from %j',
    (text) => {
      expect(() => parseCrashLog(text)).toThrow(expect.objectContaining({ code: 'recipe.crash-log' }));
    },
  );

  it.each([
    [2, 2, [0, 0x9ff0_0000, 0, 0x10_0000]],
    [2, 1, [0, 0x9ff0_0000, 0x10_0000]],
    [1, 1, [0x9ff0_0000, 0x10_0000]],
  ])('stands in a tree with cells of %i and %i', (address, size, reg) => {
    const fdt = readFdt(withCrashLog(writeFdt(tree(address, size)), LOG));
    const node = findNode(fdt, '/reserved-memory/ramoops@9ff00000');
    expect(node === undefined ? undefined : cellsOf(node, 'reg')).toEqual(reg);
    expect(findNode(fdt, '/reserved-memory')?.properties.has('ranges')).toBe(true);
  });

  it("takes the place of the tree's own, and leaves its neighbours alone", () => {
    const fdt = tree(2, 2);
    const reserved = addNode(fdt.root, 'reserved-memory');
    setCells(reserved, '#address-cells', [1]);
    setCells(reserved, '#size-cells', [1]);
    setText(addNode(reserved, 'ramoops@1000'), 'compatible', 'ramoops');
    addNode(reserved, 'wcnss@2000');
    const after = findNode(readFdt(withCrashLog(writeFdt(fdt), LOG)), '/reserved-memory');
    expect(after?.children.map(({ name }) => name)).toEqual(['wcnss@2000', 'ramoops@9ff00000']);
    expect(after?.children.at(-1)?.properties.get('reg')).toHaveLength(8);
  });

  it('is given by parameters where the image has no tree', () => {
    expect(crashLogParameters(LOG, 'x86_64').slice(0, 2)).toEqual([
      'memmap=0x100000$0x9ff00000',
      'ramoops.mem_address=0x9ff00000',
    ]);
    expect(crashLogParameters(LOG, 'armv7').join(' ')).not.toContain('memmap');
  });

  it('must not lie where the loader puts a part', () => {
    const range = { name: 'kernel', start: 0x9000_0000, end: 0x9ff0_0000, note: '' };
    const map = (end: number) => ({ layout: 'plain', ranges: [{ ...range, end }] }) as const;
    expect(checkCrashLog(LOG, map(0x9ff0_0000))).toEqual([]);
    expect(checkCrashLog(LOG, map(0x9ff0_0001))).toMatchObject([
      { level: 'error', code: 'recipe.crash-log' },
    ]);
    expect(checkCrashLog(undefined, map(0x9ff0_0001))).toEqual([]);
  });
});
