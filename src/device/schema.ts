import * as v from 'valibot';
import { bootimgTable } from './bootimg.ts';
import { address, below, choice, count, flag, ipv4, list, name, parameters, size, text } from './entries.ts';
import { failureTable } from './failure.ts';
import { keysTable } from './keys.ts';
import { quirksTable } from './quirks.ts';
import { RAMDISK_CODECS } from './ramdisk-codec.ts';
import { signalsTable } from './signals.ts';

/** One of configfs or android_usb, or a function of Qualcomm's with its whole name: gsi.rndis, rndis_bam.rndis. */
const networkFunction = v.pipe(
  v.string(),
  v.regex(/^(?:ncm|rndis|ecm|[a-z0-9_]+\.[a-z0-9_]+)$/, 'ncm, rndis, ecm or a whole name such as gsi.rndis'),
);

/** Every table as a finished definition needs it; a file may leave anything to its families. */
const tables = {
  support: v.strictObject({
    level: choice('How far the definition has been proven.', ['emulated', 'untested', 'hardware', 'broken']),
    reason: text('Why that far: what ran, where, and what has not been tried.'),
  }),
  kernel: v.strictObject({
    package: v.optional(
      v.pipe(
        v.strictObject({
          name: name('Package whose newest kernel is taken: linux-image-arm64.'),
          suite: name('Suite of the distribution that has it: trixie-backports.'),
        }),
        v.description('Distribution package with the kernel; without it the user brings --kernel.'),
      ),
    ),
    dtb: v.optional(below("DTB below the kernel's dtb folder: qcom/msm8939-asus-z00t.dtb.")),
    compression: v.optional(choice('How the kernel lies in the image.', ['gzip', 'none']), 'none'),
    modules: v.optional(
      list('Modules wanted beside those that the DTB asks for, in load order.', name('Module name.')),
      [],
    ),
    without_modules: v.optional(
      list('Modules left out although the DTB asks for them.', name('Module name.')),
      [],
    ),
    drivers: v.optional(
      list(
        "Drivers that the distribution's kernel leaves out; each is built from its source.",
        v.strictObject({
          module: name('Module name as kmod has it: gcc-msm8939.'),
          sources: v.pipe(
            v.array(below('Source file below the kernel tree.')),
            v.minLength(1, 'at least one source file'),
            v.description('Source files; the folder of the first gives the headers.'),
          ),
        }),
      ),
      [],
    ),
  }),
  bootimg: bootimgTable,
  partitions: v.strictObject({
    boot: v.optional(size('Bytes of the partition that takes the image; without it nothing is checked.')),
    vendor_boot: v.optional(
      size('Bytes of the partition that takes vendor_boot, of header version 3 and 4.'),
    ),
  }),
  screen: v.strictObject({
    width: count('Pixels of a row, as the panel lies in memory.', 1, 16384),
    height: count('Rows.', 1, 16384),
    stride: v.optional(
      count('Bytes from one row to the next; without it width times bytes per pixel.', 1, 131072),
    ),
    format: v.optional(
      choice('Byte order of a pixel in framebuffer memory, first byte first.', [
        'BGRA8888',
        'RGBA8888',
        'ARGB8888',
        'ABGR8888',
        'RGB888',
        'BGR888',
        'RGB565',
        'BGR565',
        'GRAY8',
      ]),
      'BGRA8888',
    ),
    rotation: v.optional(
      v.pipe(v.picklist([0, 90, 180, 270]), v.description('Clockwise turn of the picture on the panel.')),
      0,
    ),
    backlight: v.optional(
      v.pipe(
        v.strictObject({
          path: v.pipe(
            v.string(),
            v.regex(/^\/sys\/[\w.,:@+/-]+$/, 'a path below /sys/'),
            v.description('File that sets the brightness: /sys/class/leds/lcd-backlight/brightness.'),
          ),
          value: count('Value to write.', 0, 65535),
        }),
        v.description('For panels that stay dark until somebody asks for light.'),
      ),
    ),
    pan: v.optional(flag('The driver shows a frame only after a pan (msm_fb, mdss).'), false),
    set_mode: v.optional(
      flag('The driver shows nothing until a mode is set: the first of fb0/modes goes to fb0/mode.'),
      false,
    ),
    blank: v.optional(
      list(
        'Values that wake the panel, written to fb0/blank one after the other: [1, 0] (Exynos), [0].',
        v.picklist([0, 1, 2, 3, 4]),
      ),
      [],
    ),
    fbset: v.optional(
      flag(
        'The driver is told the order of the colours of format, which it reports otherwise; brings the program fbset.',
      ),
      false,
    ),
  }),
  initramfs: v.strictObject({
    compression: v.optional(
      choice('Compression that the kernel of the device can read.', RAMDISK_CODECS),
      'gzip',
    ),
    level: v.optional(count('Compression level.', 1, 9), 6),
  }),
  usb: v.strictObject({
    mode: v.optional(
      choice('How the kernel makes gadgets; auto looks at run time.', [
        'auto',
        'configfs',
        'android_usb',
        'g_ether',
        'none',
      ]),
      'auto',
    ),
    vendor: v.optional(count('USB vendor id.', 0, 0xffff), 0x18d1),
    product: v.optional(count('USB product id.', 0, 0xffff), 0xd001),
    functions: v.optional(list('Network functions to try, in this order.', networkFunction), [
      'ncm',
      'rndis',
    ]),
    extras: v.optional(
      list(
        "What the gadget is beside a network card: acm, a serial port with the log on it; adb, Android's debug bridge, in debug images alone.",
        v.picklist(['acm', 'adb']),
      ),
      [],
    ),
    udc: v.optional(name('Name of the USB device controller; without it the first that is found.')),
    address: v.optional(ipv4("The device's address on the USB network."), '172.16.42.1'),
    host_address: v.optional(ipv4("The computer's address, handed out by DHCP."), '172.16.42.2'),
    wired: v.optional(
      v.pipe(
        v.strictObject({
          interface: name('Name of the interface: eth0.'),
          address: ipv4('Address of the device on it.'),
          prefix: count('Bits of the network part.', 1, 32),
        }),
        v.description('A wired interface that stage-1 brings up as well.'),
      ),
    ),
  }),
  firmware: v.strictObject({
    packages: v.optional(
      list(
        'Debian packages with firmware for the drivers of stage-1: firmware-qcom-soc.',
        name('Package name.'),
      ),
      [],
    ),
    files: v.optional(
      list(
        'Files wanted beside those that modules and device tree name, * and ? allowed.',
        v.pipe(
          v.string(),
          v.regex(
            /^(?!\/)(?!(?:.*\/)?\.\.(?:\/|$))[\w.,+@*?/-]+$/,
            'a relative path without ".." below /lib/firmware',
          ),
          v.description('File below /lib/firmware: wlan/prima/WCNSS_qcom_cfg.ini.'),
        ),
      ),
      [],
    ),
    path: v.optional(
      v.pipe(
        v.string(),
        v.regex(/^\/[!-~]+$/, 'an absolute path'),
        v.description('Folder where the device looks for firmware first, such as a mounted partition.'),
      ),
    ),
  }),
  ssh: v.strictObject({
    keys: v.optional(
      list(
        'Public keys that may log in as root.',
        v.pipe(
          v.string(),
          v.regex(
            /^(?:ssh-|ecdsa-|sk-)[a-z0-9@.-]+ [A-Za-z0-9+/=]+(?: .*)?$/,
            'one line of an OpenSSH public key',
          ),
        ),
      ),
      [],
    ),
  }),
  stage2: v.strictObject({
    methods: v.optional(
      list('Ways to the real system that work here.', v.picklist(['switch-root', 'kexec'])),
      ['switch-root'],
    ),
    reason: v.optional(text('Why a method is missing, for the error that names it.')),
    init: v.optional(
      v.pipe(
        v.string(),
        v.regex(/^\/[!-~]+$/, 'an absolute path'),
        v.description('Program that the real root starts with.'),
      ),
      '/sbin/init',
    ),
  }),
  signals: signalsTable,
  quirks: quirksTable,
  failure: failureTable,
  keys: keysTable,
  emulator: v.strictObject({
    machine: text('QEMU machine: virt, q35.'),
    cpu: text('QEMU processor: cortex-a57.'),
    cpus: count('Processors.', 1, 64),
    memory: count('MiB of memory.', 64, 65536),
    devices: v.optional(
      list('-device values in order; {width} and {height} stand for the screen.', text('Device.')),
      [],
    ),
    loader_base: v.optional(address("Where a phone loader's memory starts in this machine.")),
  }),
};

