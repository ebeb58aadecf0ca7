import { concat, type Fact, type Format, hex } from '../binary/index.ts';
import { headerTable, SECTIONS } from './header.ts';
import type { BootImage } from './image.ts';
import { osVersionText } from './os-version.ts';
import { fieldRange, offsetOfPart, writeBootImage } from './pack.ts';
import { isPxaImage } from './pxa.ts';
import { isBootImage, readBootImage } from './unpack.ts';

/** boot.img v0 to v4 and init_boot.img. */
export const bootimgFormat: Format<BootImage> = {
  name: 'bootimg',
  detect: (bytes) => isBootImage(bytes) && !isPxaImage(bytes),
  read: readBootImage,
  write: (image) => concat(writeBootImage(image)),
  describe,
};

function describe(image: BootImage): readonly Fact[] {
  const table = headerTable(image);
  const { version, patchLevel } = osVersionText(image.osVersion);
  const facts: Fact[] = [
    { name: 'header version', value: String(image.headerVersion), offset: 0, size: table.size },
    {
      name: 'page size',
      value: String(image.pageSize),
      ...(image.headerVersion < 3 ? place(image, 'pageSize') : {}),
    },
    ...addressFacts(image),
    { name: 'android version', value: version ?? 'none', ...place(image, 'osVersion') },
    { name: 'security patch level', value: patchLevel ?? 'none', ...place(image, 'osVersion') },
    { name: 'command line', value: image.cmdline, ...place(image, 'cmdline') },
    ...partFacts(image),
    { name: 'trailing', value: `${image.trailing.length} bytes` },
  ];
  return facts;
}

/** Fields that v3 and v4 leave out. */
function addressFacts(image: BootImage): Fact[] {
  if (image.headerVersion >= 3) return [];
  const { addresses } = image;
  return [
    { name: 'dialect', value: image.dialect },
    ...(image.nameSize === undefined
      ? []
      : [{ name: 'name size', value: `${image.nameSize}, as Samsung has it` }]),
    { name: 'kernel address', value: hex(addresses.kernel), ...place(image, 'kernelAddress') },
    { name: 'ramdisk address', value: hex(addresses.ramdisk), ...place(image, 'ramdiskAddress') },
    { name: 'second address', value: hex(addresses.second), ...place(image, 'secondAddress') },
    { name: 'tags address', value: hex(addresses.tags), ...place(image, 'tagsAddress') },
    ...(image.headerVersion === 2
      ? [{ name: 'dtb address', value: hex(addresses.dtb), ...place(image, 'dtbAddress') }]
      : []),
    { name: 'board', value: image.board, ...place(image, 'board') },
    { name: 'id', value: idText(image), ...place(image, 'id') },
  ];
}

function partFacts(image: BootImage): Fact[] {
  return SECTIONS[image.headerVersion].flatMap((name) => {
    const part = image.parts[name];
    if (part === undefined) return [];
    const size = part.length;
    return [
      {
        name,
        value: `${size} bytes`,
        offset: offsetOfPart(image, name),
        size,
      },
    ];
  });
}

function idText(image: BootImage): string {
  return image.id.kind === 'raw' ? Buffer.from(image.id.bytes).toString('hex') : image.id.kind;
}

function place(image: BootImage, field: string): { readonly offset: number; readonly size: number } {
  const { start, end } = fieldRange(image, field);
  return { offset: start, size: end - start };
}
