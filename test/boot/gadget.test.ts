import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { bootable } from './payloads.ts';
import { bootPhone, type Phone, STAYS_UP } from './phone.ts';
import { comesToShow } from './picture.ts';
import { type Answer, keyed, makeKey, ssh } from './ssh.ts';
import { have } from './tools.ts';

const ready = (await bootable('qemu-aarch64', { packages: ['perl-base'] })) && have('ssh', '-V');
const guest = (name: string) => readFileSync(resolve(import.meta.dirname, 'guest', name), 'utf8');

/** For each network function the computer's driver, and the ids by which Windows finds its own. */
const FUNCTIONS = [
  ['rndis', 'rndis_host', 'RNDIS 5162001'],
  ['ncm', 'cdc_ncm', 'WINNCM '],
  ['ecm', 'cdc_ether', undefined],
] as const;

describe.skipIf(!ready)('the gadget, seen from the computer', () => {
  const key = makeKey('gadget');
  let phone: Phone;

  beforeAll(async () => {
    phone = await bootPhone({
      request: {
        ssh: keyed(key),
        packages: ['perl-base'],
        moreModules: ['usb_f_ecm', 'usb_f_acm', 'cdc_ether', 'cdc_acm'],
        cmdlineAppend: ['mnx.usb_functions=rndis', 'mnx.usb_extras=acm'],
      },
    });
    await phone.console.waitFor(STAYS_UP);
  });
  afterAll(() => phone?.session.stop());

  const onPhone = (input: string, ...words: string[]): Promise<Answer> =>
    ssh(phone, words.length === 0 ? ['sh', '-s'] : words, { key, input });

  it('has a shell on its serial port, as the image is one for debugging', async () => {
    const said = await onPhone(`exec 3<>/dev/ttyACM0
      stty raw -echo <&3
      while echo 'tty; echo $((6 * 7))-is' >&3; do sleep 1; done &
      timeout 60 sed '/^42-is/q' <&3
      kill "$!"`);
    expect(said.stdout).toMatch(/\n\/dev\/ttyGS0\r\n42-is\r\n/);
  });

  it.each(FUNCTIONS)('is a network card by %s, with a lease and SSH', async (name, driver, ids) => {
    if (name !== 'rndis') await again(`usb_functions=rndis/usb_functions=${name}`);
    const said = await onPhone('cat /run/mnx/stage1.log');
    expect(said.stdout).toMatch(new RegExp(`${name} with acm on dummy_udc.0 is usb0\n`));
    const { stdout } = await onPhone(guest('gadget-host.sh'));
    const lines = stdout.trim().split('\n');
    expect(lines).toContain(`driver ${driver}`);
    expect(lines, stdout).toContain('lease 172.16.42.2/24 router= dns=');
    expect(lines).toContain('ping yes');
    expect(lines.at(-1)).toMatch(/^ssh SSH-2\.0-dropbear/);
    const asked = await onPhone(guest('os-descriptors.pl'), 'perl', '-', 'd001');
    // Nobody but Windows asks, and of a function that Windows has no driver for, nothing is said.
    if (ids === undefined) expect(asked.stderr).toMatch(/request 6: Broken pipe/);
    else expect(asked.stdout).toBe(`sign MSFT100\nids 0100 4 functions 1: ${ids}\n`);
  });

  it('has the whole log on its serial port, where the image is not for debugging', async () => {
    await again('$/ mnx.debug=no');
    const heard = async (before: string): Promise<void> => {
      const { stdout } = await onPhone(`${before}
        exec 3<>/dev/ttyACM0
        stty raw -echo <&3
        export n=$(wc -l </run/mnx/stage1.log)
        timeout 60 sh -c 'while [ "$n" -gt 2 ] && read -r line; do
          [ -z "$line" ] || { echo "$line"; n=$((n - 1)); }
        done' <&3`);
      const shown = stdout.trim().split(/[\r\n]+/);
      const log = (await onPhone('cat /run/mnx/stage1.log')).stdout.trim().split('\n');
      expect(shown.length).toBeGreaterThan(30);
      expect(log.slice(0, shown.length)).toEqual(shown);
      expect(log.length - shown.length).toBeLessThan(3);
    };
    await heard('');
    // Once more for whoever pulls the cable and plugs it in again.
    await heard(`port=/sys/bus/usb/devices/1-1/authorized
      echo 0 >$port; sleep 2; echo 1 >$port
      for i in 1 2 3 4 5 6 7 8 9 10; do [ -c /dev/ttyACM0 ] || sleep 0.5; done`);
  });

  /** Stage-1's own way to take a step once more, with a word of the command line changed (of sed's). */
  async function again(change: string): Promise<void> {
    const words = `sed "s/${change}/" /proc/cmdline >/tmp/cmdline`;
    const steps = 'MNX_CMDLINE=/tmp/cmdline mnx-step 50-gadget 60-network 70-ssh';
    const { code, output } = await phone.console.run(`${words}; ${steps}`);
    expect(code, output).toBe(0);
  }
});

describe.skipIf(!ready)('a USB device controller', () => {
  it('that comes when its step has given up gets its gadget, network and SSH all the same', async () => {
    const key = makeKey('late');
    const drivers = 'bochs,virtio_blk,virtio_net,ext4,cdc_ncm';
    const phone = await bootPhone({
      request: { ssh: keyed(key), cmdlineAppend: [`mnx.modules=${drivers}`, 'mnx.console=off'] },
    });
    onTestFinished(() => phone.session.stop());
    await phone.console.waitFor(/50-gadget: error: no USB device controller/);
    await phone.console.waitFor(STAYS_UP);
    await ssh(phone, ['modprobe', 'dummy_hcd'], { key });
    await phone.console.waitFor(/the USB device controller dummy_udc.0 has come late/);
    await phone.console.waitFor(/50-gadget: ncm on dummy_udc\.0 is usb0/);
    await phone.console.waitFor(/70-ssh: log in with/);
    const { stdout } = await ssh(phone, ['sh', '-s'], { key, input: guest('gadget-host.sh') });
    expect(stdout).toMatch(/ping yes\nssh SSH-2\.0-dropbear/);
    // The screen said that USB does not come up.
    expect(await comesToShow(phone, { message: 'ready-ssh', at: 100 })).toBe(true);
  });
});