const scalars = {
  name: text('Name that the maker sells it under.'),
  manufacturer: text('Maker.'),
  model: v.optional(text("The maker's model numbers, when they differ from the name.")),
  year: v.optional(count('Year of release.', 1990, 2100)),
  soc: name('System on chip: msm8939.'),
  arch: choice('Architecture of the kernel that the device boots.', ['aarch64', 'armv7', 'x86_64']),
  loader: name('Program that takes the image, a file of loaders/: lk2nd-msm8916.'),
  root: v.optional(
    text(
      'Root of the real system, as --root has it: LABEL=name, PARTLABEL=name,luks,fsck, /dev/name,loop=/path.',
    ),
  ),
};

/** What remains after families and variant are merged: everything that a build needs. */
export const completeDevice = v.strictObject({
  ...scalars,
  support: tables.support,
  kernel: v.optional(tables.kernel, {}),
  bootimg: tables.bootimg,
  partitions: v.optional(tables.partitions, {}),
  screen: v.optional(tables.screen),
  initramfs: v.optional(tables.initramfs, {}),
  usb: v.optional(tables.usb, {}),
  firmware: v.optional(tables.firmware, {}),
  ssh: v.optional(tables.ssh, {}),
  stage2: v.optional(tables.stage2, {}),
  signals: v.optional(tables.signals, {}),
  quirks: v.optional(tables.quirks, {}),
  failure: v.optional(tables.failure, {}),
  keys: v.optional(tables.keys, {}),
  emulator: v.optional(tables.emulator),
});

