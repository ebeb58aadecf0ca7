import { hex } from '../binary/index.ts';
import { bytesPerPixel, type Device, type Screen, type UsbSpec } from '../device/index.ts';
import type { Conf } from './conf.ts';

/** What a build decides beside the device. */
export interface ConfChoices {
  /** Root, method and init of the real system. */
  readonly stage2: Pick<Conf, 'mnx_root' | 'mnx_stage2' | 'mnx_init'>;
  readonly ssh: boolean;
  readonly passwordless: boolean;
  readonly release: boolean;
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
    mnx_modules: choices.modules.join('\n'),
    ...usbConf(device.usb, device),
    mnx_ssh: choices.ssh ? 'on' : 'off',
    mnx_passwordless: yesNo(choices.passwordless),
    mnx_release: yesNo(choices.release),
    mnx_root_wait: '30',
    ...choices.stage2,
    ...(device.screen === undefined ? {} : screenConf(device.screen)),
    mnx_splash: choices.splash ? 'boot' : 'off',
    mnx_console: 'auto',
  };
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

function screenConf({ width, height, stride, format, pan, backlight }: Screen): Conf {
  return {
    mnx_fb_width: String(width),
    mnx_fb_height: String(height),
    mnx_fb_stride: String(stride),
    mnx_fb_bpp: String(8 * bytesPerPixel(format)),
    mnx_fb_pan: yesNo(pan),
    mnx_backlight_path: backlight?.path ?? '',
    mnx_backlight_value: backlight === undefined ? '' : String(backlight.value),
  };
}

function yesNo(value: boolean): string {
  return value ? 'yes' : 'no';
}
