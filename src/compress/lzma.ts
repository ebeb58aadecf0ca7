import { layout, toNumber, u8, u32le, u64le } from '../binary/index.ts';
import { streamError } from './fault.ts';
import { LzmaDecoder } from './lzma-decoder.ts';
import { type LzmaProperties, lzmaProperties } from './lzma-model.ts';
import type { Expanded } from './member.ts';
import { Output } from './output.ts';

/** lzma-file-format.txt of XZ Utils, 1.1: the header of a .lzma file. */
export const LzmaHead = layout('lzma', { properties: u8, dictionary: u32le, size: u64le });
/** A size of all ones: the end mark ends the data. */
const UNKNOWN = 0xffffffffffffffffn;
/** Smaller dictionaries are taken for this much (LZMA specification, "LZMA header"). */
const LEAST_DICTIONARY = 4096;

/** What the header of a .lzma file says. */
export interface LzmaFacts {
  readonly properties: LzmaProperties;
  readonly dictionary: number;
  /** Expanded size; undefined when only the end mark tells. */
  readonly size: number | undefined;
}

/** @throws FormatError `compress.lzma` */
export function readLzmaHead(input: Uint8Array): LzmaFacts {
  const head = LzmaHead.read(input);
  const properties = lzmaProperties(head.properties);
  if (properties === undefined) {
    throw streamError('lzma', {
      field: 'properties',
      offset: 0,
      got: head.properties,
      wanted: 'at most 0xe0',
    });
  }
  const place = { path: 'lzma.size', offset: LzmaHead.offsets.size };
  return {
    properties,
    dictionary: head.dictionary,
    size: head.size === UNKNOWN ? undefined : toNumber(head.size, place),
  };
}

/**
 * Expands an LZMA-alone file (.lzma).
 * @throws FormatError `compress.lzma` for damage, `compress.limit` beyond the cap
 */
export function expandLzma(input: Uint8Array, limit: number): Expanded {
  const { properties, dictionary, size } = readLzmaHead(input);
  const out = new Output('lzma', limit, size);
  const request = { properties, dictionary: Math.max(dictionary, LEAST_DICTIONARY), size };
  const consumed = new LzmaDecoder(request, out).run(input, LzmaHead.size);
  return { data: out.finish(), consumed };
}
