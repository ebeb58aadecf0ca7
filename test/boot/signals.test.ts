import { describe, expect, it } from 'vitest';
import { type Device, loadDevice } from '../../src/device/index.ts';
import { bootable } from './payloads.ts';
import { bootPhone, STAYS_UP } from './phone.ts';

const plain = loadDevice('qemu-x86_64');
const { screen, kernel } = plain;
if (screen === undefined) throw new Error('no screen');

/** The machine's keyboard has lamps; which number it has is the kernel's affair. */
const device: Device = {
  ...plain,
  screen: { ...screen, setMode: true, blank: [1, 0], fbset: true },
  kernel: { ...kernel, modules: [...kernel.modules, 'softdog'] },
  signals: {
    leds: [0, 1, 2, 3].map((n) => `input${n}::capslock`),
    vibrator: undefined,
    backlight: false,
  },
  quirks: { watchdog: { path: '/dev/watchdog', every: 5, handover: 'keep' } },
};
const warm = await bootable('qemu-x86_64', { device });

describe.skipIf(!warm)('a phone with quirks', () => {
  it('feeds its watchdog, wakes its screen, and a lamp tells when it waits, and what failed', async () => {
    const { console: serial, session } = await bootPhone({ request: { device } });
    await serial.waitFor(STAYS_UP);
    const early = serial.text;
    expect(early).toMatch(/30-modules: \/dev\/watchdog is fed every 5 s/);
    // QEMU's driver has no alpha, and refuses to be told of one: the boot goes on.
    expect(early).toMatch(/order of the colours: ioctl FBIOPUT_VSCREENINFO: Invalid argument/);
    expect(early).not.toMatch(/warning: (?:the kernel refuses|the framebuffer has no modes)/);

    const fed = await serial.run(
      'cat /sys/class/watchdog/watchdog0/state; kill -0 $(cat /run/mnx/watchdog.pid)',
    );
    expect(fed).toEqual({ output: 'active\n', code: 0 });

    const mode = await serial.run(
      'cat /sys/class/graphics/fb0/mode; head -n 1 /sys/class/graphics/fb0/modes',
    );
    const [set, first] = mode.output.split('\n');
    expect(set).toBe(first);
    const told = (await serial.run('fbset -s')).output;
    expect(told).toContain('geometry 1080 1920');
    expect(told).toContain('rgba 8/16,8/8,8/0');

    const lamp = 'cat /sys/class/leds/input*::capslock/brightness';
    const lit = `i=0; until [ "$(${lamp})" = 1 ] || [ $i -gt 300 ]; do i=$((i+1)); sleep 0.1; done; ${lamp}`;
    expect((await serial.run(lit)).output).toBe('1\n');
    expect((await serial.run('cat /sys/class/leds/input*::capslock/trigger')).output).toContain('[none]');

    // The blinks from one pause to the next. A gap between two is 0.5 s, a pause 2.5 s.
    const count = [
      'echo gadget >>/run/mnx/signals',
      'rounds=0 n=0 was=0 dark=0 i=0',
      'while [ $rounds -lt 3 ] && [ $((i += 1)) -lt 600 ]; do sleep 0.1',
      `now=$(${lamp}); [ $was$now != 01 ] || n=$((n + 1))`,
      'was=$now; dark=$((now ? 0 : dark + 1))',
      '[ $dark != 10 ] || { rounds=$((rounds + 1)); said="$said $n"; n=0; }',
      'done; echo "blinks$said"',
    ].join('; ');
    const blinks = await serial.run(count.replaceAll('do; ', 'do '));
    expect(blinks.output).toMatch(/^blinks \d+ 2 2\n$/);
    await session.stop();
  });
});
