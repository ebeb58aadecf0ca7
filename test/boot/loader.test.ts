import { describe, expect, it, onTestFinished } from 'vitest';
import { concat } from '../../src/binary/index.ts';
import {
  bootImageOf,
  kernelPart,
  readBootImage,
  splitKernelPart,
  writeBootImage,
} from '../../src/bootimg/index.ts';
import { bootImage, machineDtb } from '../../src/emulate/index.ts';
import { bootable, plainRequest } from './payloads.ts';
import { bootPhone, buildImage, STAYS_UP } from './phone.ts';
import { keyed, makeKey, ssh } from './ssh.ts';
import { have } from './tools.ts';

const ready = (await bootable('qemu-aarch64')) && have('ssh', '-V');
const LK2ND = 'lk2nd-msm8916';

describe.skipIf(!ready)('the rules of lk2nd around a kernel of 48 MB', () => {
  it('let the window through from the partition as well', async () => {
    const key = makeKey('flash');
    const phone = await bootPhone({
      loader: LK2ND,
      mode: 'flash',
      request: { purpose: 'flash', ssh: keyed(key) },
    });
    onTestFinished(() => phone.session.stop());
    await phone.console.waitFor(STAYS_UP);
    expect((await ssh(phone, ['uname', '-m'], { key })).stdout).toBe('aarch64\n');
  });

  it.each(['boot', 'flash'] as const)('refuse the same kernel in the plain layout (%s)', async (mode) => {
    const { image } = await buildImage({});
    const { device } = plainRequest('qemu-aarch64', LK2ND);
    const { parts, cmdline } = readBootImage(image);
    if (parts.kernel === undefined) throw new Error('the image has no kernel');
    const kernel = await kernelPart({
      image: [splitKernelPart(parts.kernel).image],
      compression: 'gzip',
      appended: [await machineDtb(device)],
    });
    const plain = bootImageOf(device.bootimg, { cmdline, parts: { ...parts, kernel } });
    const boot = bootImage({ device, image: concat(writeBootImage(plain)), mode });
    await expect(boot).rejects.toThrow(/lk2nd: Invalid device tree header/);
  });
});
