import { describe, expect, it } from 'vitest';
import { compatiblesIn } from '../../src/lint/index.ts';

/** An entry of a device table: name, type, compatible, data (struct of_device_id). */
function entry(compatible: string): Buffer {
  return Buffer.concat([Buffer.alloc(64), Buffer.from(compatible.padEnd(128, '\0')), Buffer.alloc(8, 0x80)]);
}

const image = Buffer.concat([
  Buffer.from('code\0qcom,compared\0fixed-compared\0'),
  entry('qcom,served'),
  entry('fixed-served'),
  // A table's last field may end the image.
  Buffer.alloc(64),
  Buffer.from('qcom,last'.padEnd(128, '\0')),
]);

describe('compatible strings of a kernel image', () => {
  const known = compatiblesIn(image);

  it.each(['qcom,served', 'fixed-served', 'qcom,last'])('finds %s in a device table', (compatible) => {
    expect(known(compatible)).toBe(true);
  });

  it.each(['qcom,compared', 'fixed-compared'])(
    'does not take %s, which code only compares with',
    (compatible) => {
      expect(known(compatible)).toBe(false);
    },
  );

  it.each(['qcom,serve', 'com,served', 'fixed', 'served'])(
    'does not take %s, a part of another',
    (compatible) => {
      expect(known(compatible)).toBe(false);
    },
  );
});
