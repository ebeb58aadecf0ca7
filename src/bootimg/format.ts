import { concat, type Format } from '../binary/index.ts';
import type { BootImage } from './image.ts';
import { writeBootImage } from './pack.ts';
import { isBootImage, readBootImage } from './unpack.ts';

/** boot.img v0 to v4 and init_boot.img. */
export const bootimgFormat: Format<BootImage> = {
  name: 'bootimg',
  detect: isBootImage,
  read: readBootImage,
  write: (image) => concat(writeBootImage(image)),
  describe: () => [],
};
