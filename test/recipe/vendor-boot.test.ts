import { describe, expect, it } from 'vitest';
import { loadDevice } from '../../src/device/index.ts';
import { planBuild, vendorBootPath } from '../../src/recipe/index.ts';

const qemu = loadDevice('qemu-aarch64');
const phone = { ...qemu, loader: { ...qemu.loader, kind: 'android', dtb: ['none'] } } as const;
const nobody = { files: [], personal: false, passwordless: false };

function plan(device: typeof qemu, headerVersion: number, bootconfig: readonly string[] = []) {
  const changed = { ...device, bootimg: { ...device.bootimg, bootconfig } };
  return planBuild({ device: changed, ssh: nobody, purpose: 'boot', headerVersion });
}

describe('the plan of vendor_boot', () => {
  it.each([0, 1, 2])('is none with header version %i', (version) => {
    expect(plan(phone, version).vendorBoot).toBeUndefined();
  });

  it('has pages that every loader counts alike, and leaves the command line to boot.img', () => {
    expect(qemu.bootimg.pageSize).toBe(2048);
    const made = plan(phone, 3);
    expect(made.vendorBoot).toEqual({ headerVersion: 3, pageSize: 4096, cmdline: [], bootconfig: [] });
    expect(made.cmdline).toContain('console=ttyAMA0');
    const large = { ...phone, bootimg: { ...phone.bootimg, pageSize: 16384 } };
    expect(plan(large, 3).vendorBoot?.pageSize).toBe(16384);
  });

  it("lets the kernel read the loader's boot configuration from version 4 on, and the device's own", () => {
    expect(plan(phone, 4).vendorBoot?.cmdline).toEqual(['bootconfig']);
    // QEMU adds none.
    expect(plan(qemu, 4).vendorBoot?.cmdline).toEqual([]);
    const lines = ['androidboot.hardware=mnx'];
    expect(plan(qemu, 4, lines).vendorBoot).toMatchObject({ cmdline: ['bootconfig'], bootconfig: lines });
  });

  it('does not say twice what the device says', () => {
    const told = { ...phone, bootimg: { ...phone.bootimg, cmdline: ['bootconfig', 'quiet'] } };
    expect(plan(told, 4).vendorBoot?.cmdline).toEqual([]);
  });

  it.each([0, 3])('refuses a boot configuration that version %i has no place for', (version) => {
    expect(() => plan(phone, version, ['androidboot.hardware=mnx'])).toThrow(
      expect.objectContaining({ code: 'recipe.bootconfig', exitCode: 2 }),
    );
  });
});

describe('a Qualcomm phone with vendor_boot', () => {
  it('takes the newest version of its loader, and the tree from the section', () => {
    const device = loadDevice('oneplus-enchilada', { loader: 'qcom-abl-v3' });
    expect(device.bootimg).toMatchObject({ headerVersion: 4, dtb: 'section' });
    const made = planBuild({ device, ssh: nobody, purpose: 'boot' });
    expect(made.dtb).toEqual({ from: 'kernel', name: 'qcom/sdm845-oneplus-enchilada.dtb' });
    expect(made.vendorBoot).toMatchObject({ headerVersion: 4, cmdline: ['bootconfig'] });
  });
});

describe('the name of vendor_boot', () => {
  it.each([
    ['boot.img', 'boot-vendor_boot.img'],
    ['./out/asus.img', './out/asus-vendor_boot.img'],
    ['/a.b/boot', '/a.b/boot-vendor_boot'],
  ])('%s goes with %s', (image, vendorBoot) => {
    expect(vendorBootPath(image)).toBe(vendorBoot);
  });
});
