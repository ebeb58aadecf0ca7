import { expect, it } from 'vitest';
import { CODECS } from '../../src/cli/build-options.ts';
import { RAMDISK_CODECS } from '../../src/device/index.ts';

it('names the compressions of the device schema without loading it', () => {
  expect(CODECS).toEqual(RAMDISK_CODECS);
});
