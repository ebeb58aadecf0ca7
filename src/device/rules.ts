import { hex, utf8 } from '../binary/index.ts';
import { headerCmdlineLimit } from './bootimg.ts';
import type { Device } from './device.ts';
import type { DeviceFinding } from './finding.ts';
import { forbiddenOf } from './forbidden.ts';
import { bytesPerPixel, channels } from './pixel-format.ts';
import { isRootFault, parseRoot } from './root-spec.ts';

/** A finding that still names its key instead of a line. */
export type Remark = Omit<DeviceFinding, 'where'> & { readonly key: string };

type Rule = (device: Device) => Remark[];

const remark = (
  level: Remark['level'],
  code: string,
  key: string,
  words: { readonly what: string; readonly why: string; readonly todo: string },
): Remark => ({ level, code: `device.${code}`, key, ...words });

/** Room below which two parts surely overlap: no kernel, ramdisk or DTB of a phone is smaller. */
const LEAST = { kernel: 0x20_0000, ramdisk: 0x8_0000, tags: 0x100, dtb: 0x1000 } as const;

/** Load addresses of the header, or of vendor_boot: only checked where the loader honours them. */
const overlaps: Rule = ({ bootimg, loader }) => {
  if (loader.addresses !== 'header') return [];
  // vendor_boot sends the tree to dtb_offset, which may be that of the tags, of which there are none then.
  const ownTree = bootimg.headerVersion > 2 && bootimg.dtb === 'section';
  const parts = [
    { name: 'kernel', at: bootimg.kernelOffset, room: LEAST.kernel },
    { name: 'ramdisk', at: bootimg.ramdiskOffset, room: LEAST.ramdisk },
    ownTree
      ? { name: 'dtb', at: bootimg.dtbOffset, room: LEAST.dtb }
      : { name: 'tags', at: bootimg.tagsOffset, room: LEAST.tags },
  ].sort((a, b) => a.at - b.at);
  return parts.slice(1).flatMap((upper, i) => {
    const lower = parts[i];
    if (lower === undefined || upper.at - lower.at >= lower.room) return [];
    return remark('error', 'overlap', `bootimg.${upper.name}_offset`, {
      what: `${upper.name} at ${hex(bootimg.base + upper.at)} lies ${upper.at - lower.at} bytes above the start of ${lower.name} (${hex(bootimg.base + lower.at)})`,
      why: `${loader.id} honours the header's addresses, so the part that is copied later overwrites the other.`,
      todo: `Move them apart: ${lower.name} needs at least ${hex(lower.room)} bytes.`,
    });
  });
};

const addressRange: Rule = ({ bootimg }) =>
  (['kernel', 'ramdisk', 'second', 'tags'] as const).flatMap((part) => {
    const sum = bootimg.base + bootimg[`${part}Offset`];
    if (sum <= 0xffff_ffff) return [];
    return remark('error', 'address-range', `bootimg.${part}_offset`, {
      what: `base + ${part}_offset is ${hex(sum)}`,
      why: 'Header addresses have 32 bits; this one would be cut.',
      todo: 'Lower base or the offset.',
    });
  });

const partition: Rule = ({ partitions, loader, bootimg }) => {
  const { boot } = partitions;
  if (boot === undefined) return [];
  const free = boot - loader.partitionReserved;
  if (free < LEAST.kernel) {
    return [
      remark('error', 'partition', 'partitions.boot', {
        what: `the boot partition has ${boot} bytes, of which ${loader.id} leaves ${Math.max(0, free)}`,
        why: 'No kernel fits into that.',
        todo: 'Give the size in bytes: a partition of 32 MiB is 0x0200_0000.',
      }),
    ];
  }
  if (boot % bootimg.pageSize === 0) return [];
  return [
    remark('warning', 'partition', 'partitions.boot', {
      what: `${boot} bytes are no whole number of pages (${bootimg.pageSize} bytes)`,
      ...ROUNDED,
    }),
  ];
};

const ROUNDED = {
  why: 'Partitions end on block borders, so this number was probably rounded.',
  todo: 'Read the size from the partition table: /proc/partitions counts KiB.',
} as const;

const vendorPartition: Rule = ({ partitions: { vendorBoot }, bootimg }) => {
  if (vendorBoot === undefined || vendorBoot % bootimg.pageSize === 0) return [];
  return [
    remark('warning', 'partition', 'partitions.vendor_boot', {
      what: `${vendorBoot} bytes are no whole number of pages (${bootimg.pageSize} bytes)`,
      ...ROUNDED,
    }),
  ];
};

/** The boot configuration has its section in vendor_boot of version 4 alone. */
const bootconfig: Rule = ({ bootimg }) => {
  const { headerVersion: version, bootconfig: lines } = bootimg;
  if (version === 4 || lines.length === 0) return [];
  return [
    remark('error', 'bootconfig', 'bootimg.bootconfig', {
      what: `bootconfig with header version ${version}`,
      why: 'Only vendor_boot of version 4 has a section for it.',
      todo: 'Set header_version = 4, or put the words into cmdline.',
    }),
  ];
};

