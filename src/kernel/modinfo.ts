import { FormatError, utf8Text } from '../binary/index.ts';
import { readElf } from './elf.ts';

/** What `.modinfo` says of one module; names as kmod normalises them, `_` for `-`. */
export interface Modinfo {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly depends: readonly string[];
  readonly softdepsPre: readonly string[];
  readonly softdepsPost: readonly string[];
  /** Modules that it may ask for while it runs; kmod does not load them beforehand. */
  readonly weakdeps: readonly string[];
  readonly firmware: readonly string[];
  readonly vermagic: string | undefined;
  readonly license: string | undefined;
}

/** Kmod takes `-` and `_` in module names for the same. */
export function moduleName(name: string): string {
  return name.replaceAll('-', '_');
}

/** `kernel/fs/ext4/ext4.ko.xz` -> `ext4`. */
export function moduleNameOfPath(path: string): string {
  const file = path.slice(path.lastIndexOf('/') + 1);
  return moduleName(file.replace(/\.ko(\.(xz|gz|zst))?$/, ''));
}

/**
 * Reads `.modinfo` of an expanded module.
 * @throws FormatError when the file is no ELF or has no such section.
 */
export function readModinfo(elf: Uint8Array, name: string): Modinfo {
  const section = readElf(elf).sections.find((found) => found.name === '.modinfo');
  if (section === undefined) {
    throw new FormatError('kernel.no-modinfo', {
      field: `${name}.modinfo`,
      offset: 0,
      got: 'no such section',
      wanted: 'a kernel module',
    });
  }
  return modinfoOf(name, keyValues(section.data));
}

/** `key=value` strings with a NUL behind each, any number of NULs between. */
export function keyValues(data: Uint8Array): [key: string, value: string][] {
  return utf8Text(data)
    .split('\0')
    .filter((line) => line.includes('='))
    .map((line) => {
      const at = line.indexOf('=');
      return [line.slice(0, at), line.slice(at + 1)];
    });
}

/** Collects the pairs of one module. */
export function modinfoOf(name: string, pairs: readonly (readonly [string, string])[]): Modinfo {
  const values = (key: string) => pairs.filter(([found]) => found === key).map(([, value]) => value);
  const soft = values('softdep').map(parseSoftdep);
  return {
    name: moduleName(name),
    aliases: values('alias'),
    depends: values('depends')
      .flatMap((list) => list.split(','))
      .filter((dependency) => dependency !== '')
      .map(moduleName),
    softdepsPre: soft.flatMap(({ pre }) => pre),
    softdepsPost: soft.flatMap(({ post }) => post),
    weakdeps: values('weakdep').flatMap((list) => list.split(/\s+/).filter((word) => word !== '')),
    firmware: values('firmware'),
    vermagic: values('vermagic')[0],
    license: values('license')[0],
  };
}

/** `pre: a b post: c`, as MODULE_SOFTDEP writes it. */
function parseSoftdep(text: string): { pre: string[]; post: string[] } {
  const lists = { pre: [] as string[], post: [] as string[] };
  let current: string[] | undefined;
  for (const word of text.split(/\s+/)) {
    if (word === 'pre:') current = lists.pre;
    else if (word === 'post:') current = lists.post;
    else if (word !== '') current?.push(word);
  }
  return lists;
}
