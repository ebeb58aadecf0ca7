import { cString, FormatError, latin1, utf8Text } from '../binary/index.ts';
import { gunzip } from '../compress/index.ts';

/**
 * A kernel's configuration: `CONFIG_` names with their value as the file has it (`y`, `m`, `0x10`),
 * strings without their quotes. Options that are not set are absent.
 */
export type KernelConfig = ReadonlyMap<string, string>;

const SETTING = /^(CONFIG_[A-Za-z0-9_]+)=(.*)$/;

/** Reads a `.config` file; lines of other shapes (comments, `is not set`) are passed over. */
export function parseKernelConfig(text: string): KernelConfig {
  const config = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const [, name, value] = SETTING.exec(line) ?? [];
    if (name !== undefined && value !== undefined) config.set(name, unquote(value));
  }
  return config;
}

function unquote(value: string): string {
  const inner = /^"(.*)"$/.exec(value)?.[1];
  return inner === undefined ? value : inner.replace(/\\(["\\])/g, '$1');
}

/** kernel/configs.c: the gzipped configuration stands between these two words in .rodata. */
const IKCONFIG_START = 'IKCFG_ST';

/** A configuration is some hundred KiB; more is not one. */
const CONFIG_LIMIT = 16 * 1024 * 1024;

/**
 * Takes the `.config` out of an uncompressed kernel image that was built with CONFIG_IKCONFIG.
 *
 * @returns undefined when the image carries none
 */
export function extractIkconfig(image: Uint8Array): string | undefined {
  const marker = latin1(IKCONFIG_START);
  const haystack = Buffer.from(image.buffer, image.byteOffset, image.byteLength);
  for (let at = haystack.indexOf(marker); at >= 0; at = haystack.indexOf(marker, at + 1)) {
    const text = expandConfig(image.subarray(at + marker.length));
    if (text !== undefined) return text;
  }
  return undefined;
}

/** The marker also stands in the code that looks for it, so damage behind it means "not here". */
function expandConfig(bytes: Uint8Array): string | undefined {
  try {
    const { data } = gunzip(bytes, { limit: CONFIG_LIMIT });
    return cString(data.subarray(0, 1)) === '' ? undefined : utf8Text(data);
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}
