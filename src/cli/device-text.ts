import { hex } from '../binary/index.ts';
import type { Device } from '../device/index.ts';
import { paint, size, table } from './terminal.ts';

/** A device as a page for people: the facts that a porter compares, in groups. */
export function deviceText(device: Device): string[] {
  return [
    paint('bold', `${device.manufacturer} ${device.name}`),
    `${device.id}, ${device.soc}, ${device.arch}${device.year === undefined ? '' : `, ${device.year}`}`,
    `support: ${device.support.level} (${device.support.reason})`,
    ...variantLines(device),
    '',
    ...group('Loader', loaderRows(device)),
    ...group('Boot image', bootimgRows(device)),
    ...group('Kernel', kernelRows(device)),
    ...group('Screen', screenRows(device)),
    ...group('USB', usbRows(device)),
    paint('dim', `from ${device.sources.join(', ')}`),
  ];
}

type Rows = readonly (readonly [string, string])[];

function group(title: string, rows: Rows): string[] {
  if (rows.length === 0) return [];
  return [paint('bold', title), ...table(rows.map(([name, value]) => [`  ${name}`, value])), ''];
}

function variantLines({ variant, variants }: Device): string[] {
  if (variant === undefined) return [];
  const others = variants.filter((name) => name !== variant);
  return [`variant: ${variant}${others.length > 0 ? ` (others: ${others.join(', ')})` : ''}`];
}

function loaderRows({ loader, partitions }: Device): Rows {
  const rows: [string, string][] = [['name', `${loader.name} (${loader.id})`]];
  const { placement } = loader;
  if (placement !== undefined) {
    rows.push(
      ['kernel', `${hex(placement.base)} + its text_offset`],
      ['dtb', hex(placement.base + placement.tags)],
      ['ramdisk', hex(placement.base + placement.ramdisk)],
      ['mapped', size(placement.mapped)],
      [
        'copy order',
        `boot ${placement.copyOrder.boot.join(', ')}; flash ${placement.copyOrder.flash.join(', ')}`,
      ],
    );
  }
  if (loader.maxDownload !== undefined) rows.push(['download', `up to ${size(loader.maxDownload)}`]);
  if (partitions.boot !== undefined) rows.push(['boot partition', size(partitions.boot)]);
  return rows;
}

function bootimgRows({ bootimg }: Device): Rows {
  return [
    ['header', `version ${bootimg.headerVersion}, ${bootimg.dialect}, page ${bootimg.pageSize}`],
    ['base', hex(bootimg.base, 8)],
    ['kernel', hex(bootimg.base + bootimg.kernelOffset, 8)],
    ['ramdisk', hex(bootimg.base + bootimg.ramdiskOffset, 8)],
    ['second', hex(bootimg.base + bootimg.secondOffset, 8)],
    ['tags', hex(bootimg.base + bootimg.tagsOffset, 8)],
    ['dtb', bootimg.dtb],
    ['cmdline', bootimg.cmdline.join(' ')],
  ];
}

function kernelRows({ kernel }: Device): Rows {
  const { package: name } = kernel;
  return [
    ['from', name === undefined ? 'the user (--kernel)' : `Debian ${name.name}, ${name.suite}`],
    ...(kernel.dtb === undefined ? [] : ([['dtb', kernel.dtb]] as Rows)),
    ...(kernel.drivers.length === 0
      ? []
      : ([['drivers', kernel.drivers.map(({ module }) => module).join(', ')]] as Rows)),
    ['modules', `what the device tree asks for, and ${kernel.modules.join(', ') || 'no others'}`],
  ];
}

function screenRows({ screen }: Device): Rows {
  if (screen === undefined) return [];
  return [
    ['size', `${screen.width} x ${screen.height}, stride ${screen.stride}`],
    ['pixels', screen.format],
    ...(screen.rotation === 0 ? [] : ([['rotation', `${screen.rotation} degrees`]] as Rows)),
  ];
}

function usbRows({ usb }: Device): Rows {
  if (usb.mode === 'none') return [];
  return [
    ['id', `${hex(usb.vendor, 4)}:${hex(usb.product, 4)}`],
    ['gadget', `${usb.mode}, ${usb.functions.join(' then ')}`],
    ['address', `${usb.address}, the computer gets ${usb.hostAddress}`],
  ];
}
