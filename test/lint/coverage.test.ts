import { describe, expect, it } from 'vitest';
import type { Fdt, FdtNode } from '../../src/devicetree/index.ts';
import { type Coverage, checkShellKey, coverage, requireRoles, roleNodes } from '../../src/lint/index.ts';
import { node, tree } from '../devicetree/sample.ts';
import { kernelWith } from './kernel-sample.ts';

const image = (...known: string[]) => {
  return (compatible: string): boolean => known.includes(compatible);
};

/** A phone with a clock controller, an interconnect, storage, USB behind a phy, and a serial console. */
function phone(...more: FdtNode[]): Fdt {
  return tree({ compatible: ['maker,phone', 'chip,soc'], 'interrupt-parent': [1] }, [
    node('chosen', { 'stdout-path': 'serial0:115200n8' }),
    node('aliases', { serial0: '/soc@0/serial@4' }),
    node('cpus', {}, [
      node('cpu@0', { compatible: 'arm,cortex-a53', clocks: [2, 0] }, [
        node('l2-cache', { compatible: 'cache' }),
      ]),
    ]),
    node('soc@0', { compatible: 'simple-bus' }, [
      node('interrupt-controller@0', {
        compatible: 'arm,gic',
        '#interrupt-cells': [1],
        'interrupt-controller': true,
        phandle: [1],
      }),
      node('clock-controller@1', { compatible: 'chip,gcc', '#clock-cells': [1], phandle: [2] }),
      node('interconnect@2', { compatible: 'chip,noc', '#interconnect-cells': [1], phandle: [3] }),
      node('mmc@3', { compatible: 'chip,sdhci', clocks: [2, 1], interrupts: [5], 'non-removable': true }),
      node('serial@4', { compatible: 'chip,uart', clocks: [2, 2] }),
      node('usb@5', { compatible: 'chip,usb', dr_mode: 'otg', phys: [4], clocks: [2, 3] }, [
        node('ulpi', {}, [
          node('phy', { compatible: 'chip,phy', '#phy-cells': [0], phandle: [4], clocks: [2, 4] }),
        ]),
      ]),
      node('mmc@6', { compatible: 'chip,sdhci', clocks: [2, 5], status: 'disabled' }),
      ...more,
    ]),
  ]);
}

const PHONE_DRIVERS = { sdhci: ['chip,sdhci'], uart: ['chip,uart'], usb: ['chip,usb'], phy: ['chip,phy'] };
const survey = (fdt: Fdt, drivers: Record<string, string[]> = {}): Coverage =>
  coverage({
    fdt,
    index: kernelWith({ ...PHONE_DRIVERS, ...drivers }),
    knownToImage: image('arm,gic', 'cache'),
  });

const reason = (found: Coverage): string[] =>
  found.dark.map(({ path, dark }) => `${path} ${dark?.cause} ${dark?.roots.join(' ')}`);
const by = (found: Coverage, path: string) => found.nodes.find((at) => at.path === path)?.service;