const headerVersion: Rule = ({ bootimg, loader }) => {
  if (loader.headerVersions.includes(bootimg.headerVersion)) return [];
  return [
    remark('error', 'header-version', 'bootimg.header_version', {
      what: `header version ${bootimg.headerVersion}, but ${loader.id} takes ${loader.headerVersions.join(', ')}`,
      why: 'The loader would read the header wrongly or refuse the image.',
      todo: `Set header_version to ${loader.headerVersions.join(' or ')}, or name another loader.`,
    }),
  ];
};

const pageSize: Rule = ({ bootimg, loader }) => {
  if (loader.maxPageSize === undefined || bootimg.pageSize <= loader.maxPageSize) return [];
  return [
    remark('error', 'page-size', 'bootimg.page_size', {
      what: `page size ${bootimg.pageSize}, but ${loader.id} takes at most ${loader.maxPageSize}`,
      why: 'The loader refuses the image.',
      todo: `Set page_size to ${loader.maxPageSize} or less.`,
    }),
  ];
};

/** QCDT's size stands where later headers have their version; a DTB section came with version 2. */
const dtbPlace: Rule = ({ bootimg, loader }) => {
  const { dtb, headerVersion: version } = bootimg;
  const impossible = (dtb === 'qcdt' && version !== 0) || (dtb === 'section' && version < 2);
  if (impossible) {
    return [
      remark('error', 'dtb-header', 'bootimg.dtb', {
        what: `dtb = "${dtb}" with header version ${version}`,
        why:
          dtb === 'qcdt'
            ? "The QCDT's size takes the word that holds the version from version 1 on."
            : 'Only header version 2 and later have a section for the DTB.',
        todo: dtb === 'qcdt' ? 'Set header_version = 0.' : 'Set header_version = 2, or dtb = "append".',
      }),
    ];
  }
  if (loader.dtb.includes(dtb)) return [];
  return [
    remark('error', 'dtb-loader', 'bootimg.dtb', {
      what: `dtb = "${dtb}", but ${loader.id} takes ${loader.dtb.join(', ')}`,
      why: 'The loader would not find the DTB.',
      todo: `Set dtb to ${loader.dtb.map((way) => `"${way}"`).join(' or ')}, or name another loader.`,
    }),
  ];
};

const dtbName: Rule = ({ bootimg, kernel }) => {
  const carried = bootimg.dtb === 'append' || bootimg.dtb === 'section';
  if (!carried || kernel.package === undefined || kernel.dtb !== undefined) return [];
  return [
    remark('error', 'dtb-name', 'kernel.dtb', {
      what: `dtb = "${bootimg.dtb}", but kernel.dtb names none of ${kernel.package.name}`,
      why: 'The kernel would start without a description of its hardware.',
      todo: 'Add kernel.dtb, such as "qcom/msm8939-asus-z00t.dtb".',
    }),
  ];
};

const commandLine: Rule = ({ bootimg, loader }) => {
  const length = bootimg.cmdlineEaten + utf8(bootimg.cmdline.join(' ')).length;
  const twice = bootimg.cmdline.filter((word, i) => bootimg.cmdline.indexOf(word) !== i);
  const out = twice.map((word) =>
    remark('warning', 'cmdline-twice', 'bootimg.cmdline', {
      what: `${word} stands twice`,
      why: 'It takes room that is short, and hides which file sets it.',
      todo: 'Name it once.',
    }),
  );
  const kept = forbiddenOf(bootimg.cmdline, bootimg.cmdlineForbidden).map(({ word, by }) =>
    remark('error', 'cmdline-forbidden', 'bootimg.cmdline', {
      what: `${word} is on the command line, and cmdline_forbidden has ${by}`,
      why: 'One of the two is wrong, and every build would be refused.',
      todo: 'Take it off, or out of cmdline_forbidden; a variant may replace either list.',
    }),
  );
  return [...out, ...kept, ...tooLong(length, { bootimg, loader })];
};

/** What the header has no room for is refused by the build; what the loader does not read, by nobody. */
function tooLong(length: number, { bootimg, loader }: Pick<Device, 'bootimg' | 'loader'>): Remark[] {
  const room = headerCmdlineLimit(bootimg);
  if (length <= Math.min(room, loader.cmdlineLimit)) return [];
  if (length > room) {
    return [
      remark('error', 'cmdline-header', 'bootimg.cmdline', {
        what: `the command line has ${length} bytes, a header v${bootimg.headerVersion} has room for ${room}`,
        why: 'Every build would be refused.',
        todo: 'Shorten it; header version 4 takes words for Android in bootconfig.',
      }),
    ];
  }
  return [
    remark('error', 'cmdline-length', 'bootimg.cmdline', {
      what: `the command line has ${length} bytes, ${loader.id} reads ${loader.cmdlineLimit}`,
      why: 'The rest is lost without a word.',
      todo: 'Shorten it.',
    }),
  ];
}

