import { writeFileSync } from 'node:fs';
import {
  addNode,
  ensureNode,
  readFdt,
  setCells,
  setFlag,
  setText,
  writeFdt,
} from '../../src/devicetree/index.ts';
import { onDesk } from './desk.ts';

/** A device file of a test's own: a shipped one with other tables. */
export function panelFile(name: string, base: string, tables: string): string {
  const file = onDesk(`${name}.toml`);
  const head = `extends = "${base}"\nname = "${name}"\nmanufacturer = "test"\n`;
  writeFileSync(file, `${head}[support]\nlevel = "emulated"\nreason = "made by a test"\n${tables}`);
  return file;
}

/** Modules of the emulated phones without a display driver: the loader's framebuffer stays. */
export const NO_DISPLAY = 'modules = ["virtio_blk", "virtio_net", "ext4"]';

/** A framebuffer that a loader has set up and hands over in the device tree. */
export interface Handover {
  readonly width: number;
  readonly height: number;
  readonly stride: number;
  /** Name of the format in the simple-framebuffer binding. */
  readonly format: string;
  /** The same as a fourcc of drm_fourcc.h, for QEMU. */
  readonly fourcc: string;
}

/** Near the end of the machine's gigabyte: what QEMU reads for its panel, and the pixels. */
const TABLE = 0x7bf0_0000;
const PIXELS = 0x7c00_0000;
const RESERVED = 0x0200_0000;

/** The tree with the node that lk2nd writes (lk2nd/device/smem-simplefb.c: reserved memory, /chosen/framebuffer). */
export function withFramebuffer(dtb: Uint8Array, { width, height, stride, format }: Handover): Uint8Array {
  const fdt = readFdt(dtb);
  const reserved = ensureNode(fdt.root, 'reserved-memory');
  setCells(reserved, '#address-cells', [2]);
  setCells(reserved, '#size-cells', [2]);
  setFlag(reserved, 'ranges');
  const memory = addNode(reserved, `framebuffer@${TABLE.toString(16)}`);
  setCells(memory, 'reg', [0, TABLE, 0, RESERVED]);
  setFlag(memory, 'no-map');
  const chosen = ensureNode(fdt.root, 'chosen');
  setCells(chosen, '#address-cells', [2]);
  setCells(chosen, '#size-cells', [2]);
  setFlag(chosen, 'ranges');
  const node = addNode(chosen, `framebuffer@${PIXELS.toString(16)}`);
  setText(node, 'compatible', 'simple-framebuffer');
  setCells(node, 'reg', [0, PIXELS, 0, stride * height]);
  setCells(node, 'width', [width]);
  setCells(node, 'height', [height]);
  setCells(node, 'stride', [stride]);
  setText(node, 'format', format);
  return writeFdt(fdt, { slack: 0 });
}

/** Keys that a file of fw_cfg may have here; only etc/ramfb can be written (docs/specs/fw_cfg.txt). */
const KEYS = Array.from({ length: 32 }, (_, i) => 0x20 + i);
const REQUEST = 16;
const CONFIG = TABLE + KEYS.length * REQUEST;
const [SELECT, WRITE] = [8, 16];

/**
 * `-device` values of a machine whose panel shows that memory once {@link PANEL_ON} has run in it: ramfb
 * wants its address through fw_cfg, from memory, where this file lies. Firmware does so; a kernel does not.
 */
export function handoverDevices({ width, height, stride, fourcc }: Handover): string[] {
  const table = Buffer.alloc(KEYS.length * REQUEST + 28);
  for (const [i, key] of KEYS.entries()) {
    table.writeUInt32BE(key * 0x10000 + SELECT + WRITE, i * REQUEST);
    table.writeUInt32BE(28, i * REQUEST + 4);
    table.writeBigUInt64BE(BigInt(CONFIG), i * REQUEST + 8);
  }
  const config = table.subarray(KEYS.length * REQUEST);
  config.writeBigUInt64BE(BigInt(PIXELS), 0);
  config.writeUInt32BE(Buffer.from(fourcc, 'latin1').readUInt32LE(), 8);
  for (const [i, value] of [0, width, height, stride].entries()) config.writeUInt32BE(value, 12 + 4 * i);
  const file = onDesk(`ramfb-${width}-${height}-${stride}`);
  writeFileSync(file, table);
  return ['ramfb', `loader,file=${file},addr=0x${TABLE.toString(16)},force-raw=on`];
}

/** The DMA register of fw_cfg on the board "virt"; its lower half starts the transfer. Big-endian. */
const REGISTER = 0x0902_0014;

/** Shell that runs in the guest; a line of its console takes a kilobyte. */
export const PANEL_ON = `i=0; while [ $i -lt ${KEYS.length} ]; do devmem ${REGISTER} 32 \
$(((i & 15) << 28 | i >> 4 << 16 | ${swapped(TABLE)})); i=$((i + 1)); done`.replace('\\\n', '');

/** The other way round in its four bytes. */
function swapped(value: number): number {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes.readUInt32BE();
}
