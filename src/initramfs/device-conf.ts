import { hex } from '../binary/index.ts';
import {
  bytesPerPixel,
  channels,
  type Device,
  type Quirks,
  type Screen,
  type Signals,
  type UsbSpec,
} from '../device/index.ts';
import type { Conf } from './conf.ts';

/** What a build decides beside the device. */
export interface ConfChoices {
  /** Root, method and init of the real system. */
  readonly stage2: Pick<Conf, 'mnx_root' | 'mnx_stage2' | 'mnx_init'>;
  readonly ssh: boolean;
  readonly passwordless: boolean;
  readonly release: boolean;
  /** Shells for whoever holds the phone. */
  readonly debug: boolean;
  /** Name of the step at which the phone starts again, or `init`. */
  readonly probe?: string;
  readonly splash: boolean;
  /** Modules to load by name, in this order; the rest is loaded when a device asks for it. */
  readonly modules: readonly string[];
}

/** Settings of a device for stage-1. */
export function deviceConf(device: Device, choices: ConfChoices): Conf {
  return {
    mnx_format: '1',
    mnx_device: device.id,
    mnx_device_name: device.name,
    mnx_arch: device.arch,
    mnx_modules: choices.modules.join('\n'),
    mnx_firmware_path: device.firmware.path ?? '',
    ...usbConf(device.usb, device),
    mnx_usb_extras: extrasInside(device.usb, choices).join('\n'),
    mnx_ssh: choices.ssh ? 'on' : 'off',
    mnx_passwordless: yesNo(choices.passwordless),
    mnx_release: yesNo(choices.release),
    mnx_debug: yesNo(choices.debug),
    mnx_probe: choices.probe ?? '',
    mnx_root_wait: '30',
    mnx_unlock_wait: '3600',
    ...choices.stage2,
    mnx_on_failure: device.failure.action,
    mnx_failure_delay: String(device.failure.delay),
    mnx_shell_key: device.keys.shell,
    ...(device.screen === undefined ? {} : screenConf(device.screen)),
    ...signalsConf(device.signals),
    ...watchdogConf(device.quirks),
    mnx_splash: choices.splash ? 'boot' : 'off',
    mnx_console: 'auto',
  };
}

/** adb opens a shell to whoever holds the cable, which no other image than one for debugging may. */
function extrasInside({ extras }: UsbSpec, { debug, release }: ConfChoices): readonly string[] {
  return debug && !release ? extras : extras.filter((extra) => extra !== 'adb');
}

function usbConf(usb: UsbSpec, { manufacturer, name }: Pick<Device, 'manufacturer' | 'name'>): Conf {
  return {
    mnx_usb_mode: usb.mode,
    mnx_usb_vendor: hex(usb.vendor, 4),
    mnx_usb_product: hex(usb.product, 4),
    mnx_usb_manufacturer: manufacturer,
    mnx_usb_product_name: name,
    mnx_usb_functions: usb.functions.join('\n'),
    mnx_usb_udc: usb.udc ?? '',
    mnx_address: usb.address,
    mnx_host_address: usb.hostAddress,
    mnx_wired_interface: usb.wired?.interface ?? '',
    mnx_wired_address: usb.wired?.address ?? '',
    mnx_wired_prefix: usb.wired === undefined ? '' : String(usb.wired.prefix),
  };
}

function screenConf(screen: Screen): Conf {
  const { width, height, stride, format, pan, backlight } = screen;
  return {
    mnx_fb_width: String(width),
    mnx_fb_height: String(height),
    mnx_fb_stride: String(stride),
    mnx_fb_bpp: String(8 * bytesPerPixel(format)),
    mnx_fb_pan: yesNo(pan),
    mnx_fb_set_mode: yesNo(screen.setMode),
    mnx_fb_rgba: (screen.fbset && channels(format)) || '',
    mnx_fb_blank: screen.blank.join('\n'),
    mnx_backlight_path: backlight?.path ?? '',
    mnx_backlight_value: backlight === undefined ? '' : String(backlight.value),
  };
}

function signalsConf({ leds, vibrator, backlight }: Signals): Conf {
  return {
    mnx_signal_leds: leds.join('\n'),
    mnx_signal_vibrator: vibrator ?? '',
    mnx_signal_backlight: yesNo(backlight),
  };
}

function watchdogConf({ watchdog }: Quirks): Conf {
  if (watchdog === undefined) return {};
  return {
    mnx_watchdog: watchdog.path,
    mnx_watchdog_every: String(watchdog.every),
    mnx_watchdog_handover: watchdog.handover,
  };
}

function yesNo(value: boolean): string {
  return value ? 'yes' : 'no';
}
