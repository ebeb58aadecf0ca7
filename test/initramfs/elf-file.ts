import { ELF_MACHINE } from '../../src/kernel/index.ts';

export interface ElfParts {
  readonly machine?: keyof typeof ELF_MACHINE;
  readonly needed?: readonly string[];
  readonly runpath?: string;
  readonly interpreter?: string;
}

const HEADER = 64;
const SEGMENT = 56;

/** A 64-bit little-endian ELF file of nothing but what a dynamic linker reads first. */
export function elfFile({
  machine = 'aarch64',
  needed = [],
  runpath,
  interpreter,
}: ElfParts = {}): Uint8Array {
  const tags: [number, string][] = needed.map((name) => [1, name]);
  if (runpath !== undefined) tags.push([29, runpath]);
  const strings = Buffer.from(`\0${tags.map(([, text]) => `${text}\0`).join('')}`);
  const interp = Buffer.from(interpreter === undefined ? '' : `${interpreter}\0`);
  const stringsAt = HEADER + 3 * SEGMENT;
  const dynamic = dynamicSection(tags, stringsAt, strings.length);
  const interpAt = stringsAt + strings.length;
  const dynamicAt = interpAt + interp.length;
  const segments = [
    segment(1, 0, dynamicAt + dynamic.length),
    segment(2, dynamicAt, dynamic.length),
    segment(interpreter === undefined ? 0 : 3, interpAt, interp.length),
  ];
  return new Uint8Array(
    Buffer.concat([header(ELF_MACHINE[machine], 3), ...segments, strings, interp, dynamic]),
  );
}

function header(machine: number, segments: number): Buffer {
  const out = Buffer.alloc(HEADER);
  out.write('\x7fELF\x02\x01\x01', 0, 'latin1');
  out.writeUInt16LE(3, 16);
  out.writeUInt16LE(machine, 18);
  out.writeBigUInt64LE(BigInt(HEADER), 32);
  out.writeUInt16LE(SEGMENT, 54);
  out.writeUInt16LE(segments, 56);
  return out;
}

function segment(type: number, offset: number, size: number): Buffer {
  const out = Buffer.alloc(SEGMENT);
  out.writeUInt32LE(type, 0);
  for (const at of [8, 16, 24]) out.writeBigUInt64LE(BigInt(offset), at);
  for (const at of [32, 40]) out.writeBigUInt64LE(BigInt(size), at);
  return out;
}

function dynamicSection(tags: readonly [number, string][], stringsAt: number, size: number): Buffer {
  let at = 1;
  const entries: [number, number][] = tags.map(([tag, text]) => {
    const entry: [number, number] = [tag, at];
    at += text.length + 1;
    return entry;
  });
  entries.push([5, stringsAt], [10, size], [0, 0]);
  const out = Buffer.alloc(entries.length * 16);
  entries.forEach(([tag, value], i) => {
    out.writeBigUInt64LE(BigInt(tag), i * 16);
    out.writeBigUInt64LE(BigInt(value), i * 16 + 8);
  });
  return out;
}

/** A 32-bit program with its loader. */
export function elf32File(machine: keyof typeof ELF_MACHINE, interpreter: string): Uint8Array {
  const out = Buffer.alloc(84);
  out.write('\x7fELF\x01\x01\x01', 0, 'latin1');
  out.writeUInt16LE(ELF_MACHINE[machine], 18);
  out.writeUInt32LE(52, 28);
  out.writeUInt16LE(32, 42);
  out.writeUInt16LE(1, 44);
  out.writeUInt32LE(3, 52);
  out.writeUInt32LE(out.length, 56);
  out.writeUInt32LE(interpreter.length + 1, 68);
  return new Uint8Array(Buffer.concat([out, Buffer.from(`${interpreter}\0`)]));
}
