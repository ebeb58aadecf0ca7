import { describe, expect, it } from 'vitest';
import { type Fdt, findNode, type Supplier, suppliersOf } from '../../src/devicetree/index.ts';
import { node, tree, type Value } from './sample.ts';

const CLK = 1;
const PINS = 2;
const REG = 3;
const GPIO = 4;
const INTC = 5;
const NEXUS = 6;
const PLAIN = 7;

/** One consumer among a provider of each sort. */
function consumer(properties: Readonly<Record<string, Value>>): Fdt {
  return tree({ 'interrupt-parent': [INTC] }, [
    node('clock', { compatible: 'c,clk', phandle: [CLK], '#clock-cells': [2], '#reset-cells': [1] }),
    node('pinctrl', { compatible: 'c,pins', '#gpio-cells': [2], phandle: [GPIO] }, [
      node('states', {}, [node('on', { phandle: [PINS] })]),
    ]),
    node('rpm', { compatible: 'c,rpm' }, [
      node('regulators', { compatible: 'c,regs' }, [node('l1', { phandle: [REG] })]),
    ]),
    node('intc', {
      compatible: 'c,gic',
      '#interrupt-cells': [3],
      'interrupt-controller': true,
      phandle: [INTC],
    }),
    node('nexus', {
      '#interrupt-cells': [1],
      '#address-cells': [0],
      'interrupt-map': [0, INTC, 8, 9, 10, 1, INTC, 1, 2, 3],
      phandle: [NEXUS],
    }),
    node('plain', { phandle: [PLAIN] }),
    node('user', properties),
  ]);
}

function suppliers(properties: Readonly<Record<string, Value>>): Supplier[] {
  const fdt = consumer(properties);
  const user = findNode(fdt, '/user');
  return user === undefined ? [] : suppliersOf(fdt, user);
}

const brief = (list: readonly Supplier[]): string[] =>
  list.map(({ kind, node: path, device, name }) => `${kind} ${path} ${device} ${name ?? '-'}`);

describe('suppliersOf', () => {
  it("steps by the suppliers' own cell counts, and names the entries", () => {
    const found = suppliers({ clocks: [CLK, 1, 2, CLK, 3, 4], 'clock-names': ['core', 'iface'] });
    expect(brief(found)).toEqual(['clock /clock /clock core', 'clock /clock /clock iface']);
    expect(found.every(({ strength }) => strength === 'hard')).toBe(true);
  });

  it('passes over empty places and ends at a phandle that leads nowhere', () => {
    expect(brief(suppliers({ clocks: [0, CLK, 1, 2], 'clock-names': ['a', 'b'] }))).toEqual([
      'clock /clock /clock b',
    ]);
    expect(suppliers({ clocks: [99, CLK, 1, 2] })).toEqual([]);
  });

  it('climbs from pins, regulators and parts to the device that a driver binds', () => {
    const found = suppliers({
      'pinctrl-0': [PINS],
      'pinctrl-1': [PINS],
      'pinctrl-names': ['default', 'sleep'],
      'vdd-l1-supply': [REG],
      panel: [PLAIN],
    });
    expect(brief(found)).toEqual([
      'pinctrl /pinctrl/states/on /pinctrl default',
      'pinctrl /pinctrl/states/on /pinctrl sleep',
      'supply /rpm/regulators/l1 /rpm/regulators vdd-l1',
      'panel /plain undefined -',
    ]);
  });

  it('reads GPIOs by suffix, but not hogs, counts or lists without a cell count', () => {
    expect(
      brief(suppliers({ 'reset-gpios': [GPIO, 1, 0], 'irq-gpio': [GPIO, 2, 0], gpios: [GPIO, 3, 0] })),
    ).toEqual(['gpio /pinctrl /pinctrl reset', 'gpio /pinctrl /pinctrl irq', 'gpio /pinctrl /pinctrl -']);
    expect(suppliers({ gpios: [GPIO, 3, 0], 'gpio-hog': true })).toEqual([]);
    expect(suppliers({ 'vendor,nr-gpios': [GPIO], 'x-gpios': [PLAIN, 1] })).toEqual([]);
  });

  it('inherits the interrupt parent, prefers interrupts-extended, looks through a nexus', () => {
    expect(brief(suppliers({ interrupts: [0, 1, 4] }))).toEqual(['interrupt /intc /intc -']);
    expect(
      brief(suppliers({ interrupts: [0, 1, 4], 'interrupts-extended': [INTC, 0, 1, 4, INTC, 0, 2, 4] })),
    ).toEqual(['interrupt /intc /intc -', 'interrupt /intc /intc -']);
    expect(brief(suppliers({ interrupts: [1], 'interrupt-parent': [NEXUS] }))).toEqual([
      'interrupt /intc /intc -',
      'interrupt /nexus undefined -',
    ]);
  });

  it('counts IOMMUs, DMA and what only drivers follow as soft', () => {
    const found = suppliers({
      iommus: [PLAIN],
      dmas: [PLAIN],
      'thermal-sensors': [PLAIN],
      'qcom,smem-states': [PLAIN],
      'iommu-map': [0, PLAIN, 0, 1],
      'assigned-clocks': [CLK, 1, 2],
    });
    expect(found.map(({ kind, strength }) => `${kind} ${strength}`)).toEqual([
      'iommu soft',
      'dma soft',
      'thermal-sensor soft',
      'smem-state soft',
      'iommu soft',
      'clock hard',
    ]);
  });

  it('leaves out graphs, memory regions and properties that only look like references', () => {
    expect(
      suppliers({
        'remote-endpoint': [CLK],
        'memory-region': [PLAIN],
        reg: [CLK],
        'qcom,ipc': [PLAIN, 8, 0],
      }),
    ).toEqual([]);
  });

  it('ends on hostile trees: parents in a circle, arguments beyond the end', () => {
    const circle = tree({}, [
      node('a', { phandle: [1], 'interrupt-parent': [2], interrupts: [1] }),
      node('b', { phandle: [2], 'interrupt-parent': [1] }),
      node('clk', { phandle: [3], '#clock-cells': [0xffffffff] }),
      node('c', { clocks: [3, 3, 3] }),
    ]);
    const [a, , , c] = circle.root.children;
    expect(a && suppliersOf(circle, a).map(({ property }) => property)).toEqual(['interrupt-parent']);
    expect(c && suppliersOf(circle, c)).toHaveLength(1);
  });
});
