import { describe, expect, it, onTestFinished } from 'vitest';
import { concat } from '../../src/binary/index.ts';
import { vendorBootImageOf, writeVendorBootImage } from '../../src/bootimg/index.ts';
import { compress } from '../../src/compress/index.ts';
import type { Device } from '../../src/device/index.ts';
import { bootImage } from '../../src/emulate/index.ts';
import { packCpio } from '../../src/initramfs/index.ts';
import { Console } from './console.ts';
import { bootable, plainRequest } from './payloads.ts';
import { bootPhone, buildImage, STAYS_UP } from './phone.ts';
import { keyed, makeKey, ssh } from './ssh.ts';
import { have } from './tools.ts';

const ready = (await bootable('qemu-aarch64')) && have('ssh', '-V');

function withBootimg(change: Partial<Device['bootimg']>): Device {
  const { device } = plainRequest('qemu-aarch64');
  return { ...device, bootimg: { ...device.bootimg, ...change } };
}

/** A loader that sends the parts where vendor_boot says, the tree among them. */
function behindHeader(device: Device): Device {
  const loader = { ...device.loader, kind: 'android', addresses: 'header', dtb: ['section'] } as const;
  const bootimg = { ...device.bootimg, dtb: 'section', dtbOffset: device.bootimg.tagsOffset } as const;
  return { ...device, loader, bootimg };
}

describe.skipIf(!ready)('boot.img and vendor_boot', () => {
  it.each([3, 4])('of header version %i boot to stage-1 with SSH', async (headerVersion) => {
    const key = makeKey(`pair${headerVersion}`);
    const phone = await bootPhone({ request: { headerVersion, ssh: keyed(key) } });
    onTestFinished(() => phone.session.stop());
    await phone.console.waitFor(STAYS_UP);
    expect(phone.console.text).not.toMatch(/mnx: .*(error|warning):/);
    const { stdout } = await ssh(phone, ['uname', '-m;', 'cat', '/proc/cmdline'], { key });
    expect(stdout).toMatch(/^aarch64\n.*console=ttyAMA0/);
  });

  it('come through a loader that takes addresses and tree from vendor_boot', async () => {
    const device = behindHeader(withBootimg({ bootconfig: ['androidboot.hardware=mnx'] }));
    const key = makeKey('header');
    const phone = await bootPhone({ request: { device, headerVersion: 4, ssh: keyed(key) } });
    onTestFinished(() => phone.session.stop());
    await phone.console.waitFor(STAYS_UP);
    const { stdout } = await ssh(phone, ['cat', '/proc/cmdline'], { key });
    expect(stdout).toMatch(/^bootconfig .*console=ttyAMA0/);
    // The configuration is no part of the archive: the kernel cuts it off or reads it, and unpacks all the rest.
    expect(phone.console.text).not.toMatch(/Initramfs unpacking failed/);
  });

  it('have the ramdisk of the phone below stage-1', async () => {
    const { session, console } = await bootBelow((maker) => Promise.resolve(maker), 'gzip');
    onTestFinished(() => session.stop());
    await console.waitFor(STAYS_UP);
    expect(console.text).not.toContain('the wrong init');
    session.keyboard.write('cat /first_stage.marker\n');
    await console.waitFor(/of the maker/);
  });

  /** As lint.pair-ramdisk has it. */
  it.each([
    ['gzip', /Initramfs unpacking failed/, STAYS_UP],
    ['lz4-legacy', STAYS_UP, /Initramfs unpacking failed/],
  ] as const)('with stage-1 as %s behind lz4: %s', async (codec, end, never) => {
    const { session, console } = await bootBelow((maker) => compress('lz4-legacy', [maker]), codec);
    onTestFinished(() => session.stop());
    await console.waitFor(end);
    expect(console.text).not.toMatch(never);
  });

  it('are refused without vendor_boot by a loader that needs it', async () => {
    const device = behindHeader(withBootimg({}));
    const { image, request } = await buildImage({ request: { device, headerVersion: 3 } });
    const boot = bootImage({ device: request.device, image });
    await expect(boot).rejects.toThrow(/v3 needs vendor_boot/);
  });
});

/** What lies in the vendor_boot of a maker: an archive with an init of its own. */
const MAKERS = packCpio([
  { type: 'file', path: 'init', mode: 0o755, data: Buffer.from('#!/bin/sh\necho the wrong init\n') },
  { type: 'file', path: 'first_stage.marker', mode: 0o644, data: Buffer.from('of the maker\n') },
]);

/** Boots a build with the vendor_boot of somebody else. */
async function bootBelow(pack: (maker: Uint8Array) => Promise<Uint8Array>, codec: 'gzip' | 'lz4-legacy') {
  const { request, image } = await buildImage({ request: { headerVersion: 4, compression: { codec } } });
  const { device } = request;
  const spec = { ...device.bootimg, headerVersion: 4, pageSize: 4096 } as const;
  const fragments = [{ bytes: await pack(MAKERS), type: 1 }];
  const theirs = vendorBootImageOf(spec, { cmdline: '', fragments });
  const session = await bootImage({ device, image, vendorBoot: concat(writeVendorBootImage(theirs)) });
  return { session, console: new Console(session) };
}
