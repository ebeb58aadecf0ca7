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
    ...group('Quirks', quirkRows(device)),
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
  if (partitions.vendorBoot !== undefined) rows.push(['vendor_boot partition', size(partitions.vendorBoot)]);
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
    ['dtb', bootimg.dtb === 'section' ? `section, ${hex(bootimg.base + bootimg.dtbOffset, 8)}` : bootimg.dtb],
    ['cmdline', bootimg.cmdline.join(' ')],
    ...(bootimg.bootconfig.length === 0 ? [] : ([['bootconfig', bootimg.bootconfig.join('; ')]] as Rows)),
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
    ['gadget', `${usb.mode}, ${[usb.functions.join(' then '), ...usb.extras].join(' and ')}`],
    ['address', `${usb.address}, the computer gets ${usb.hostAddress}`],
  ];
}

/** Only what the device file says. */
function quirkRows({ bootimg, screen, signals, quirks }: Device): Rows {
  const { cmdlineEaten, cmdlineForbidden } = bootimg;
  const { watchdog } = quirks;
  const wakes = [
    ...(screen?.setMode === true ? ['its first mode set'] : []),
    ...(screen === undefined || screen.blank.length === 0 ? [] : [`blank ${screen.blank.join(', ')}`]),
    ...(screen?.fbset === true ? ['fbset'] : []),
    ...(screen?.pan === true ? ['a pan behind each frame'] : []),
    ...(screen?.backlight === undefined ? [] : [`${screen.backlight.value} in ${screen.backlight.path}`]),
  ];
  const lamps = [
    ...signals.leds,
    ...(signals.vibrator === undefined ? [] : [signals.vibrator]),
    ...(signals.backlight ? ['the backlight'] : []),
  ];
  const rows: Rows = [
    ['cmdline eaten', cmdlineEaten === 0 ? '' : `${cmdlineEaten} characters`],
    ['cmdline forbids', cmdlineForbidden.join(' ')],
    ['screen wants', wakes.join('; ')],
    ['signals', lamps.join(', ')],
    ['watchdog', watchdog === undefined ? '' : `${watchdog.path}, every ${watchdog.every} s`],
  ];
  return rows.filter(([, value]) => value !== '');
}
