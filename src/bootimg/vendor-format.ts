import { alignUp, concat, type Fact, type Format, hex } from '../binary/index.ts';
import { rangeOf } from './kept.ts';
import { isVendorBootImage, readVendorBootImage, sectionsOf, writeVendorBootImage } from './vendor-boot.ts';
import { VENDOR_HEADERS } from './vendor-header.ts';
import { fragmentTypeText, type VendorBootImage, vendorPartition } from './vendor-image.ts';

/** vendor_boot.img and vendor_kernel_boot.img, v3 and v4. */
export const vendorBootFormat: Format<VendorBootImage> = {
  name: 'vendor-boot',
  detect: isVendorBootImage,
  read: readVendorBootImage,
  write: (image) => concat(writeVendorBootImage(image)),
  describe,
};

function describe(image: VendorBootImage): readonly Fact[] {
  const { addresses, headerVersion } = image;
  const place = (field: string) => {
    const { start, end } = rangeOf(VENDOR_HEADERS[headerVersion], field);
    return { offset: start, size: end - start };
  };
  return [
    { name: 'header version', value: String(headerVersion), ...place('headerVersion') },
    { name: 'partition', value: vendorPartition(image) },
    { name: 'page size', value: String(image.pageSize), ...place('pageSize') },
    { name: 'kernel address', value: hex(addresses.kernel), ...place('kernelAddress') },
    { name: 'ramdisk address', value: hex(addresses.ramdisk), ...place('ramdiskAddress') },
    { name: 'tags address', value: hex(addresses.tags), ...place('tagsAddress') },
    { name: 'dtb address', value: hex(addresses.dtb), ...place('dtbAddress') },
    { name: 'command line', value: image.cmdline, ...place('cmdline') },
    { name: 'board', value: image.board, ...place('board') },
    ...sectionFacts(image),
    { name: 'trailing', value: `${image.trailing.length} bytes` },
  ];
}

function sectionFacts(image: VendorBootImage): Fact[] {
  let offset = alignUp(VENDOR_HEADERS[image.headerVersion].size, image.pageSize);
  const facts: Fact[] = [];
  for (const { name, size } of sectionsOf(image)) {
    if (size > 0) facts.push({ name, value: `${size} bytes`, offset, size });
    if (name === 'ramdisk' && image.headerVersion === 4) facts.push(...fragmentFacts(image, offset));
    offset += alignUp(size, image.pageSize);
  }
  return facts;
}

function fragmentFacts(image: VendorBootImage, start: number): Fact[] {
  let offset = start;
  return image.fragments.map(({ name, type, boardId, bytes }) => {
    const board = boardId.some((word) => word !== 0)
      ? `, board id ${boardId.map((word) => hex(word)).join(' ')}`
      : '';
    const value = `${bytes.length} bytes, ${fragmentTypeText(type)}${board}`;
    const fact = { name: `ramdisk ${name || '(unnamed)'}`, value, offset, size: bytes.length };
    offset += bytes.length;
    return fact;
  });
}
