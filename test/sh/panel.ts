import { gzipSync } from 'node:zlib';
import { lzop } from '../../src/compress/index.ts';
import { inStage1, type Result, type Shell, type Tree } from './shell.ts';

/** The framebuffer in /sys. */
export const fb0 = 'sys/class/graphics/fb0';

/** Rows that say where they come from: every byte of row 5 of band 2 is 0x25. */
export const rows = (band: number, from: number, to: number, stride = 16): Uint8Array =>
  Uint8Array.from(
    { length: (to - from) * stride },
    (_, i) => band * 16 + ((from + Math.floor(i / stride)) % 16),
  );

/** As bands are packed. */
export const packed = (bytes: Uint8Array): Uint8Array => gzipSync(bytes);

/** A panel of 4 x 64 pixels with 4 bytes each, and its splash; 7 is the background. */
export const conf = { fb_width: '4', fb_height: '64', fb_stride: '16', fb_bpp: '32', ssh: 'on' };
const GROUND = new Uint8Array(32 * 16).fill(0x77);
export const SPLASH: Readonly<Record<string, Uint8Array>> = {
  'splash/ground.lzo': lzop(GROUND),
  'splash/boot@32-64.lzo': lzop(rows(1, 32, 64)),
  'splash/message-root@8-16.gz': packed(rows(2, 8, 16)),
  'splash/message-ready@8-16.gz': packed(rows(3, 8, 16)),
  'splash/message-ready-ssh@8-16.gz': packed(rows(4, 8, 16)),
  'splash/progress-20@16-24.gz': packed(rows(5, 16, 24)),
  'splash/progress-50@16-24.gz': packed(rows(6, 16, 24)),
  'splash/spinner-0@24-32.gz': packed(rows(8, 24, 32)),
  'splash/spinner-1@24-32.gz': packed(rows(9, 24, 32)),
  'splash/error-root-not-found@0-8.gz': packed(rows(10, 0, 8)),
  'splash/error-ssh@0-8.gz': packed(rows(11, 0, 8)),
  'splash/error-step-hung@0-8.gz': packed(rows(12, 0, 8)),
  'splash/step-80-root@8-16.gz': packed(rows(13, 8, 16)),
  'splash/access@16-24.gz': packed(rows(14, 16, 24)),
};

/** A driver's sysfs files. */
export function driver(size: string, stride: number, more: Readonly<Record<string, string>> = {}) {
  const all = { virtual_size: size, stride: String(stride), bits_per_pixel: '32', ...more };
  return Object.fromEntries(Object.entries(all).map(([name, text]) => [`${fb0}/${name}`, `${text}\n`]));
}

/** A plain file takes the place of the device, which only root could make; xxd and lzop are busybox' own. */
const FAKE =
  'fb_ready() { [ -e "$MNX_DEV/fb0" ]; }; xxd() { busybox xxd "$@"; }; lzop() { busybox lzop "$@"; }; ';

/** Stage-1 on a panel that is full of noise before. */
export function onPanel(shell: Shell, script: string, { files, ...tree }: Tree = {}, size = 64 * 16): Result {
  const all = { ...driver('4,64', 16), ...SPLASH, 'dev/fb0': new Uint8Array(size).fill(0xee), ...files };
  return inStage1(shell, `${FAKE}${script}\nscreen_settle 30`, { conf, ...tree, files: all });
}

/** What is on the panel, a row of digits per band of 8 rows: the high half of each row's first byte. */
export function seen(run: Result, stride = 16): string {
  const bytes = run.bytes('dev/fb0') ?? new Uint8Array();
  const first = Array.from({ length: bytes.length / stride }, (_, y) => (bytes[y * stride] ?? 0) >> 4);
  return first
    .filter((_, y) => y % 8 === 0)
    .map((digit) => digit.toString(16))
    .join('');
}
