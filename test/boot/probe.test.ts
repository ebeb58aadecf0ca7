import { describe, expect, it } from 'vitest';
import { bootable } from './payloads.ts';
import { bootPhone, STAYS_UP } from './phone.ts';

const warm = await bootable('qemu-aarch64');

describe.skipIf(!warm)('a phone that shows nothing', () => {
  it('starts again when it reaches the step that it was built for', async () => {
    const { console: serial, session } = await bootPhone({ request: { probe: 'modules' } });
    await serial.waitFor(/30-modules: probe: 30-modules is reached; the phone starts again/);
    expect(await session.ended).toBeUndefined();
    expect(serial.text).toMatch(/25-cmdline: done/);
    expect(serial.text).not.toMatch(/30-modules: (?:loading|done)|40-splash/);
    expect(serial.text).toMatch(/reboot: Restarting system/);
  });

  it('says how to get in where it opens no shell', async () => {
    const { console: serial, session } = await bootPhone({ request: { release: true } });
    await serial.waitFor(STAYS_UP);
    await serial.waitFor(/no shell here, and nobody may log in/);
    await session.stop();
  });
});