export type CompleteDevice = v.InferOutput<typeof completeDevice>;

const extendsKey = v.optional(
  v.pipe(
    v.union([v.string(), v.array(v.string())], 'a name such as "families/msm8939", or a list of them'),
    v.description(
      'Definitions merged below this one: names without .toml, from this file or the shipped ones.',
    ),
  ),
);

/** Lists that are joined to what the families have, instead of taking its place. */
const kernelOverlay = v.strictObject({
  ...v.partial(tables.kernel).entries,
  modules_extra: v.optional(list('Modules added to those of the families.', name('Module name.'))),
});

const bootimgOverlay = v.strictObject({
  ...v.partial(tables.bootimg).entries,
  cmdline_extra: v.optional(parameters('Kernel parameters added to those of the families.')),
});

const about = <T extends v.GenericSchema>(schema: T, description: string) =>
  v.optional(v.pipe(schema, v.description(description)));

const overlay = {
  extends: extendsKey,
  ...v.partial(v.strictObject(scalars)).entries,
  support: about(v.partial(tables.support), 'How far the definition has been proven.'),
  kernel: about(kernelOverlay, 'Where the kernel comes from and what it takes along.'),
  bootimg: about(bootimgOverlay, 'Header of the boot image and load addresses.'),
  partitions: about(v.partial(tables.partitions), 'Partitions that take images.'),
  screen: about(v.partial(tables.screen), 'The panel, as its framebuffer lies in memory.'),
  initramfs: about(v.partial(tables.initramfs), 'The ramdisk.'),
  usb: about(v.partial(tables.usb), 'The gadget that the device shows to the computer.'),
  firmware: about(v.partial(tables.firmware), 'What drivers load into the hardware.'),
  ssh: about(v.partial(tables.ssh), 'Who may log in.'),
  stage2: about(v.partial(tables.stage2), 'How the real system is started.'),
  signals: about(
    v.partial(tables.signals),
    'What tells how far stage-1 is while the screen shows nothing: lamps, vibrator, backlight.',
  ),
  quirks: about(v.partial(tables.quirks), 'What else is odd about the device.'),
  failure: about(v.partial(tables.failure), 'What a phone does that comes no further.'),
  keys: about(v.partial(tables.keys), 'Keys that stage-1 looks at.'),
  emulator: about(v.partial(tables.emulator), 'The emulated machine of a device that has one.'),
};

/** A file of `families/`: any part of a definition. */
export const familyFile = v.strictObject({
  ...overlay,
  variant: v.optional(
    v.pipe(
      v.record(v.string(), v.strictObject(overlay)),
      v.description('Named overlays, merged over the rest when chosen.'),
    ),
  ),
});

/** A file of `devices/`, or a user's own: at least a name, a maker and a word on its state. */
export const deviceFile = v.strictObject({
  ...familyFile.entries,
  name: scalars.name,
  manufacturer: scalars.manufacturer,
  default_variant: v.optional(name('Variant that is built when none is named.')),
});
