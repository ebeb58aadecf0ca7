import { describe, expect, it } from 'vitest';
import { type Device, loadDevice } from '../../src/device/index.ts';
import type { Fdt } from '../../src/devicetree/index.ts';
import { withModules } from '../../src/kernel/index.ts';
import { chooseModules, missingDrivers } from '../../src/recipe/module-choice.ts';
import { node, tree } from '../devicetree/sample.ts';
import { smallIndex } from '../kernel/kernel-tree.ts';

const z00t = loadDevice('asus-z00t');

function device(kernel: Partial<Device['kernel']> = {}): Device {
  const none = { modules: [], drivers: [], withoutModules: [] };
  return { ...z00t, kernel: { ...z00t.kernel, ...none, ...kernel } };
}

async function chosen(kernel: Partial<Device['kernel']>, fdt?: Fdt) {
  const set = chooseModules(await smallIndex(), device(kernel), fdt);
  return { set, names: set.modules.map(({ name }) => name) };
}

const clock = (status?: string) =>
  node('clock@1', { compatible: 'acme,clk-v1', ...(status === undefined ? {} : { status }) });

describe('chooseModules', () => {
  it('has a function of the gadget for each network and extra, and FunctionFS where adb comes along', async () => {
    const small = await smallIndex();
    const [plain] = small.modules.values();
    if (plain === undefined) throw new Error('no module in the tree');
    const functions = ['ncm', 'acm', 'adb', 'fs'].map((name) => `usb_f_${name}`);
    const records = functions.map((name) => ({
      ...plain,
      name,
      path: `${name}.ko`,
      depends: [],
      aliases: [],
    }));
    const index = withModules(small, records);
    const bridged = {
      ...device(),
      usb: { ...z00t.usb, functions: ['ncm'], extras: ['acm', 'adb'] as const },
    };
    const gadget = (adb: boolean) =>
      chooseModules(index, bridged, undefined, { adb })
        .modules.map(({ name }) => name)
        .filter((name) => functions.includes(name));
    expect(gadget(false)).toEqual(['usb_f_ncm', 'usb_f_acm']);
    expect(gadget(true)).toEqual(['usb_f_ncm', 'usb_f_acm', 'usb_f_fs']);
  });

  it('takes what enabled nodes ask for, with what that depends on', async () => {
    const fdt = tree({}, [clock(), node('store@2', { compatible: ['acme,store2', 'acme,store'] })]);
    const { names } = await chosen({}, fdt);
    expect(names).toEqual(['clk_base', 'bus_core', 'tuner', 'storage', 'crc_fast', 'crc_slow']);
  });

  it('asks nothing for disabled nodes, nor for nodes below them', async () => {
    expect((await chosen({}, tree({}, [clock('disabled')]))).names).toEqual([]);
    const below = node('bus@3', { compatible: 'acme,bus', status: 'disabled' }, [clock('okay')]);
    expect((await chosen({}, tree({}, [below]))).names).toEqual([]);
    expect((await chosen({}, tree({}, [clock('okay')]))).names).toEqual(['clk_base']);
  });

  it('takes what is asked for beside the device, by name or alias', async () => {
    const set = chooseModules(await smallIndex(), device(), undefined, {
      asked: ['bus-core', 'of:NxT(null)Cacme,clk-v1'],
    });
    expect(set.modules.map(({ name }) => name)).toEqual(['clk_base', 'bus_core']);
    expect(set.why.get('bus_core')).toBe('--module');
  });

  it('takes what is asked for by name although the device leaves it out', async () => {
    const left = device({ withoutModules: ['clk-base', 'bus-core'] });
    const set = chooseModules(await smallIndex(), left, undefined, { asked: ['clk_base'] });
    expect(set.modules.map(({ name }) => name)).toEqual(['clk_base']);
  });

  it('takes the way to the root along, to be loaded when it is asked for', async () => {
    const set = chooseModules(await smallIndex(), device({ modules: ['clk_base'] }), undefined, {
      onDemand: [{ name: 'bus-core' }, { name: 'crypto-absent', optional: true }, { name: 'absent' }],
    });
    expect(set.modules.map(({ name }) => name)).toEqual(['clk_base', 'bus_core']);
    expect([...set.weak]).toEqual(['bus_core']);
    expect(set.missing).toEqual([{ name: 'absent', wantedBy: 'the root of the real system' }]);
  });

  it('has the file systems of the device ready for who mounts one, and loads none beforehand', async () => {
    const small = await smallIndex();
    const plain = small.modules.get('clk_base');
    if (plain === undefined) throw new Error('no clk_base');
    const path = 'kernel/fs/acmefs.ko';
    const index = withModules(small, [{ ...plain, name: 'acmefs', path, aliases: ['fs-acmefs'] }]);
    const set = chooseModules(index, device({ modules: ['acmefs', 'clk_base'] }), undefined);
    expect(set.modules.map(({ name }) => name)).toEqual(['clk_base', 'acmefs']);
    expect([...set.weak]).toEqual(['acmefs']);
    expect(set.why.get('acmefs')).toBe('the modules of asus-z00t');
  });

  it('takes nothing for what is built in', async () => {
    const { names, set } = await chosen({}, tree({}, [node('block@4', { compatible: 'acme,block' })]));
    expect(names).toEqual([]);
    expect(set.missing).toEqual([]);
  });

  it("takes the device's modules, its drivers, and leaves out what it names", async () => {
    expect((await chosen({ modules: ['bus_core'] })).names).toEqual(['clk_base', 'bus_core']);
    const drivers = [{ module: 'clk-base', sources: ['clk.c'] }] as unknown as Device['kernel']['drivers'];
    expect((await chosen({ drivers })).names).toEqual(['clk_base']);
    const fdt = tree({}, [clock()]);
    expect((await chosen({ withoutModules: ['clk_base'] }, fdt)).names).toEqual([]);
  });

  it('says which module is missing and who wanted it', async () => {
    const { set } = await chosen({ modules: ['nowhere'] });
    expect(set.missing).toEqual([{ name: 'nowhere', wantedBy: 'the modules of asus-z00t' }]);
  });

  it('says which node brought a module', async () => {
    const { set } = await chosen({}, tree({}, [clock()]));
    expect(set.why.get('clk_base')).toContain('/clock@1');
  });
});

describe('missingDrivers', () => {
  it('leaves out what the kernel has by now, as a module or built in', async () => {
    const index = await smallIndex();
    const named = ['clk-base', ...index.builtin.keys(), 'gcc-msm8939'];
    const drivers = named.map((module) => ({ module, sources: ['driver.c'] }));
    expect(index.builtin.size).toBeGreaterThan(0);
    expect(missingDrivers(drivers, index)).toEqual([{ module: 'gcc-msm8939', sources: ['driver.c'] }]);
  });
});
