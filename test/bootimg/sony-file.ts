import { concat, utf8 } from '../../src/binary/index.ts';

/** A file for mkelf.py: `kernel@0x208000`, `ramdisk@0x1500000,ramdisk`, `cmdline@cmdline`. */
export interface ElfInput {
  readonly bytes: Uint8Array;
  readonly address: number;
  readonly mark?: 'ramdisk' | 'ipl' | 'cmdline' | 'rpm';
}

const MARKS = { ramdisk: 0x80000000, ipl: 0x40000000, cmdline: 0x20000000, rpm: 0x01000000 };

/**
 * What Sony's mkelf.py writes (sonyxperiadev/device-sony-lt26, tools/mkelf.py), field by field.
 * @param rows the table's row of each input, where that is not its own place
 */
export function sonyFile(inputs: readonly ElfInput[], rows: readonly number[] = []): Uint8Array {
  const header = Buffer.alloc(4096);
  header.set(utf8('\x7fELF\x01\x01\x01\x61'));
  header.writeUInt16LE(2, 16);
  header.writeUInt16LE(40, 18);
  header.writeUInt32LE(1, 20);
  header.writeUInt32LE(inputs[0]?.address ?? 0, 24);
  header.writeUInt32LE(52, 28);
  header.writeUInt16LE(52, 40);
  header.writeUInt16LE(32, 42);
  header.writeUInt16LE(inputs.length, 44);
  let offset = 4096;
  for (const [i, { bytes, address, mark }] of inputs.entries()) {
    const words = [
      mark === 'cmdline' ? 4 : 1,
      offset,
      address,
      address,
      bytes.length,
      bytes.length,
      mark === undefined ? 0 : MARKS[mark],
      0,
    ];
    for (const [j, word] of words.entries()) header.writeUInt32LE(word, 52 + (rows[i] ?? i) * 32 + j * 4);
    offset += bytes.length;
  }
  return concat([new Uint8Array(header), ...inputs.map(({ bytes }) => bytes)]);
}
