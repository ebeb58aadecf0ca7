import { describe, expect, it, onTestFinished } from 'vitest';
import { loadDevice } from '../../src/device/index.ts';
import { bootable } from './payloads.ts';
import { bootPhone, STAYS_UP } from './phone.ts';
import { keyed, makeKey, ssh } from './ssh.ts';
import { have } from './tools.ts';

const plain = loadDevice('qemu-aarch64');
/** A phone with adb, and with the client of the computer at the other end of its cable. */
const bridged = { device: { ...plain, usb: { ...plain.usb, extras: ['adb'] as const } }, packages: ['adb'] };
const ready = (await bootable('qemu-aarch64', bridged)) && have('ssh', '-V');

/** Classes of the gadget's interfaces, as the host side of the cable shows them. */
const CLASSES = `for part in /sys/bus/usb/devices/1-1:1.*; do
  cat $part/bInterfaceClass $part/bInterfaceSubClass $part/bInterfaceProtocol | tr -d '\\n'
  echo
done`;
const LIBRARY = 'for lib in /lib/mnx/lib/*.sh; do . "$lib"; done; conf_load';
const UDC = 'cat /sys/kernel/config/usb_gadget/mnx/UDC';

describe.skipIf(!ready)('adb', () => {
  it('is beside the network, gives a shell, and takes nothing with it when it ends', async () => {
    const key = makeKey('own');
    const phone = await bootPhone({ request: { ...bridged, ssh: keyed(key) } });
    onTestFinished(() => phone.session.stop());
    const said = async (...words: string[]) => (await ssh(phone, words, { key })).stdout;
    await phone.console.waitFor(/warning: anyone on the USB cable is root by adb, without a key/);
    await phone.console.waitFor(/50-gadget: ncm with adb on dummy_udc\.0 is usb0/);
    await phone.console.waitFor(STAYS_UP);
    expect((await said(CLASSES)).split('\n')).toContain('ff4201');
    expect(await said('export HOME=/tmp; adb wait-for-usb-device shell id')).toMatch(/^uid=0\(root\)/m);
    expect(await said('echo kept >/tmp/sent; adb push /tmp/sent /tmp/got >/dev/null; cat /tmp/got')).toBe(
      'kept\n',
    );
    // On the cable only: nothing listens for adb connect.
    expect(await said('netstat -lnt')).not.toMatch(/:5555\b/);
    await said('kill $(cat /run/mnx/adbd.pid)');
    await phone.console.waitFor(/warning: adbd has ended by itself: it is started again/);
    await phone.console.waitFor(/warning: anyone on the USB cable is root by adb, without a key/);
    expect(await said('adb wait-for-usb-device shell id')).toMatch(/^uid=0\(root\)/m);
    expect(await said(UDC)).toBe('dummy_udc.0\n');
    // A disk beside it, and away again: each time the gadget is unplugged, and adbd describes its function anew.
    expect(
      await said(
        `${LIBRARY}; head -c 1048576 /dev/zero >/tmp/disk; storage_export /tmp/disk ro && storage_withdraw && echo done`,
      ),
    ).toBe('done\n');
    expect(await said('adb wait-for-usb-device shell id')).toMatch(/^uid=0\(root\)/m);
    expect(await said(UDC)).toBe('dummy_udc.0\n');
    expect(await said('mnx-step 50-gadget 60-network')).toMatch(
      /50-gadget: ncm with adb on dummy_udc\.0 is usb0/,
    );
    expect(await said('adb wait-for-usb-device shell id')).toMatch(/^uid=0\(root\)/m);
  });
});
