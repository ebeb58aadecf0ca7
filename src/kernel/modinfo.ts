import { FormatError } from '../binary/index.ts';
import { sectionOf } from './elf.ts';

/** What a module says of itself in its `.modinfo` section. */
export interface Modinfo {
  /** The `name` entry with `-` as `_`; empty in modules older than Linux 4.5, which have none. */
  readonly name: string;
  readonly aliases: readonly string[];
  /** Modules whose symbols it uses, by {@link moduleName}. */
  readonly depends: readonly string[];
  /** Names or aliases to load before it when they exist. */
  readonly softdepsPre: readonly string[];
  /** Names or aliases to load after it when they exist. */
  readonly softdepsPost: readonly string[];
  /** Modules that it may ask for later; kmod does not load them. */
  readonly weakdeps: readonly string[];
  /** Firmware files below /lib/firmware. */
  readonly firmware: readonly string[];
  readonly vermagic: string | undefined;
  readonly license: string | undefined;
}

/**
 * The one spelling under which a module is known: file names and `depends` mix `-` and `_`, kmod and
 * the kernel take both for the same. Paths and `.ko`, `.ko.xz`, ... are cut off.
 */
export function moduleName(nameOrPath: string): string {
  const base = nameOrPath.slice(nameOrPath.lastIndexOf('/') + 1);
  return base.replace(/\.ko(\.\w+)?$/, '').replaceAll('-', '_');
}

/**
 * Reads the `.modinfo` section of an expanded module.
 *
 * @throws FormatError `kernel.elf` when the bytes are no sound ELF, `kernel.modinfo` when they are no module
 */
export function readModinfo(elf: Uint8Array): Modinfo {
  const section = sectionOf(elf, '.modinfo');
  if (section === undefined) {
    throw new FormatError(
      'kernel.modinfo',
      { field: 'section .modinfo', offset: 0, got: 'no such section', wanted: 'a kernel module' },
      { hint: 'Give a .ko file as the kernel build installs it.' },
    );
  }
  return modinfoOf(entriesOf(section));
}

/** `key=value` strings, each closed by one or more NULs. */
export function entriesOf(section: Uint8Array): (readonly [key: string, value: string])[] {
  const text = Buffer.from(section.buffer, section.byteOffset, section.byteLength).toString('latin1');
  return text
    .split('\0')
    .filter((entry) => entry.includes('='))
    .map((entry) => {
      const cut = entry.indexOf('=');
      return [entry.slice(0, cut), entry.slice(cut + 1)];
    });
}

/** Sorts entries by what they mean. */
export function modinfoOf(entries: readonly (readonly [string, string])[]): Modinfo {
  const all = (key: string): string[] => entries.filter(([k]) => k === key).map(([, value]) => value);
  const softdeps = all('softdep').map(parseSoftdep);
  return {
    name: moduleName(all('name')[0] ?? ''),
    aliases: all('alias'),
    depends: all('depends').flatMap((list) => list.split(',').filter(Boolean).map(moduleName)),
    softdepsPre: softdeps.flatMap(({ pre }) => pre),
    softdepsPost: softdeps.flatMap(({ post }) => post),
    weakdeps: all('weakdep').flatMap(words),
    firmware: all('firmware'),
    vermagic: all('vermagic')[0],
    license: all('license')[0],
  };
}

function words(text: string): string[] {
  return text.split(/[\s,]+/).filter(Boolean);
}

/** `pre: a b post: c`; names before the first colon word belong to nothing (kmod libkmod-config.c). */
function parseSoftdep(text: string): { readonly pre: readonly string[]; readonly post: readonly string[] } {
  const pre: string[] = [];
  const post: string[] = [];
  let list: string[] | undefined;
  for (const word of words(text)) {
    if (word === 'pre:') list = pre;
    else if (word === 'post:') list = post;
    else list?.push(word);
  }
  return { pre, post };
}
