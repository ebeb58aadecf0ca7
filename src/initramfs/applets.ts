import { MnxError } from '../binary/index.ts';

/** An applet that stage-1 cannot do without; the table is looked for around its name. */
const ANCHOR = '\0switch_root\0';
const NAME = /^[A-Za-z0-9_.[\]-]{1,32}$/;
/** Fewer names in a row are chance. */
const FEWEST = 20;

/**
 * The applets of a busybox, read out of the binary: it may be for another processor, so `busybox
 * --list` cannot be asked. They stand there as one table of NUL-terminated names in strict order of
 * their bytes, which busybox itself searches by halves (libbb/appletlib.c, find_applet_by_name).
 *
 * @throws MnxError `initramfs.applets` when there is no table with switch_root in it.
 */
export function busyboxApplets(binary: Uint8Array): string[] {
  const file = Buffer.from(binary.buffer, binary.byteOffset, binary.length);
  let longest: string[] = [];
  for (let at = file.indexOf(ANCHOR); at >= 0; at = file.indexOf(ANCHOR, at + 1)) {
    const run = [...namesBefore(file, at + 1), ...namesFrom(file, at + 1)];
    if (run.length > longest.length) longest = run;
  }
  if (longest.length < FEWEST) {
    throw new MnxError('initramfs.applets', 'no table of applets with switch_root in this busybox', {
      hint: 'Use a full busybox, such as that of the Debian package busybox-static.',
    });
  }
  return longest;
}

/** The name that starts at `start`, with all behind it that are in order. */
function namesFrom(file: Buffer, start: number): string[] {
  const names: string[] = [];
  for (let at = start; ; ) {
    const end = file.indexOf(0, at);
    const name = file.toString('latin1', at, end < 0 ? at : end);
    const last = names.at(-1);
    if (!NAME.test(name) || (last !== undefined && last >= name)) return names;
    names.push(name);
    at = end + 1;
  }
}

/** The names in order that end before `end`. */
function namesBefore(file: Buffer, end: number): string[] {
  const names: string[] = [];
  let next = namesFrom(file, end)[0] ?? '';
  for (let stop = end - 1; stop > 0; ) {
    const start = file.lastIndexOf(0, stop - 1) + 1;
    const name = file.toString('latin1', start, stop);
    if (!NAME.test(name) || name >= next) {
      // The table's first name may follow other data without a NUL between.
      return next === '[[' && name.endsWith('[') ? ['[', ...names] : names;
    }
    names.unshift(name);
    next = name;
    stop = start - 1;
  }
  return names;
}
