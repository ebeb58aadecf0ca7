import { hex, UsageError } from '../binary/index.ts';
import type { Arch } from '../device/index.ts';
import {
  cellSizes,
  compatibleOf,
  ensureNode,
  type FdtNode,
  readFdt,
  setCells,
  setFlag,
  setText,
  walk,
  writeFdt,
} from '../devicetree/index.ts';
import type { Finding, MemoryMap } from '../lint/index.ts';

/** Memory that keeps the log of a crash through a reboot (Documentation/admin-guide/ramoops.rst). */
export interface CrashLog {
  readonly address: number;
  /** Bytes; a power of two. */
  readonly size: number;
}

const DEFAULT_SIZE = 0x10_0000;
/** One crash with its log: CONFIG_LOG_BUF_SHIFT=17, the default, makes it 128 KiB. */
const RECORD_SIZE = 0x2_0000;
/** What kernels with PSTORE_CONSOLE and PSTORE_PMSG write while they run. */
const CONSOLE_SIZE = 0x2_0000;
const PMSG_SIZE = 0x1_0000;
const SMALLEST = 4 * RECORD_SIZE;

/**
 * Reads `ADDRESS[:SIZE]`, in hex or decimal.
 * @throws UsageError `recipe.crash-log` for anything else, or a place that the kernel would refuse
 */
export function parseCrashLog(text: string): CrashLog {
  const [address, size] = /^(0x[0-9a-f_]+|\d+)(?::(0x[0-9a-f_]+|\d+))?$/i.exec(text)?.slice(1) ?? [];
  const log = { address: numberIn(address), size: size === undefined ? DEFAULT_SIZE : numberIn(size) };
  const even = Number.isInteger(Math.log2(log.size)) && log.address % 0x1000 === 0;
  if (log.address > 0 && even && log.size >= SMALLEST) return log;
  throw new UsageError('recipe.crash-log', `${text} is no place for a crash log`, {
    hint: `Give ADDRESS or ADDRESS:SIZE, on a page and a power of two from ${hex(SMALLEST)} on, such as 0x9ff00000:0x100000.`,
  });
}

function numberIn(text: string | undefined): number {
  return text === undefined ? Number.NaN : Number(text.replaceAll('_', ''));
}

/**
 * Reserves the memory in a device tree, which makes the kernel load its driver there. A place for it that
 * the tree has already gives way.
 * Documentation/devicetree/bindings/reserved-memory/ramoops.yaml
 */
export function withCrashLog(dtb: Uint8Array, { address, size }: CrashLog): Uint8Array {
  const fdt = readFdt(dtb);
  for (const { node } of [...walk(fdt)]) {
    node.children = node.children.filter((child) => !compatibleOf(child).includes('ramoops'));
  }
  const cells = cellSizes(fdt.root);
  const reserved = ensureNode(fdt.root, 'reserved-memory');
  if (!reserved.properties.has('#address-cells')) {
    setCells(reserved, '#address-cells', [cells.address]);
    setCells(reserved, '#size-cells', [cells.size]);
    setFlag(reserved, 'ranges');
  }
  const node = ensureNode(reserved, `ramoops@${address.toString(16)}`);
  setText(node, 'compatible', 'ramoops');
  setCells(node, 'reg', registerCells(reserved, address, size));
  setCells(node, 'record-size', [RECORD_SIZE]);
  setCells(node, 'console-size', [CONSOLE_SIZE]);
  setCells(node, 'pmsg-size', [PMSG_SIZE]);
  return writeFdt(fdt);
}

function registerCells(reserved: FdtNode, address: number, size: number): number[] {
  const widths = cellSizes(reserved);
  const split = (value: number, width: number) =>
    width === 1 ? [value] : [Math.floor(value / 2 ** 32), value % 2 ** 32];
  return [...split(address, widths.address), ...split(size, widths.size)];
}

/**
 * The same for a kernel that gets no device tree from the image. x86 keeps the memory free by `memmap`; on ARM
 * the maker's kernel must have it reserved.
 */
export function crashLogParameters({ address, size }: CrashLog, arch: Arch): string[] {
  return [
    ...(arch === 'x86_64' ? [`memmap=${hex(size)}$${hex(address)}`] : []),
    `ramoops.mem_address=${hex(address)}`,
    `ramoops.mem_size=${hex(size)}`,
    `ramoops.record_size=${hex(RECORD_SIZE)}`,
    `ramoops.console_size=${hex(CONSOLE_SIZE)}`,
    `ramoops.pmsg_size=${hex(PMSG_SIZE)}`,
  ];
}

/** A log where the loader puts a part of the image would be overwritten by the boot that should show it. */
export function checkCrashLog(log: CrashLog | undefined, map: MemoryMap): Finding[] {
  if (log === undefined) return [];
  const end = log.address + log.size;
  return map.ranges
    .filter((range) => log.address < range.end && range.start < end)
    .map((range) => ({
      code: 'recipe.crash-log',
      level: 'error',
      what: `the crash log at ${hex(log.address)} lies in the ${range.name}, ${hex(range.start)} to ${hex(range.end)}`,
      where: '--ramoops',
      why: 'each boot would overwrite what the last one left',
      todo: 'take memory behind all parts of the image, and below what the firmware keeps for itself',
    }));
}
