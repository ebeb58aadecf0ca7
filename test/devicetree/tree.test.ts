import { describe, expect, it } from 'vitest';
import { MnxError } from '../../src/binary/index.ts';
import {
  addNode,
  cellSizes,
  cellsOf,
  compatibleOf,
  ensureNode,
  findNode,
  hasProperty,
  indexTree,
  isEnabled,
  isReachable,
  nodePath,
  numberOf,
  removeProperty,
  resolvePath,
  setCells,
  setFlag,
  setStrings,
  setText,
  setU64,
  stringsOf,
  textOf,
  walk,
} from '../../src/devicetree/index.ts';
import { node, tree } from './sample.ts';

const sample = tree({ compatible: ['asus,z00t', 'qcom,msm8939'] }, [
  node('aliases', { serial0: '/soc@0/serial@78b0000' }),
  node('memory@80000000', { reg: [0x80000000, 1, 2, 3] }),
  node('soc@0', { '#address-cells': [1], status: 'okay' }, [
    node('serial@78b0000', { phandle: [9] }),
    node('mmc@1', { status: 'disabled' }, [node('card@0', { status: 'ok' })]),
    node('mmc@2', { 'linux,phandle': [5] }),
  ]),
]);

describe('looking up', () => {
  it('finds nodes by path, with and without unit addresses', () => {
    expect(findNode(sample, '/')).toBe(sample.root);
    expect(findNode(sample, '/soc@0/mmc@2')?.name).toBe('mmc@2');
    expect(findNode(sample, '/soc/serial')?.name).toBe('serial@78b0000');
    expect(findNode(sample, '/memory')?.name).toBe('memory@80000000');
    expect(findNode(sample, '/soc@1')).toBeUndefined();
    expect(findNode(sample, '/soc/none/deeper')).toBeUndefined();
  });

  it('walks parents first, in file order', () => {
    expect([...walk(sample)].map(({ path }) => path)).toEqual([
      '/',
      '/aliases',
      '/memory@80000000',
      '/soc@0',
      '/soc@0/serial@78b0000',
      '/soc@0/mmc@1',
      '/soc@0/mmc@1/card@0',
      '/soc@0/mmc@2',
    ]);
    const card = findNode(sample, '/soc@0/mmc@1/card@0') ?? sample.root;
    expect(nodePath(sample, card)).toBe('/soc@0/mmc@1/card@0');
    expect(nodePath(sample, node('stranger'))).toBeUndefined();
  });

  it('follows aliases and cuts console options', () => {
    expect(resolvePath(sample, 'serial0:115200n8')).toBe('/soc@0/serial@78b0000');
    expect(resolvePath(sample, '/soc@0:9600')).toBe('/soc@0');
    expect(resolvePath(sample, 'serial7')).toBeUndefined();
  });

  it('knows phandles old and new, and who is enabled', () => {
    const index = indexTree(sample);
    expect(index.byPhandle(9)?.path).toBe('/soc@0/serial@78b0000');
    expect(index.byPhandle(5)?.path).toBe('/soc@0/mmc@2');
    expect(index.byPhandle(1)).toBeUndefined();
    const card = index.byPath('/soc@0/mmc@1/card@0');
    expect(card && isEnabled(card.node)).toBe(true);
    expect(card && isReachable(card)).toBe(false);
  });
});

describe('properties', () => {
  it('read as text, lists, cells and numbers', () => {
    const memory = findNode(sample, '/memory') ?? sample.root;
    expect(compatibleOf(sample.root)).toEqual(['asus,z00t', 'qcom,msm8939']);
    expect(textOf(sample.root, 'compatible')).toBe('asus,z00t');
    expect(stringsOf(sample.root, 'none')).toEqual([]);
    expect(cellsOf(memory, 'reg')).toEqual([0x80000000, 1, 2, 3]);
    expect(numberOf(memory, 'reg', 2)).toBe(0x8000000000000001n);
    expect(numberOf(memory, 'reg', 2, 2)).toBe(0x200000003n);
    expect(numberOf(memory, 'reg', 2, 3)).toBeUndefined();
    expect(cellSizes(findNode(sample, '/soc') ?? sample.root)).toEqual({ address: 1, size: 1 });
    expect(cellSizes(sample.root)).toEqual({ address: 2, size: 1 });
  });

  it('are set, added and removed', () => {
    const { root } = tree({ a: [1] });
    setText(root, 'bootargs', 'quiet');
    setStrings(root, 'list', ['x', 'y']);
    setCells(root, 'cells', [0, 0xffffffff]);
    setU64(root, 'linux,initrd-start', 0x80001000n);
    setFlag(root, 'on');
    expect(textOf(root, 'bootargs')).toBe('quiet');
    expect(root.properties.get('bootargs')).toEqual(new TextEncoder().encode('quiet\0'));
    expect(stringsOf(root, 'list')).toEqual(['x', 'y']);
    expect(cellsOf(root, 'linux,initrd-start')).toEqual([0, 0x80001000]);
    expect(hasProperty(root, 'on')).toBe(true);
    expect(removeProperty(root, 'a')).toBe(true);
    expect([...root.properties.keys()]).toEqual(['bootargs', 'list', 'cells', 'linux,initrd-start', 'on']);
    expect(() => setCells(root, 'bad', [-1])).toThrow(MnxError);
    expect(() => setCells(root, 'bad', [2 ** 32])).toThrow(MnxError);
  });

  it('nodes are added once', () => {
    const { root } = tree({});
    const chosen = ensureNode(root, 'chosen');
    expect(ensureNode(root, 'chosen')).toBe(chosen);
    expect(() => addNode(root, 'chosen')).toThrow(MnxError);
    expect(root.children).toEqual([chosen]);
  });
});
