import type { BootimgSpec, Device, KernelSource, Loader, Screen, UsbSpec } from './device.ts';
import { bytesPerPixel } from './pixel-format.ts';
import type { CompleteDevice } from './schema.ts';

/** What a device has beside its tables. */
export interface Identity {
  readonly id: string;
  readonly sources: readonly string[];
  readonly variants: readonly string[];
  readonly variant: string | undefined;
  readonly loader: Loader;
}

/** Turns validated tables into the device that builds work with. */
export function assemble(table: CompleteDevice, identity: Identity): Device {
  return {
    ...identity,
    name: table.name,
    manufacturer: table.manufacturer,
    model: table.model,
    year: table.year,
    soc: table.soc,
    arch: table.arch,
    support: table.support,
    kernel: kernelOf(table.kernel),
    bootimg: bootimgOf(table.bootimg),
    partitions: { boot: table.partitions.boot, vendorBoot: table.partitions.vendor_boot },
    screen: table.screen === undefined ? undefined : screenOf(table.screen),
    initramfs: table.initramfs,
    usb: usbOf(table.usb),
    firmware: {
      packages: table.firmware.packages,
      files: table.firmware.files,
      path: table.firmware.path,
    },
    ssh: table.ssh,
    root: table.root,
    signals: {
      leds: table.signals.leds,
      vibrator: table.signals.vibrator,
      backlight: table.signals.backlight,
    },
    quirks: { watchdog: table.quirks.watchdog },
    stage2: { methods: table.stage2.methods, reason: table.stage2.reason, init: table.stage2.init },
    failure: table.failure,
    keys: table.keys,
    emulator:
      table.emulator === undefined
        ? undefined
        : {
            machine: table.emulator.machine,
            cpu: table.emulator.cpu,
            cpus: table.emulator.cpus,
            memory: table.emulator.memory,
            devices: table.emulator.devices,
            loaderBase: table.emulator.loader_base,
          },
  };
}

function kernelOf(table: CompleteDevice['kernel']): KernelSource {
  return {
    package: table.package,
    dtb: table.dtb,
    compression: table.compression,
    modules: table.modules,
    withoutModules: table.without_modules,
    drivers: table.drivers,
  };
}

function bootimgOf(table: CompleteDevice['bootimg']): BootimgSpec {
  return {
    headerVersion: table.header_version,
    dialect: table.dialect,
    pageSize: table.page_size,
    base: table.base,
    kernelOffset: table.kernel_offset,
    ramdiskOffset: table.ramdisk_offset,
    secondOffset: table.second_offset,
    tagsOffset: table.tags_offset,
    dtbOffset: table.dtb_offset,
    dtb: table.dtb,
    board: table.board,
    cmdline: table.cmdline,
    cmdlineEaten: table.cmdline_eaten,
    cmdlineForbidden: table.cmdline_forbidden,
    bootconfig: table.bootconfig,
  };
}

function screenOf(table: NonNullable<CompleteDevice['screen']>): Screen {
  return {
    width: table.width,
    height: table.height,
    stride: table.stride ?? table.width * bytesPerPixel(table.format),
    format: table.format,
    rotation: table.rotation,
    backlight: table.backlight,
    pan: table.pan,
    setMode: table.set_mode,
    blank: table.blank,
    fbset: table.fbset,
  };
}

function usbOf(table: CompleteDevice['usb']): UsbSpec {
  return {
    mode: table.mode,
    vendor: table.vendor,
    product: table.product,
    functions: table.functions,
    extras: table.extras,
    udc: table.udc,
    address: table.address,
    hostAddress: table.host_address,
    wired: table.wired,
  };
}
