import { describe, expect, it } from 'vitest';
import { concat, latin1 } from '../../src/binary/index.ts';
import {
  appendBootconfig,
  BOOTCONFIG_LIMIT,
  hasBootconfig,
  readBootconfig,
  stripBootconfig,
} from '../../src/bootimg/index.ts';
import { ramp } from './sample.ts';

const TEXT = latin1('kernel.quiet\n');

describe('bootconfig', () => {
  it('has the bytes that the kernel documents', () => {
    const bytes = concat(appendBootconfig(new Uint8Array(4).fill(0x5a), latin1('a=1\n')));
    // Text of 4 bytes, a NUL, three to align; size 8 with the NULs; checksum 0x61+0x3d+0x31+0x0a.
    expect(Buffer.from(bytes).toString('hex')).toBe(
      `5a5a5a5a${'613d310a00000000'}${'08000000'}${'d9000000'}${Buffer.from('#BOOTCONFIG\n').toString('hex')}`,
    );
  });

  it.each([0, 1, 2, 3, 4, 1001])('goes behind an initrd of %i bytes and comes off again', (size) => {
    const initrd = ramp(size, 3, 1);
    const bytes = concat(appendBootconfig(initrd, TEXT));
    expect(bytes.length % 4).toBe(0);
    const parts = readBootconfig(bytes);
    expect(Buffer.compare(parts.initrd, initrd)).toBe(0);
    expect(Buffer.compare(parts.text, TEXT)).toBe(0);
    expect(parts.padding.length).toBeGreaterThan(0);
    expect(Buffer.compare(stripBootconfig(bytes), initrd)).toBe(0);
    const twice = concat(appendBootconfig(bytes, TEXT));
    expect(Buffer.compare(twice, bytes)).toBe(0);
  });

  it('is found before bytes that a loader has aligned with, and without NULs as U-Boot writes it', () => {
    const data = latin1('a=1\n');
    const bare = concat([ramp(5, 3, 1), data, latin1('\x04\0\0\0\xd9\0\0\0#BOOTCONFIG\n')]);
    for (const slack of [0, 1, 2, 3]) {
      const bytes = concat([bare, new Uint8Array(slack)]);
      expect(readBootconfig(bytes)).toMatchObject({ text: data, trailing: new Uint8Array(slack) });
    }
    expect(hasBootconfig(concat([bare, new Uint8Array(4)]))).toBe(false);
  });

  it('is refused with another checksum, a size beyond the file, or no trailer', () => {
    const bytes = concat(appendBootconfig(ramp(100, 3, 1), TEXT));
    const refusal = expect.objectContaining({ code: 'bootimg.bootconfig' });
    for (const at of [bytes.length - 20, bytes.length - 16, 101]) {
      const damaged = bytes.slice();
      damaged[at] = (damaged[at] ?? 0) ^ 0x80;
      expect(() => readBootconfig(damaged)).toThrow(refusal);
    }
    expect(() => readBootconfig(ramp(100, 3, 1))).toThrow(refusal);
    expect(() => readBootconfig(latin1('#BOOTCONFIG\n'))).toThrow(refusal);
  });

  it('is not made larger than the kernel takes', () => {
    const refusal = expect.objectContaining({ code: 'bootimg.bootconfig' });
    expect(() => appendBootconfig(TEXT, new Uint8Array(BOOTCONFIG_LIMIT).fill(0x61))).toThrow(refusal);
    expect(() => appendBootconfig(TEXT, latin1('a\0b'))).toThrow(refusal);
  });
});