describe('who serves a node', () => {
  it('counts enabled nodes with a compatible, below enabled nodes', () => {
    const off = node('off@7', { compatible: 'chip,x', status: 'disabled' }, [
      node('in', { compatible: 'chip,y' }),
    ]);
    expect(survey(phone(off)).nodes.map(({ path, service }) => `${path} ${service.by}`)).toEqual([
      '/ unneeded',
      '/cpus/cpu@0 unneeded',
      '/cpus/cpu@0/l2-cache unneeded',
      '/soc@0 unneeded',
      '/soc@0/interrupt-controller@0 image',
      '/soc@0/clock-controller@1 nobody',
      '/soc@0/interconnect@2 nobody',
      '/soc@0/mmc@3 module',
      '/soc@0/serial@4 module',
      '/soc@0/usb@5 module',
      '/soc@0/usb@5/ulpi/phy module',
    ]);
  });

  it('takes the second compatible string, and tells built-ins from modules', () => {
    const index = kernelWith({ generic: ['gen,uart'] });
    const fdt = tree({ compatible: 'b' }, [node('serial@0', { compatible: ['x,new-uart', 'gen,uart'] })]);
    const builtin = { ...index, builtin: new Map([['generic', {} as never]]) };
    expect(by(coverage({ fdt, index }), '/serial@0')).toEqual({ by: 'module', drivers: ['generic'] });
    expect(by(coverage({ fdt, index: builtin }), '/serial@0')?.by).toBe('builtin');
  });

  it('matches I2C and SPI by id, and PrimeCells by their part number', () => {
    const fdt = tree({ compatible: 'b' }, [
      node('i2c@0', { compatible: 'x,i2c' }, [
        node('touch@38', { compatible: ['edt,ft5x06', 'other,name'] }),
      ]),
      node('pl011@1', { compatible: ['arm,pl011', 'arm,primecell'] }),
      node('etm@2', { compatible: ['arm,coresight-etm4x', 'arm,primecell'] }),
      node('own@3', { compatible: ['v,x', 'arm,primecell'], 'arm,primecell-periphid': [0x00080190] }),
    ]);
    const index = kernelWith({ edt: ['i2c:ft5x06'], uart: ['amba:d???41011*'], own: ['amba:d00080190'] });
    const found = coverage({ fdt, index, knownToImage: image('arm,primecell') });
    expect(by(found, '/i2c@0/touch@38')?.drivers).toEqual(['edt']);
    expect(by(found, '/pl011@1')?.drivers).toEqual(['uart']);
    expect(by(found, '/own@3')?.drivers).toEqual(['own']);
    expect(by(found, '/etm@2')?.by).toBe('bus');
  });

  it('leaves to their bus what announces itself, and to a parent what only its driver knows', () => {
    const radio = node('wifi@1', { compatible: 'brcm,bcm4329-fmac', reg: [1] });
    const fdt = phone(
      node('mmc@8', { compatible: 'chip,sdhci' }, [radio]),
      node('wcnss@9', { compatible: 'chip,wcnss' }, [node('iris', { compatible: 'chip,iris' })]),
    );
    const found = coverage({
      fdt,
      index: kernelWith({ ...PHONE_DRIVERS, wcnss: ['chip,wcnss'] }),
      knownToDriver: (driver, compatible) => driver === 'wcnss' && compatible === 'chip,iris',
    });
    expect(by(found, '/soc@0/mmc@8/wifi@1')?.by).toBe('bus');
    expect(by(found, '/soc@0/wcnss@9/iris')).toEqual({ by: 'parent', drivers: ['wcnss'] });
    expect(roleNodes(found, 'storage').map(({ path }) => path)).toEqual(['/soc@0/mmc@3']);
  });
});

