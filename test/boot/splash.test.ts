import { writeFileSync } from 'node:fs';
import sharp from 'sharp';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadDevice } from '../../src/device/index.ts';
import { bootImage, machineDtb } from '../../src/emulate/index.ts';
import type { Moment } from '../../src/splash/index.ts';
import { Console } from './console.ts';
import { onDesk } from './desk.ts';
import {
  type Handover,
  handoverDevices,
  NO_DISPLAY,
  PANEL_ON,
  panelFile,
  withFramebuffer,
} from './panels.ts';
import { bootable } from './payloads.ts';
import { bootPhone, buildImage, type Phone, STAYS_UP } from './phone.ts';
import { difference, preview, settled, shown } from './picture.ts';

const ready = {
  'qemu-aarch64': await bootable('qemu-aarch64'),
  'qemu-x86_64': await bootable('qemu-x86_64'),
};

interface Panel {
  readonly name: string;
  readonly base: keyof typeof ready;
  readonly tables: string;
  /** Framebuffer that the loader hands over. */
  readonly handover?: Handover;
}

const devices = (...list: string[]) => `[emulator]\ndevices = ${JSON.stringify(list)}\n`;
const screen = (width: number, height: number, more = '') =>
  `[screen]\nwidth = ${width}\nheight = ${height}\n${more}\n`;

const BOCHS = devices('bochs-display,xres={width},yres={height}');
const VIRTIO = `${devices('virtio-gpu-pci,xres={width},yres={height}')}[kernel]\nmodules_extra = ["virtio_gpu"]\n`;

/** As a loader leaves it: rows that are longer than they need to be. */
const PADDED: Handover = { width: 720, height: 1280, stride: 2944, format: 'x8r8g8b8', fourcc: 'XR24' };
const LANDSCAPE: Handover = { width: 1280, height: 720, stride: 3840, format: 'r8g8b8', fourcc: 'RG24' };

function simple(name: string, handover: Handover, format: string): Panel {
  const { width, height, stride } = handover;
  const tables = [
    screen(width, height, `stride = ${stride}\nformat = "${format}"`),
    devices(...handoverDevices(handover)),
    `[kernel]\n${NO_DISPLAY}\n[usb]\nmode = "none"\n`,
  ];
  return { name, base: 'qemu-aarch64', tables: tables.join(''), handover };
}

/** A mode of the VESA BIOS, set by the kernel's own start. */
function vesa(name: string, mode: string, tables: string): Panel {
  const kernel = `[kernel]\n${NO_DISPLAY}\n[usb]\nmode = "none"\n[bootimg]\ncmdline_extra = ["vga=${mode}"]\n`;
  return { name, base: 'qemu-x86_64', tables: tables + devices('VGA') + kernel };
}

const PANELS: readonly Panel[] = [
  { name: 'bochs-portrait', base: 'qemu-aarch64', tables: '' },
  { name: 'bochs-sideways', base: 'qemu-aarch64', tables: `${screen(720, 1280, 'rotation = 90')}${BOCHS}` },
  { name: 'virtio-gpu-landscape', base: 'qemu-aarch64', tables: `${screen(1280, 800)}${VIRTIO}` },
  simple('simplefb-portrait', PADDED, 'BGRA8888'),
  simple('simplefb-landscape', LANDSCAPE, 'BGR888'),
  { name: 'bochs-landscape', base: 'qemu-x86_64', tables: `${screen(1280, 720, 'rotation = 180')}${BOCHS}` },
  { name: 'virtio-gpu-portrait', base: 'qemu-x86_64', tables: `${screen(800, 1280)}${VIRTIO}` },
  vesa('vesa-16-bit', '0x317', screen(1024, 768, 'format = "RGB565"')),
];

async function boot({ name, base, tables, handover }: Panel): Promise<Phone> {
  const file = panelFile(name, base, tables);
  const dtb =
    handover === undefined ? {} : { dtb: withFramebuffer(await machineDtb(loadDevice(file)), handover) };
  const phone = await bootPhone({ device: file, ...dtb });
  onTestFinished(() => phone.session.stop());
  await phone.console.waitFor(STAYS_UP);
  if (handover !== undefined) await phone.console.run(PANEL_ON);
  return phone;
}

/** The functions that every step has, in the shell on the console. */
const STAGE1 = 'for lib in /lib/mnx/lib/*.sh; do . "$lib"; done; conf_load; ';

