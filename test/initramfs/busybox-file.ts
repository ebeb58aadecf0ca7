import { utf8 } from '../../src/binary/index.ts';

/** Some of busybox's names, in its order. */
export const APPLETS = [
  '[',
  '[[',
  'ash',
  'basename',
  'busybox',
  'cat',
  'chmod',
  'cp',
  'cttyhack',
  'dmesg',
  'echo',
  'find',
  'findfs',
  'grep',
  'ip',
  'ls',
  'mdev',
  'modprobe',
  'mount',
  'sed',
  'setsid',
  'sh',
  'sleep',
  'sort',
  'switch_root',
  'udhcpd',
  'zcat',
];

/** A file with the table of applets in it, between other strings. */
export function busyboxFile(applets: readonly string[] = APPLETS): Uint8Array {
  return utf8(`\x7fELF\x01some\0switch_root\0usage\0\x02\x03${applets.join('\0')}\0zz top\0rest`);
}
