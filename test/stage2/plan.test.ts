import { describe, expect, it } from 'vitest';
import { MnxError } from '../../src/binary/index.ts';
import { type Device, loadDevice } from '../../src/device/index.ts';
import { readRoot, rootNeeds, type Stage2Request, stage2Conf, stage2Plan } from '../../src/stage2/index.ts';

const z00t = loadDevice('asus-z00t');
const able: Device = {
  ...z00t,
  stage2: { methods: ['switch-root', 'kexec'], reason: undefined, init: '/init' },
};

function fault(device: Device, request: Stage2Request): MnxError {
  try {
    stage2Plan(device, request);
  } catch (error) {
    if (error instanceof MnxError) return error;
    throw error;
  }
  throw new Error('no error');
}

describe('stage2Plan', () => {
  it.each([
    'LABEL=root',
    'LABEL=my root',
    'UUID=0123-ABCD',
    'PARTLABEL=userdata',
    'PARTUUID=1f-02',
    '/dev/mmcblk0p28',
    '/dev/mapper/x',
    'nbd=',
    'nbd=10.0.2.2',
    'nbd=:10810/root',
    'PARTLABEL=userdata,subpart=2,luks,fsck,resize',
    'LABEL=data,loop=/images/my root.img,subpart=root,ro',
  ])('takes %s', (root) => {
    const plan = stage2Plan(z00t, { root });
    expect(plan).toEqual({ method: 'switch-root', root, init: z00t.stage2.init });
    expect(stage2Conf(plan)).toEqual({
      mnx_root: root,
      mnx_stage2: 'switch-root',
      mnx_init: z00t.stage2.init,
    });
  });

  it.each([
    '',
    'root',
    'LABEL=',
    'UUID=xyz',
    'UUID=-1',
    'PARTUUID=',
    '/dev/',
    '/dev/a b',
    '/dev/../etc',
    'mmcblk0p1',
    '/mnt/x',
    'LABEL=a\nb',
    `PARTLABEL=${'x'.repeat(37)}`,
    'LABEL=a,',
    'LABEL=a,fsk',
    'LABEL=a,fsck,fsck',
    'LABEL=a,ro,resize',
    'LABEL=a,loop=root.img',
    'LABEL=a,loop=/../x',
    'LABEL=a,subpart=',
    'LABEL=a,luks=a/b',
    'LABEL=a,luks,luks=b',
    'nbd=host',
    'nbd=1.2.3.4:x',
  ])('refuses %j', (root) => {
    expect(fault(z00t, { root })).toMatchObject({ code: 'stage2.root', exitCode: 2 });
  });

  it('reads what a root is made of', () => {
    const { source, loop, subpart, flags } = readRoot(
      'UUID=12-ab,loop=/a/b.img,subpart=2,luks=crypt_root,fsck',
    );
    expect([source, loop, subpart, [...flags]]).toEqual(['UUID=12-ab', '/a/b.img', '2', ['luks', 'fsck']]);
  });

  it('stays up without a root, and leaves the method for the command line', () => {
    expect(stage2Conf(stage2Plan(z00t))).toEqual({
      mnx_root: '',
      mnx_stage2: 'switch-root',
      mnx_init: z00t.stage2.init,
    });
    expect(stage2Plan(z00t, { method: 'shell' }).method).toBe('shell');
  });

  it("takes the device's own root, and the user's before it", () => {
    const own = { ...z00t, root: 'LABEL=own' };
    expect(stage2Plan(own).root).toBe('LABEL=own');
    expect(stage2Plan(own, { root: 'LABEL=mine' }).root).toBe('LABEL=mine');
  });

  it('refuses a method that the device cannot do, with the reason', () => {
    const error = fault(z00t, { root: 'LABEL=x', method: 'kexec' });
    expect(error).toMatchObject({ code: 'stage2.method', exitCode: 2 });
    expect(error.message).toContain(z00t.stage2.reason);
    expect(stage2Plan(able, { root: 'LABEL=x', method: 'kexec' }).method).toBe('kexec');
  });

  it('refuses a hand-over to nothing', () => {
    expect(fault(able, { method: 'kexec' })).toMatchObject({ code: 'stage2.no-root' });
  });
});

describe('rootNeeds', () => {
  const names = (root?: string) => {
    const { packages, programs, modules } = rootNeeds(root);
    return { packages, programs, modules: modules.filter((one) => !one.optional).map(({ name }) => name) };
  };

  it('brings nothing for a plain root, or none', () => {
    const nothing = { packages: [], programs: [], modules: [] };
    expect(names()).toEqual(nothing);
    expect(names('PARTLABEL=userdata,ro')).toEqual(nothing);
  });

  it('brings programs and modules for what the root says', () => {
    expect(names('/dev/x,luks')).toEqual({
      packages: ['cryptsetup-bin'],
      programs: ['usr/sbin/cryptsetup'],
      modules: ['dm-crypt', 'crypto-xts'],
    });
    expect(names('/dev/x,fsck,resize').programs).toEqual(['usr/sbin/e2fsck', 'usr/sbin/resize2fs']);
    expect(names('/dev/x,subpart=1')).toEqual({
      packages: ['mount'],
      programs: ['usr/sbin/losetup'],
      modules: ['loop'],
    });
    expect(names('/dev/x,subpart=1,resize').programs).toEqual([
      'usr/sbin/e2fsck',
      'usr/sbin/resize2fs',
      'usr/sbin/losetup',
      'usr/sbin/sfdisk',
    ]);
    expect(names('/dev/x,subpart=1,luks=a,resize').programs.at(-1)).toBe('usr/bin/partx');
    expect(names('/dev/x,loop=/y')).toEqual({ packages: [], programs: [], modules: ['loop'] });
    expect(names('nbd=/root,fsck')).toMatchObject({ packages: ['e2fsprogs'], modules: ['nbd'] });
  });
});