describe('what stays dark', () => {
  it('spreads from the clock controller to all who wait, and names it as the root', () => {
    const found = survey(phone());
    expect(reason(found)).toEqual([
      '/soc@0/clock-controller@1 driver /soc@0/clock-controller@1',
      '/soc@0/interconnect@2 driver /soc@0/interconnect@2',
      '/soc@0/mmc@3 supplier /soc@0/clock-controller@1',
      '/soc@0/serial@4 supplier /soc@0/clock-controller@1',
      '/soc@0/usb@5 supplier /soc@0/clock-controller@1',
      '/soc@0/usb@5/ulpi/phy parent /soc@0/clock-controller@1',
    ]);
    expect(found.blockers).toEqual([
      {
        path: '/soc@0/clock-controller@1',
        compatible: ['chip,gcc'],
        consumers: [
          '/cpus/cpu@0',
          '/soc@0/mmc@3',
          '/soc@0/serial@4',
          '/soc@0/usb@5',
          '/soc@0/usb@5/ulpi/phy',
        ],
        waiting: ['/soc@0/mmc@3', '/soc@0/serial@4', '/soc@0/usb@5', '/soc@0/usb@5/ulpi/phy'],
      },
    ]);
  });

  it('clears when the driver is added, from the index or beside it', () => {
    expect(reason(survey(phone(), { gcc: ['chip,gcc'] }))).toEqual([
      '/soc@0/interconnect@2 driver /soc@0/interconnect@2',
    ]);
    const found = coverage({
      fdt: phone(),
      index: kernelWith(PHONE_DRIVERS),
      drivers: [{ name: 'gcc_chip', compatible: ['chip,gcc', 'chip,noc'] }],
      knownToImage: image('arm,gic'),
    });
    expect(found.dark).toEqual([]);
    expect(by(found, '/soc@0/clock-controller@1')?.drivers).toEqual(['gcc_chip']);
  });

  it('does not take a driver for a longer or shorter name than its own', () => {
    const drivers = [{ name: 'x', compatible: ['chip,gc', 'chip,gcc2', 'gcc'] }];
    const found = coverage({ fdt: phone(), index: kernelWith({}), drivers });
    expect(by(found, '/soc@0/clock-controller@1')?.by).toBe('nobody');
  });

  it('waits for hard suppliers only', () => {
    const soft = node('soft@7', { compatible: 'chip,uart', iommus: [3], dmas: [3] });
    const hard = node('hard@8', { compatible: 'chip,uart', interconnects: [3, 0, 3, 1] });
    const found = survey(phone(soft, hard), { gcc: ['chip,gcc'] });
    expect(reason(found).slice(1)).toEqual(['/soc@0/hard@8 supplier /soc@0/interconnect@2']);
    const needs = found.nodes.find(({ path }) => path === '/soc@0/soft@7')?.needs;
    expect(needs?.map(({ kind, hard: waits }) => [kind, waits])).toEqual([
      ['iommu', false],
      ['dma', false],
    ]);
  });

  it('makes no link to a disabled supplier', () => {
    const off = node('reset@7', {
      compatible: 'chip,rst',
      '#reset-cells': [0],
      phandle: [20],
      status: 'disabled',
    });
    const user = node('user@8', { compatible: 'chip,uart', resets: [20] });
    expect(reason(survey(phone(off, user), { gcc: ['chip,gcc'] }))).not.toContainEqual(
      expect.stringContaining('user@8'),
    );
  });

  it('counts what parts of a device need, but not what belongs to devices below', () => {
    const gpio = node('gpio@7', { compatible: 'chip,gpio', '#gpio-cells': [1], phandle: [30] });
    const keys = node('keys', { compatible: 'gpio-keys' }, [node('key-power', { gpios: [30, 4] })]);
    const mfd = node('mfd@9', { compatible: 'chip,mfd' }, [
      node('led', { compatible: 'chip,led', gpios: [30, 1] }),
    ]);
    const found = survey(phone(gpio, keys, mfd), {
      gcc: ['chip,gcc'],
      keys: ['gpio-keys'],
      mfd: ['chip,mfd'],
      led: ['chip,led'],
    });
    expect(reason(found).filter((line) => line.includes('gpio@7'))).toEqual([
      '/soc@0/gpio@7 driver /soc@0/gpio@7',
      '/soc@0/keys supplier /soc@0/gpio@7',
      '/soc@0/mfd@9/led supplier /soc@0/gpio@7',
    ]);
  });

  it('resolves regulators to the device that makes them, and that to its own maker', () => {
    const rpm = node('rpm@7', { compatible: 'chip,rpm', clocks: [2, 9] }, [
      node('edge', {}, [node('regulators', { compatible: 'chip,regs' }, [node('l1', { phandle: [40] })])]),
    ]);
    const user = node('user@8', { compatible: 'chip,uart', 'vdd-supply': [40] });
    const found = survey(phone(rpm, user), { rpm: ['chip,rpm'], regs: ['chip,regs'] });
    expect(reason(found).filter((line) => /rpm|user/.test(line))).toEqual([
      '/soc@0/rpm@7 supplier /soc@0/clock-controller@1',
      '/soc@0/rpm@7/edge/regulators parent /soc@0/clock-controller@1',
      '/soc@0/user@8 supplier /soc@0/clock-controller@1',
    ]);
    const inner = found.nodes.find(({ path }) => path.endsWith('regulators'));
    expect(inner?.madeBy).toBe('/soc@0/rpm@7');
  });

  it('keeps circles of served nodes lit, and stays dark when one of them has no driver', () => {
    const circle = [
      node('a@7', { compatible: 'chip,a', '#clock-cells': [0], phandle: [50], clocks: [51] }),
      node('b@8', { compatible: 'chip,b', '#clock-cells': [0], phandle: [51], clocks: [50] }),
    ];
    const base = { gcc: ['chip,gcc'], noc: ['chip,noc'] };
    expect(reason(survey(phone(...circle), { ...base, a: ['chip,a'], b: ['chip,b'] }))).toEqual([]);
    expect(reason(survey(phone(...circle), { ...base, a: ['chip,a'] }))).toEqual([
      '/soc@0/a@7 supplier /soc@0/b@8',
      '/soc@0/b@8 driver /soc@0/b@8',
    ]);
  });

  it('names every root of a node that waits for several', () => {
    const user = node('user@8', { compatible: 'chip,uart', clocks: [2, 1], interconnects: [3, 1] });
    expect(reason(survey(phone(user)))).toContain(
      '/soc@0/user@8 supplier /soc@0/clock-controller@1 /soc@0/interconnect@2',
    );
  });
});

