import { MnxError } from '../binary/index.ts';

/**
 * Every setting of /etc/mnx.conf, in the order in which the file has them, and what it means.
 * `mnx.name=value` on the kernel command line overrides a setting. stage1/lib/conf.sh reads them.
 */
export const CONF_KEYS = {
  mnx_format: 'version of this file; 1',
  mnx_device: 'id of the device file, such as asus-z00t',
  mnx_device_name: 'name of the device for people',
  mnx_modules: 'modules to load, one per line, in this order; what further devices ask for comes by itself',
  mnx_usb_mode: 'how the USB gadget is made: auto, configfs, android_usb or none',
  mnx_usb_vendor: 'USB vendor id, 0x and four digits',
  mnx_usb_product: 'USB product id, 0x and four digits',
  mnx_usb_manufacturer: 'manufacturer string of the gadget',
  mnx_usb_product_name: 'product string of the gadget',
  mnx_usb_serial: "serial number string of the gadget; empty: the loader's or the device tree's",
  mnx_usb_functions: 'network functions to try, one per line, the first that the kernel has is taken',
  mnx_usb_udc: 'name of the USB device controller; empty: the first that is found',
  mnx_address: 'IPv4 address of the phone on the USB network',
  mnx_host_address: 'IPv4 address that the computer gets by DHCP',
  mnx_wired_interface: 'wired network interface that is brought up as well; empty: none',
  mnx_wired_address: 'IPv4 address of the wired interface',
  mnx_wired_prefix: "prefix length of the wired interface's network",
  mnx_ssh: 'on: dropbear is started; off: it is only packed',
  mnx_passwordless: 'yes: root logs in without a password',
  mnx_release: 'yes: the image is shared and opens no shell and no log-in',
  mnx_root:
    'root of the real system: LABEL=, UUID=, PARTLABEL=, PARTUUID= or a path in /dev; empty: stage-1 stays up',
  mnx_root_wait: 'seconds to wait for the root',
  mnx_stage2: 'how the real system is started: switch-root, kexec or shell',
  mnx_init: 'program of the real system that is started',
  mnx_fb_width: 'width in pixels that the frames were made for; empty: no screen',
  mnx_fb_height: 'height in pixels that the frames were made for',
  mnx_fb_stride: 'bytes per row that the frames were made for',
  mnx_fb_bpp: 'bits per pixel that the frames were made for',
  mnx_fb_pan: 'yes: the driver shows a frame only after a pan',
  mnx_backlight_path: 'backlight file below /sys; empty: the panel lights up by itself',
  mnx_backlight_value: 'what to write into the backlight file',
  mnx_splash: 'frame to show at the start, boot; off: none',
  mnx_console: 'terminal of the shell below /dev, auto: the kernel console, off: no shell',
} as const;

export type ConfKey = keyof typeof CONF_KEYS;

/** Settings; those that are left out are written as empty. A list is one value with a line per item. */
export type Conf = Readonly<Partial<Record<ConfKey, string>>>;

/** The only settings whose value may have several lines. */
const LISTS: readonly ConfKey[] = ['mnx_modules', 'mnx_usb_functions'];

/**
 * Writes /etc/mnx.conf: POSIX shell, one `name='value'` per setting, always all of them and in one
 * order, so that equal settings give equal bytes.
 * @throws MnxError `initramfs.conf` when a value holds a control character, or a line break that its setting cannot have.
 */
export function writeConf(conf: Conf): string {
  const keys = Object.keys(CONF_KEYS) as ConfKey[];
  return keys.map((key) => `${key}=${quoted(key, conf[key] ?? '')}\n`).join('');
}

/** The one place where text becomes shell: inside single quotes nothing has a meaning but the quote itself. */
function quoted(key: ConfKey, value: string): string {
  const text = LISTS.includes(key) ? value.replaceAll('\n', '') : value;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  const control = /[\x00-\x1f\x7f]/.exec(text)?.[0];
  if (control !== undefined) {
    throw new MnxError(
      'initramfs.conf',
      `${key}: ${JSON.stringify(value)} holds the control character ${JSON.stringify(control)}`,
      {
        hint: 'Correct the text in the device file or on the command line.',
      },
    );
  }
  return `'${value.replaceAll("'", "'\\''")}'`;
}
