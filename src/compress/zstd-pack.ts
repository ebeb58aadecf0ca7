import { concat, MnxError } from '../binary/index.ts';

const DEFAULT_LEVEL = 12;
/** Up to here a reader needs a window of 8 MiB, which kernels of phones can allocate; the levels above take up to 128. */
const MOST_LEVEL = 19;

/** What its 32-bit memory surely holds beside the packed bytes; no ramdisk comes near. */
const MOST_BYTES = 256 * 1024 * 1024;

type Engine = typeof import('@bokuweb/zstd-wasm');
let engine: Promise<Engine> | undefined;

/** WebAssembly, loaded when it is first needed: one version of zstd for every Node, which has its own since 22.15. */
async function load(): Promise<Engine> {
  const wasm = await import('@bokuweb/zstd-wasm');
  await wasm.init();
  return wasm;
}

/**
 * Packs parts, taken as one stream, as one zstd frame that states its size.
 * @throws MnxError `compress.level` for a level that is none of 1 to 19, `compress.size` above 256 MiB
 */
export async function packZstd(parts: readonly Uint8Array[], level = DEFAULT_LEVEL): Promise<Uint8Array> {
  if (!Number.isInteger(level) || level < 1 || level > MOST_LEVEL) {
    throw new MnxError('compress.level', `level ${level}: zstd has 1 to ${MOST_LEVEL}`);
  }
  const input = concat(parts);
  if (input.length > MOST_BYTES) {
    throw new MnxError('compress.size', `${input.length} bytes: mnx packs at most ${MOST_BYTES} with zstd`, {
      hint: 'Choose another compression: gzip has no such limit.',
    });
  }
  engine ??= load();
  return (await engine).compress(input, level);
}