describe.each(PANELS)('$base, $name', (panel) => {
  it.skipIf(!ready[panel.base])(
    'shows the preview at the start, on the way, at rest and on an error',
    async () => {
      const phone = await boot(panel);
      expect(phone.console.text).not.toMatch(/mnx: .*(error|warning):/);
      const far = async (script: string, moment?: Moment): Promise<number> => {
        if (script !== '') expect((await phone.console.run(STAGE1 + script)).code).toBe(0);
        return settled(phone, await preview(phone, moment));
      };
      expect(await far('')).toBe(0);
      expect(await far('splash_start', {})).toBe(0);
      expect(await far('splash_message gadget; splash_progress 24', { message: 'gadget', at: 24 })).toBe(0);
      const root = 'recovery_tell; splash_message root; splash_progress 71';
      expect(await far(root, { message: 'root', at: 71 })).toBe(0);
      const error = { error: 'root-mount', step: '80-root' };
      expect(await far('step_name=80-root; splash_error root-mount', error)).toBe(0);
      expect(await far('splash_progress 90; splash_message root', error)).toBe(0);
    },
  );
});

describe.skipIf(!ready['qemu-aarch64'])('the splash step', () => {
  /** Virtual seconds to the whole frame of 1080 x 1920 when it was one gzip stream through a pipe. */
  const FIRST = 0.3216;

  it('takes less than half of the virtual time that it took at first', async () => {
    const { image, request } = await buildImage({ request: { cmdlineAppend: ['nokaslr'] } });
    const session = await bootImage({ device: request.device, image, icount: true });
    onTestFinished(() => session.stop());
    const console_ = new Console(session);
    const time = async (words: string): Promise<number> => {
      const [, seconds] = await console_.waitFor(new RegExp(`\\[ *([\\d.]+)\\] mnx: 40-splash: ${words}`));
      return Number(seconds);
    };
    const start = await time('showing the splash');
    const took = (await time('done in')) - start;
    console.log(
      `splash step: ${took.toFixed(4)} s of virtual time, ${(took / FIRST).toFixed(2)} of the first`,
    );
    expect(took).toBeLessThan(FIRST / 2);
  });
});

describe.skipIf(!ready['qemu-aarch64'])('a screen that comes when its step has given up', () => {
  it('shows what a screen shows that was there from the start', async () => {
    // The panel leaves its bus before there are drivers, as one does whose power comes late.
    const hook = onDesk('late-panel.sh');
    const lines = [
      'for device in /sys/bus/pci/devices/*; do',
      'read -r class <"$device/class"',
      'case "$class" in 0x03*) echo 1 >"$device/remove" ;; esac',
      'done',
    ];
    writeFileSync(hook, `${lines.join('\n')}\n`);
    const phone = await bootPhone({ request: { hooks: [{ step: 'mounts', path: hook }] } });
    onTestFinished(() => phone.session.stop());
    await phone.console.waitFor(/40-splash: error: no \/dev\/fb0/);
    await phone.console.waitFor(STAYS_UP);
    await phone.console.run('echo 1 >/sys/bus/pci/rescan');
    const said = 'grep -q "framebuffer has come late" /run/mnx/stage1.log';
    await phone.console.run(`until ${said}; do sleep 1; done`);
    expect(await settled(phone, await preview(phone))).toBe(0);
    expect((await phone.console.run('grep -c . /run/mnx/failures')).output.trim()).toBe('0');
  });
});

describe.skipIf(!ready['qemu-aarch64'])('an animated picture', () => {
  it('is played in the background, and stands still when stage-1 is done', async () => {
    const frame = (at: number) =>
      Buffer.from(
        Array.from({ length: 54 * 96 }, (_, i) =>
          Math.abs(Math.floor(i / 54) - at) < 8 ? [255, 180, 0] : [11, 16, 32],
        ).flat(),
      );
    const raw = { width: 54, height: 192, channels: 3, pageHeight: 96 } as const;
    const file = onDesk('moving.gif');
    await sharp(Buffer.concat([frame(20), frame(40)]), { raw })
      .gif({ delay: [300, 300] })
      .toFile(file);
    const phone = await bootPhone({ request: { splash: file } });
    onTestFinished(() => phone.session.stop());
    await phone.console.waitFor(STAYS_UP);
    expect(await settled(phone, await preview(phone))).toBe(0);
    expect((await phone.console.run(`${STAGE1}splash_start`)).code).toBe(0);
    const first = await preview(phone, {});
    const seen = new Set<string>();
    for (const end = Date.now() + 120_000; seen.size < 2 && Date.now() < end; ) {
      seen.add(difference(await shown(phone), first) === 0 ? 'first' : 'other');
    }
    expect([...seen].sort()).toEqual(['first', 'other']);
    await phone.console.run(`${STAGE1}splash_ready`);
    expect(await settled(phone, await preview(phone))).toBe(0);
  });
});
