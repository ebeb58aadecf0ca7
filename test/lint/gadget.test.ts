import { describe, expect, it } from 'vitest';
import { loadDevice, type UsbSpec } from '../../src/device/index.ts';
import { parseKernelConfig } from '../../src/kernel/index.ts';
import { checkGadget } from '../../src/lint/index.ts';
import { smallIndex } from '../kernel/kernel-tree.ts';

const usb: UsbSpec = {
  ...loadDevice('qemu-aarch64').usb,
  mode: 'configfs',
  functions: ['ncm', 'rndis'],
  extras: ['acm'],
};
const config = (...options: string[]) =>
  parseKernelConfig(options.map((option) => `CONFIG_${option}\n`).join(''));
const modules = (...names: string[]) => smallIndex(names.map((name) => ({ name, modinfo: ['depends='] })));
const places = (found: ReturnType<typeof checkGadget>) => found.map(({ where, what }) => [where, what]);

describe('the functions of the gadget', () => {
  it('are enough when one for the network and each other one is there', () => {
    const all = config('USB_CONFIGFS=m', 'USB_CONFIGFS_RNDIS=y', 'USB_CONFIGFS_ACM=y');
    expect(checkGadget(usb, { config: all })).toEqual([]);
  });

  it('are named when the kernel is built without them, with what is lost', () => {
    expect(checkGadget(usb, { config: config('USB_CONFIGFS=y', 'USB_CONFIGFS_NCM=y') })).toEqual([
      {
        code: 'lint.gadget',
        level: 'warning',
        what: 'the kernel has no USB function acm',
        where: 'usb.extras',
        why: 'the gadget goes without acm',
        todo: 'set CONFIG_USB_CONFIGFS_ACM=y and build the kernel again, or name another in usb.extras',
      },
    ]);
    expect(places(checkGadget(usb, { config: config('USB_CONFIGFS=y', 'USB_CONFIGFS_ACM=y') }))).toEqual([
      ['usb.functions', 'the kernel has no USB function ncm, nor rndis'],
    ]);
  });

  it('are looked for among the modules where nobody has the configuration', async () => {
    const some = { index: await modules('usb_f_ncm') };
    expect(places(checkGadget(usb, some))).toEqual([['usb.extras', 'the kernel has no USB function acm']]);
    expect(checkGadget(usb, { index: await modules('usb_f_ncm', 'usb_f_acm') })).toEqual([]);
  });

  it('are not judged where the kernel does not tell, or has another kind of gadget', async () => {
    expect(checkGadget(usb, {})).toEqual([]);
    expect(checkGadget(usb, { index: await modules('other') })).toEqual([]);
    expect(checkGadget(usb, { config: config('USB_ETH=y') })).toEqual([]);
    const android = config('USB_CONFIGFS=y', 'USB_G_ANDROID=y');
    expect(checkGadget({ ...usb, mode: 'auto' }, { config: android })).toEqual([]);
    expect(checkGadget({ ...usb, mode: 'android_usb' }, { config: config('USB_CONFIGFS=y') })).toEqual([]);
    const makers = { ...usb, functions: ['acme.net'], extras: [] };
    expect(checkGadget(makers, { config: config('USB_CONFIGFS=y') })).toEqual([]);
  });
});
