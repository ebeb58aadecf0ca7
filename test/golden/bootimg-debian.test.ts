import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { concat } from '../../src/binary/index.ts';
import {
  buildWindow,
  kernelPart,
  placeImage,
  planLayout,
  readBootImage,
  readWindow,
  splitKernelPart,
  writeBootImage,
} from '../../src/bootimg/index.ts';
import { readKernelImage } from '../../src/kernel/index.ts';
import { LK2ND, ramdiskOf } from '../bootimg/phone.ts';
import { imageWith } from '../bootimg/sample.ts';
import { expectBootable } from '../loader/handover.ts';
import { bootFromPartition, cmdBoot, type Handover, MSM8916, Panic } from '../loader/lk2nd.ts';

/** An unpacked modules folder of Debian's arm64 kernel, with vmlinuz and dtb/ as its packages have them. */
const MODULES = process.env['MNX_TEST_MODULES'];
const usable = MODULES !== undefined && existsSync(join(MODULES, 'vmlinuz'));
if (!usable) console.log('skipped: MNX_TEST_MODULES names no modules folder of an arm64 kernel from Debian');

const CMDLINE = 'console=ttyMSM0,115200 lk2nd.pass-simplefb=relocate,xrgb8888';
const PARTITION = 32 * 1024 * 1024;

function file(name: string): Uint8Array {
  return new Uint8Array(readFileSync(join(MODULES ?? '', name)));
}

describe.skipIf(!usable)("Debian's kernel on asus-z00t", () => {
  let kernel: Uint8Array;
  let dtb: Uint8Array;
  let image: Uint8Array;
  const ramdisk = ramdiskOf(4_000_000);
  const { placement } = LK2ND;

  beforeAll(async () => {
    kernel = file('vmlinuz');
    dtb = file('dtb/qcom/msm8939-asus-z00t.dtb');
    if (placement === undefined) throw new Error('the loader has no placement');
    const { pieces, dtb: appended } = buildWindow({
      image: kernel,
      ramdisk,
      dtb,
      placement,
      cmdlineLength: CMDLINE.length,
    });
    const part = await kernelPart({ image: pieces, compression: 'gzip', appended: [appended] });
    image = concat(
      writeBootImage(imageWith({ dialect: 'classic' }, { cmdline: CMDLINE, parts: { kernel: part } })),
    );
  });

  it('needs the window', () => {
    const parts = {
      kernel: readKernelImage(kernel),
      ramdiskSize: ramdisk.length,
      dtbSize: dtb.length,
      cmdlineLength: CMDLINE.length,
    };
    expect(planLayout(parts, LK2ND, 'boot').layout).toBe('window');
  });

  it('is refused by lk2nd in the plain layout', async () => {
    const part = await kernelPart({ image: [kernel], compression: 'gzip', level: 1, appended: [dtb] });
    const plain = concat(
      writeBootImage(imageWith({}, { cmdline: CMDLINE, parts: { kernel: part, ramdisk } })),
    );
    const wanted = new Panic('Invalid device tree header');
    expect(() => cmdBoot(plain, MSM8916)).toThrow(wanted);
    expect(() => bootFromPartition(plain, PARTITION, MSM8916)).toThrow(wanted);
    expect(() => placeImage(plain, LK2ND, 'boot')).toThrow(/Invalid device tree header/);
  });

  it('boots as a window payload in both copy orders, with a tree that dtc reads', () => {
    const { imageSize } = readKernelImage(kernel);
    const expected = { image: kernel, imageSize, ramdisk, bootargs: CMDLINE };
    for (const handover of [cmdBoot(image, MSM8916), bootFromPartition(image, PARTITION, MSM8916)]) {
      expectBootable(handover, MSM8916, expected);
      expectReadByDtc(handover);
    }
  });

  it('comes apart into the kernel as Debian has it', () => {
    const part = splitKernelPart(readBootImage(image).parts.kernel ?? new Uint8Array(0));
    const parts = readWindow(part.image);
    expect(Buffer.compare(parts.image, kernel)).toBe(0);
    expect(Buffer.compare(parts.ramdisk, ramdisk)).toBe(0);
    expect(part.appended).toHaveLength(1);
    expect(Buffer.compare(part.appended[0] ?? kernel, parts.dtb)).toBe(0);
  });
});

/** The tree in memory, as another program sees it. */
function expectReadByDtc({ memory, x0, base }: Handover): void {
  const folder = mkdtempSync(join(tmpdir(), 'mnx-dtb-'));
  try {
    const blob = join(folder, 'handover.dtb');
    writeFileSync(
      blob,
      memory.subarray(x0 - base, x0 - base + new DataView(memory.buffer).getUint32(x0 - base + 4)),
    );
    const text = execFileSync('dtc', ['-q', '-I', 'dtb', '-O', 'dts', blob], { encoding: 'utf8' });
    expect(text).toContain(`bootargs = "${CMDLINE}"`);
    expect(text).toContain('linux,initrd-start = <0x00 0x80001000>');
    expect(text).toContain('reg = <0x00 0x80000000 0x00 0x40000000 0x00 0xc0000000 0x00 0x40000000>');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    console.log('not checked with dtc: it is not installed');
  } finally {
    rmSync(folder, { recursive: true });
  }
}