/**
 * What Linux 7.2 showed 16 s after boot (bound devices, devices_deferred) for this tree on a virtual
 * machine, where `v,yes` is a driver that claims a clock and nothing else.
 */
describe('held against a booted kernel', () => {
  const provider = (name: string, cells: string, phandle: number): FdtNode =>
    node(name, { compatible: 'v,no', [cells]: [0], phandle: [phandle] });
  const yes = (name: string, properties: Record<string, number[]> = {}): FdtNode =>
    node(name, { compatible: 'v,yes', ...properties });
  const fdt = tree({ compatible: 'b' }, [
    provider('clk', '#clock-cells', 1),
    provider('pd', '#power-domain-cells', 2),
    provider('iommu', '#iommu-cells', 3),
    provider('icc', '#interconnect-cells', 4),
    node('regs', { compatible: 'v,no' }, [node('l1', { phandle: [5] })]),
    yes('plain'),
    yes('clock', { clocks: [1] }),
    yes('domain', { 'power-domains': [2] }),
    yes('translated', { iommus: [3] }),
    yes('path', { interconnects: [4, 4] }),
    yes('supply', { 'vin-supply': [5] }),
    yes('assigned', { 'assigned-clocks': [1] }),
    node('first', { compatible: 'v,yes', 'power-domains': [2], '#reset-cells': [0], phandle: [6] }),
    yes('second', { resets: [6] }),
    node('bus', { compatible: 'simple-bus', clocks: [1] }, [yes('inside')]),
  ]);
  const found = coverage({ fdt, index: kernelWith({ yes: ['v,yes'], simple_pm_bus: ['simple-bus'] }) });
  const told = new Map(found.nodes.map(({ path, dark }) => [path, dark === undefined ? 'lit' : dark.sure]));

  it.each(['/plain', '/translated', '/bus/inside'])('%s binds and is lit', (path) => {
    expect(told.get(path)).toBe('lit');
  });

  it.each(['/domain', '/supply', '/assigned', '/first', '/second'])(
    '%s stays unbound and is surely dark',
    (path) => {
      expect(told.get(path)).toBe(true);
    },
  );

  it.each(['/clock', '/path'])('%s depends on what its driver claims', (path) => {
    expect(told.get(path)).toBe(false);
  });

  it('takes a plain bus for no device, and keeps the name of its driver', () => {
    expect(by(found, '/bus')).toEqual({ by: 'unneeded', drivers: ['simple_pm_bus'], why: 'a bus' });
    expect(told.get('/bus')).toBe('lit');
  });
});