/** The framebuffer lies in the boot memory unless it is moved; a window payload covers all of that. */
const relocated: Rule = ({ bootimg, loader }) => {
  const handed = bootimg.cmdline.find((word) => /^lk2nd\.pass-simplefb(?:=|$)/.test(word));
  if (handed === undefined || loader.placement?.window === undefined || /[=,]relocate\b/.test(handed))
    return [];
  return [
    remark('error', 'simplefb', 'bootimg.cmdline', {
      what: `${handed} leaves the framebuffer in the boot memory of ${loader.id}`,
      why: 'The loader marks that memory as not to be mapped, under a kernel that lies in it.',
      todo: 'Write lk2nd.pass-simplefb=relocate,xrgb8888.',
    }),
  ];
};

/** Blinking needs to know the file that sets the brightness. */
const blinkingBacklight: Rule = ({ signals, screen }) => {
  if (!signals.backlight || screen?.backlight !== undefined) return [];
  return [
    remark('error', 'signals-backlight', 'signals.backlight', {
      what: 'the backlight is to blink, and [screen] names none',
      why: 'Stage-1 would not know what to write to.',
      todo: 'Add screen.backlight, such as { path = "/sys/class/leds/lcd-backlight/brightness", value = 10 }.',
    }),
  ];
};

/** Red, green and blue are what fbset tells of. */
const channelOrder: Rule = ({ screen }) => {
  if (screen === undefined || !screen.fbset || channels(screen.format) !== undefined) return [];
  return [
    remark('error', 'fbset', 'screen.fbset', {
      what: `fbset with the format ${screen.format}`,
      why: 'It has no colours whose order the driver could be told.',
      todo: 'Take fbset off, or correct the format.',
    }),
  ];
};

const stride: Rule = ({ screen }) => {
  if (screen === undefined) return [];
  const bytes = bytesPerPixel(screen.format);
  const least = screen.width * bytes;
  if (screen.stride >= least && screen.stride % bytes === 0) return [];
  return [
    remark('error', 'stride', 'screen.stride', {
      what: `stride ${screen.stride}, but ${screen.width} pixels of ${screen.format} take ${least} bytes`,
      why: 'Every row would start inside the one above: a sheared picture.',
      todo: `Leave stride out, or give what /sys/class/graphics/fb0/stride says: ${least} or more, in whole pixels of ${bytes} bytes.`,
    }),
  ];
};

const network: Rule = ({ usb }) => {
  const net = (address: string) => address.slice(0, address.lastIndexOf('.'));
  if (usb.address !== usb.hostAddress && net(usb.address) === net(usb.hostAddress)) return [];
  return [
    remark('error', 'usb-address', 'usb.host_address', {
      what: `device ${usb.address} and computer ${usb.hostAddress} cannot reach each other`,
      why: 'The USB network is a /24 of two.',
      todo: 'Give two different addresses that share their first three numbers.',
    }),
  ];
};

const modules: Rule = ({ kernel }) => {
  const plain = (name: string) => name.replaceAll('-', '_');
  const without = new Set(kernel.withoutModules.map(plain));
  const both = [...kernel.modules, ...kernel.drivers.map(({ module }) => module)].filter((name) =>
    without.has(plain(name)),
  );
  const out = both.map((name) =>
    remark('error', 'modules', 'kernel.without_modules', {
      what: `module ${name} is both wanted and left out`,
      why: 'Nobody could tell which holds.',
      todo: 'Drop it from one of the lists.',
    }),
  );
  if (kernel.drivers.length === 0 || kernel.package !== undefined) return out;
  const orphan = remark('error', 'drivers', 'kernel.drivers', {
    what: 'drivers without a kernel package',
    why: "A driver is built from the source of the distribution's kernel.",
    todo: 'Add kernel.package, or drop drivers.',
  });
  return [...out, orphan];
};

const root: Rule = ({ root: text }) => {
  const read = text === undefined ? undefined : parseRoot(text);
  if (read === undefined || !isRootFault(read)) return [];
  const { what, hint } = read;
  return [remark('error', 'root', 'root', { what, why: 'Stage-1 could not find it.', todo: hint })];
};

/** In the order in which their findings are reported. */
export const RULES: readonly Rule[] = [
  headerVersion,
  pageSize,
  dtbPlace,
  dtbName,
  bootconfig,
  addressRange,
  overlaps,
  partition,
  vendorPartition,
  commandLine,
  relocated,
  stride,
  channelOrder,
  blinkingBacklight,
  modules,
  network,
  root,
];
