import { MnxError } from '../binary/index.ts';

/**
 * Every setting of /etc/mnx.conf, in the order in which the file has them, and what it means.
 * `mnx.name=value` on the kernel command line overrides a setting. stage1/lib/conf.sh reads them.
 */
export const CONF_KEYS = {
  mnx_format: 'version of this file; 1',
  mnx_device: 'id of the device file, such as asus-z00t',
  mnx_device_name: 'name of the device for people',
  mnx_arch: 'architecture of the kernel: aarch64, armv7 or x86_64',
  mnx_modules: 'modules to load, one per line, in this order; what further devices ask for comes by itself',
  mnx_firmware_path: "folder where firmware is looked for first; empty: /lib/firmware, the kernel's own",
  mnx_usb_mode: 'how the USB gadget is made: auto, configfs, android_usb, g_ether or none',
  mnx_usb_vendor: 'USB vendor id, 0x and four digits',
  mnx_usb_product: 'USB product id, 0x and four digits',
  mnx_usb_manufacturer: 'manufacturer string of the gadget',
  mnx_usb_product_name: 'product string of the gadget',
  mnx_usb_serial: "serial number string of the gadget; empty: the loader's or the device tree's",
  mnx_usb_functions: 'network functions to try, one per line, the first that the kernel has is taken',
  mnx_usb_extras:
    'what the gadget is beside a network card, one per line: acm (a serial port with the log), adb (in a debug image)',
  mnx_usb_udc: 'name of the USB device controller; empty: the first that is found',
  mnx_address: 'IPv4 address of the phone on the USB network',
  mnx_host_address: 'IPv4 address that the computer gets by DHCP',
  mnx_wired_interface: 'wired network interface that is brought up as well; empty: none',
  mnx_wired_address: 'IPv4 address of the wired interface',
  mnx_wired_prefix: "prefix length of the wired interface's network",
  mnx_ssh: 'on: dropbear is started; off: it is only packed',
  mnx_passwordless: 'yes: root logs in without a password',
  mnx_release: 'yes: the image is shared and opens no shell and no log-in',
  mnx_debug: 'yes: a shell on the console for whoever holds the phone',
  mnx_probe: 'name of the step at which the phone starts again, or init; empty: none',
  mnx_root: 'root of the real system, as `--root` has it (see below); empty: stage-1 stays up',
  mnx_root_wait: 'seconds to wait for the root',
  mnx_unlock_wait: 'seconds to wait for the passphrase of a root that is encrypted',
  mnx_stage2: 'how the real system is started: switch-root, kexec or shell',
  mnx_init: 'program of the real system that is started',
  mnx_on_failure: 'what a phone does that comes no further: shell (it stays up), reboot or bootloader',
  mnx_failure_delay: 'seconds before it starts again, in which a log-in keeps it',
  mnx_shell_key:
    'key that opens a shell in a --debug image when it is held: volume-down, ... or its number; empty: none',
  mnx_fb_width: 'width in pixels that the frames were made for; empty: no screen',
  mnx_fb_height: 'height in pixels that the frames were made for',
  mnx_fb_stride: 'bytes per row that the frames were made for',
  mnx_fb_bpp: 'bits per pixel that the frames were made for',
  mnx_fb_pan: 'yes: the driver shows a frame only after a pan',
  mnx_fb_set_mode: 'yes: the first mode of the driver is set before anything is drawn',
  mnx_fb_rgba:
    'bits of red, green, blue and alpha that the driver is told, as fbset has them; empty: not told',
  mnx_fb_blank: 'what is written to the blank file of the framebuffer before anything is drawn, one per line',
  mnx_backlight_path: 'backlight file below /sys; empty: the panel lights up by itself',
  mnx_backlight_value: 'what to write into the backlight file',
  mnx_signal_leds: 'lamps below /sys/class/leds that tell how far stage-1 is, one per line; empty: none',
  mnx_signal_vibrator: 'file or folder of the vibrator below /sys that tells the same; empty: none',
  mnx_signal_backlight: 'yes: the backlight goes dark for a moment to tell the same',
  mnx_watchdog: 'watchdog below /dev that the loader has started and stage-1 feeds; empty: none',
  mnx_watchdog_every: 'seconds from one feeding of the watchdog to the next',
  mnx_watchdog_handover: 'keep: the watchdog stays fed when the real system runs; end: that feeds it itself',
  mnx_splash: 'frame to show at the start, boot; off: none',
  mnx_console: 'terminal of the shell below /dev, auto: the kernel console, off: no shell',
} as const;

export type ConfKey = keyof typeof CONF_KEYS;

/** Settings; those that are left out are written as empty. A list is one value with a line per item. */
export type Conf = Readonly<Partial<Record<ConfKey, string>>>;

/** The only settings whose value may have several lines. */
const LISTS: readonly ConfKey[] = [
  'mnx_modules',
  'mnx_usb_functions',
  'mnx_usb_extras',
  'mnx_signal_leds',
  'mnx_fb_blank',
];

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
