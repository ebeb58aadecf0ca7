import { FormatError, latin1 } from '../binary/index.ts';
import { gunzip } from '../compress/index.ts';

/** Options of a kernel build: `CONFIG_` is left off the names; `n` for those that are
 * said not to be set. What the kernel's own version does not know of is absent. */
export type KernelConfig = ReadonlyMap<string, string>;

/** Reads a `.config`; quotes around strings are taken off. */
export function parseKernelConfig(text: string): KernelConfig {
  const config = new Map<string, string>();
  for (const line of text.split('\n')) {
    const match = /^CONFIG_([A-Za-z0-9_]+)=(.*)$/.exec(line.trim());
    if (match?.[1] !== undefined && match[2] !== undefined) {
      config.set(match[1], match[2].replace(/^"(.*)"$/, '$1'));
    }
    const unset = /^# CONFIG_([A-Za-z0-9_]+) is not set$/.exec(line.trim())?.[1];
    if (unset !== undefined) config.set(unset, 'n');
  }
  return config;
}

/** A .config expands to a few hundred KiB; more is no config. */
const CONFIG_LIMIT = 4 * 1024 * 1024;

/**
 * The `.config` that CONFIG_IKCONFIG puts into an uncompressed kernel image (kernel/configs.c:
 * between the marks IKCFG_ST and IKCFG_ED, as a gzip member).
 *
 * @returns undefined when the kernel was built without it.
 */
export function extractIkconfig(image: Uint8Array): string | undefined {
  const mark = latin1('IKCFG_ST');
  const haystack = Buffer.from(image.buffer, image.byteOffset, image.length);
  for (let at = haystack.indexOf(mark); at >= 0; at = haystack.indexOf(mark, at + 1)) {
    const text = expandConfig(image.subarray(at + mark.length));
    if (text !== undefined) return text;
  }
  return undefined;
}

/** The mark stands in code that looks for it as well, so damage behind it means: not here. */
function expandConfig(bytes: Uint8Array): string | undefined {
  try {
    return Buffer.from(gunzip(bytes, { limit: CONFIG_LIMIT }).data).toString('latin1');
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}
