import * as v from 'valibot';

/** Keys that have a name beside their number; stage1/lib/keys.sh knows the same. linux/input-event-codes.h */
const NAMED: Readonly<Record<string, number>> = {
  'volume-down': 114,
  'volume-up': 115,
  power: 116,
  home: 102,
  back: 158,
  camera: 212,
};

const FORM = new RegExp(`^(?:${Object.keys(NAMED).join('|')}|0|[1-9]\\d?|[1-6]\\d\\d|7[0-5]\\d|76[0-7]|)$`);

/** The kernel's number of a key that a device file names; undefined for none. */
export function keyNumber(name: string): number | undefined {
  return name === '' ? undefined : (NAMED[name] ?? Number(name));
}

/** The table `[keys]`. */
export const keysTable = v.strictObject({
  shell: v.optional(
    v.pipe(
      v.string(),
      v.regex(FORM, 'volume-down, volume-up, power, home, back, camera, the number of a key, or nothing'),
      v.description(
        "Key that, held while stage-1 starts, opens a shell in place of the real system in a --debug image; a number is the kernel's (linux/input-event-codes.h).",
      ),
    ),
    'volume-down',
  ),
});
