import { accessSync, constants, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a phone on this computer's USB is at the moment. */
export type PhoneState = 'fastboot' | 'adb' | 'stage-1';

/** A phone on USB, as the kernel of this computer sees it. */
export interface UsbPhone {
  readonly state: PhoneState;
  /** `18d1:d00d`. */
  readonly id: string;
  /** The maker's and the product's own words; may be empty. */
  readonly name: string;
  readonly serial: string;
  /** Network interface on this computer; only a gadget has one. */
  readonly network?: string;
  /** Whether this user may talk to it directly, as fastboot must. */
  readonly writable: boolean;
}

/** Class, subclass and protocol of an interface: fastboot's and adb's own (AOSP, fastboot.cpp and adb.h). */
const INTERFACES: Readonly<Record<string, PhoneState>> = { ff4203: 'fastboot', ff4201: 'adb' };
/** The USB ids that stage-1's gadgets have unless a device names others. */
const GADGET_ID = '18d1:d001';

/**
 * The phones among the USB devices of this computer, by their interfaces and by stage-1's ids.
 * @param sysfs where the kernel shows its devices
 * @returns in the order of the ports; none where there is no sysfs
 */
export function usbPhones(sysfs = '/sys', dev = '/dev'): UsbPhone[] {
  const root = join(sysfs, 'bus/usb/devices');
  const ports = namesIn(root).filter((name) => /^\d+-[\d.]+$/.test(name));
  return ports.sort().flatMap((port) => phoneAt(join(root, port), dev) ?? []);
}

function phoneAt(folder: string, dev: string): UsbPhone | undefined {
  const parts = namesIn(folder).filter((name) => /^\d+-[\d.]+:\d+\.\d+$/.test(name));
  const id = `${attribute(folder, 'idVendor')}:${attribute(folder, 'idProduct')}`;
  const network = parts.flatMap((part) => namesIn(join(folder, part, 'net'))).at(0);
  const known = parts.map((part) => INTERFACES[interfaceClass(join(folder, part))]).find(Boolean);
  // Stage-1 may have adb beside its network; a recovery of the same ids has adb alone.
  const own = id === GADGET_ID && (known === undefined || (known === 'adb' && network !== undefined));
  const state = own ? 'stage-1' : known;
  if (state === undefined) return undefined;
  return {
    state,
    id,
    name: `${attribute(folder, 'manufacturer')} ${attribute(folder, 'product')}`.trim(),
    serial: attribute(folder, 'serial'),
    ...(network === undefined ? {} : { network }),
    writable: mayWrite(deviceNode(folder, dev)),
  };
}

function interfaceClass(folder: string): string {
  return ['bInterfaceClass', 'bInterfaceSubClass', 'bInterfaceProtocol']
    .map((name) => attribute(folder, name))
    .join('');
}

function deviceNode(folder: string, dev: string): string {
  const part = (name: string) => attribute(folder, name).padStart(3, '0');
  return join(dev, 'bus/usb', part('busnum'), part('devnum'));
}

function mayWrite(file: string): boolean {
  try {
    accessSync(file, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function attribute(folder: string, name: string): string {
  try {
    return readFileSync(join(folder, name), 'utf8').trim();
  } catch {
    return '';
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
