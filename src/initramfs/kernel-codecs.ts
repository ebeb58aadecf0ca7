import { FormatError, layout, u32le } from '../binary/index.ts';
import { type Codec, expandMember, firstMember, gunzip, gunzipCut } from '../compress/index.ts';

/** What the kernel's decoder makes of the member at the start of some bytes. */
export interface KernelMember {
  readonly data: Uint8Array;
  /** Bytes of the input that it took; all of them when the kernel gives up. */
  readonly consumed: number;
  /** Why the kernel gives up behind `data`. */
  readonly refusal: string | undefined;
}

/**
 * The decoder allocates as much as a frame says (lib/decompress_unzstd.c), and phones have no more to give;
 * zstd itself asks to be told before it makes larger ones (`--long=28`).
 */
const ZSTD_WINDOW_LIMIT = 128 * 1024 * 1024;
/** The size in front of a block of lz4 legacy, and the magic in front of all. */
const Word = layout('lz4-legacy', { value: u32le });

/**
 * Expands one member as the decoders in lib/ do: one xz stream, one zstd frame, one gzip member at a time.
 * @throws FormatError `compress.limit`, MnxError `compress.codec` for what cannot be expanded here
 */
export async function expandAsKernel(codec: Codec, rest: Uint8Array, limit: number): Promise<KernelMember> {
  try {
    if (codec === 'gzip') return { ...gunzip(rest, { limit }), refusal: undefined };
    const first = firstMember(rest, codec);
    if (codec === 'zstd' && (first?.window ?? 0) > ZSTD_WINDOW_LIMIT) {
      const refusal = `a zstd window of ${first?.window} bytes, for which the kernel has no memory`;
      return { data: new Uint8Array(), consumed: rest.length, refusal };
    }
    const own = rest.subarray(0, first?.size ?? rest.length);
    return { ...(await expandMember(own, { limit, codec })), refusal: undefined };
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    const refusal = `the ${codec} stream is damaged: ${error.message}`;
    return { data: await beforeDamage(codec, rest, limit), consumed: rest.length, refusal };
  }
}

/** Of a ramdisk that was cut off; no phone's is larger, and a bomb is not expanded twice. */
const CUT_LIMIT = 64 * 1024 * 1024;

/** The kernel hands on what gzip has expanded so far, and each block of lz4 before it looks at the next one. */
async function beforeDamage(codec: Codec, rest: Uint8Array, limit: number): Promise<Uint8Array> {
  const none = new Uint8Array();
  try {
    if (codec === 'gzip') return gunzipCut(rest, { limit: Math.min(limit, CUT_LIMIT) });
    return codec === 'lz4-legacy' ? await wholeBlocks(rest, limit) : none;
  } catch (error) {
    if (error instanceof FormatError) return none;
    throw error;
  }
}

async function wholeBlocks(rest: Uint8Array, limit: number): Promise<Uint8Array> {
  let end = Word.size;
  while (end + Word.size <= rest.length) {
    const next = end + Word.size + Word.read(rest, end).value;
    if (next > rest.length) break;
    end = next;
  }
  return (await expandMember(rest.subarray(0, end), { limit, codec: 'lz4-legacy' })).data;
}
