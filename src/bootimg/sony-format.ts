import { concat, type Fact, type Format, hex } from '../binary/index.ts';
import {
  isSonyElfImage,
  placesOf,
  readSonyElfImage,
  type SonyElfImage,
  segmentName,
  writeSonyElfImage,
} from './sony-elf.ts';
import { ElfHeader } from './sony-layout.ts';
import { sonyCmdline } from './sony-segments.ts';

/** Sony's boot.img and kernel.elf. */
export const sonyElfFormat: Format<SonyElfImage> = {
  name: 'sony-elf',
  detect: isSonyElfImage,
  read: readSonyElfImage,
  write: (image) => concat(writeSonyElfImage(image)),
  describe,
};

function describe(image: SonyElfImage): readonly Fact[] {
  const { trailing, keptFields } = image;
  const places = placesOf(image).map(({ segment, offset }, i): Fact => {
    const { type, flags, address, bytes: content } = segment;
    const size = content.length;
    const value = `${size} bytes for ${hex(address)}, type ${hex(type)}, flags ${hex(flags)}`;
    return { name: `segment ${i}, ${segmentName(segment)}`, value, offset, size };
  });
  return [
    { name: 'header', value: 'Sony ELF', offset: 0, size: ElfHeader.size },
    { name: 'entry', value: hex(image.entry), offset: ElfHeader.offsets.entry, size: 4 },
    { name: 'spacing', value: image.spacing },
    { name: 'command line', value: sonyCmdline(image) },
    ...places,
    { name: 'trailing', value: `${trailing.length} bytes` },
    ...keptFields.map(({ fields }) => ({ name: 'unusual', value: fields.join(', ') })),
  ];
}
