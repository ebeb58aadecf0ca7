import { type Codec, detectCodec } from './codec.ts';

/** The program that expands files of each codec. */
const TOOLS: Readonly<Record<Exclude<Codec, 'none'>, string>> = {
  gzip: 'gunzip',
  xz: 'unxz',
  zstd: 'zstd -d',
  'lz4-legacy': 'lz4 -d',
  lz4: 'lz4 -d',
  lzma: 'unlzma',
  lzo: 'lzop -d',
  bzip2: 'bunzip2',
};

/** What to do with a file that is packed as a whole, as Samsung ships boot.img.lz4; nothing for one that is not. */
export function packedHint(bytes: Uint8Array): { readonly hint?: string } {
  const codec = detectCodec(bytes);
  return codec === 'none'
    ? {}
    : { hint: `The file is packed with ${codec}; expand it first: ${TOOLS[codec]} FILE` };
}