describe('requireRoles', () => {
  const roles = ['storage', 'usb', 'console'] as const;
  const brief = (found: Coverage): string[] =>
    requireRoles(found, roles).map(({ level, code, where }) => `${level} ${code} ${where}`);

  it('is silent when all roles are lit', () => {
    expect(requireRoles(survey(phone(), { gcc: ['chip,gcc'] }), roles)).toEqual([]);
  });

  it('names what waits and what is missing', () => {
    const findings = requireRoles(survey(phone()), roles);
    expect(findings.map(({ level, code }) => `${level} ${code}`)).toEqual([
      'error lint.storage-dark',
      'error lint.usb-dark',
      'error lint.console-dark',
    ]);
    expect(findings[0]?.what).toBe(
      'storage /soc@0/mmc@3 waits for /soc@0/clock-controller@1 (chip,gcc), which this kernel has no driver for',
    );
  });

  it('warns of a dark card slot beside soldered storage, and fails when nothing is left', () => {
    const slot = node('mmc@7', { compatible: 'chip,sdhci', interconnects: [3, 0] });
    expect(brief(survey(phone(slot), { gcc: ['chip,gcc'] }))).toEqual([
      'warning lint.storage-dark /soc@0/mmc@7',
    ]);
    const only = tree({ compatible: 'b' }, [node('mmc@7', { compatible: 'no,driver' })]);
    expect(brief(survey(only))[0]).toBe('error lint.storage-dark /mmc@7');
  });

  it('notes roles that the tree does not have; a host port is no gadget', () => {
    const fdt = tree({ compatible: 'b' }, [
      node('usb@1', { compatible: 'chip,usb', dr_mode: 'host' }),
      node('usb@2', { compatible: 'generic-ehci' }),
      node('mmc@3', { compatible: 'chip,sdhci', 'no-sd': true, 'no-mmc': true }),
    ]);
    expect(brief(survey(fdt))).toEqual([
      'note lint.storage-absent /',
      'note lint.usb-absent /',
      'note lint.console-absent /chosen',
    ]);
  });

  it('counts the controller inside a wrapper', () => {
    const wrapper = node('usb@7', { compatible: 'chip,wrap', clocks: [2, 1] }, [
      node('usb@70', { compatible: 'chip,usb', dr_mode: 'peripheral' }),
    ]);
    const found = survey(phone(wrapper), { wrap: ['chip,wrap'] });
    expect(roleNodes(found, 'usb').map(({ path, dark }) => `${path} ${dark?.cause}`)).toContain(
      '/soc@0/usb@7/usb@70 parent',
    );
  });
});

describe('the key that opens a shell', () => {
  const keys = node('gpio-keys', { compatible: 'gpio-keys' }, [
    node('key-volume-up', { 'linux,code': [115] }),
    node('key-camera', { 'linux,code': [212], status: 'disabled' }),
  ]);
  const pmic = node('pmic@8', { compatible: 'chip,pmic' }, [
    node('pwrkey', { compatible: 'qcom,pm8941-pwrkey' }),
    node('resin', { compatible: 'qcom,pm8941-resin', 'linux,code': [114] }),
    node('keypad', { compatible: 'chip,keypad', 'linux,keymap': [0x00000066, 0x0001009e] }),
  ]);
  const drivers = {
    gcc: ['chip,gcc'],
    pmic: ['chip,pmic'],
    pwrkey: ['qcom,pm8941-pwrkey', 'qcom,pm8941-resin'],
    keypad: ['chip,keypad'],
    gpio: ['gpio-keys'],
  };
  const told = (key: string, more: Record<string, string[]>): string[] =>
    checkShellKey(survey(phone(keys, pmic), more), key).map(
      ({ level, code, what }) => `${level} ${code} ${what}`,
    );

  it.each(['volume-down', 'volume-up', 'power', 'home', 'back', '114', ''])(
    '%j works with its driver',
    (key) => {
      expect(told(key, drivers)).toEqual([]);
    },
  );

  it('is missed without its driver, and without the driver of what it is a part of', () => {
    const { pwrkey: _, ...without } = drivers;
    expect(told('volume-down', without)).toEqual([
      'warning lint.shell-key the key volume-down of /soc@0/pmic@8/resin (qcom,pm8941-resin) has no driver in this kernel',
    ]);
    expect(told('power', without)).toHaveLength(1);
    expect(told('volume-up', without)).toEqual([]);
    const { pmic: _pmic, ...dark } = drivers;
    expect(told('volume-down', dark)[0]).toMatch(/^warning .* waits for \/soc@0\/pmic@8 \(chip,pmic\)/);
  });

  it('is noted when no enabled node has it', () => {
    expect(told('camera', drivers)).toEqual([
      'note lint.shell-key the device tree describes no key camera (linux,code = <212>)',
    ]);
  });
});
