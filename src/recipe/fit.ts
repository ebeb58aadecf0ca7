import { UsageError } from '../binary/index.ts';
import { type BlockMemory, compress } from '../compress/index.ts';
import type { RamdiskCodec } from '../device/index.ts';
import type { KernelConfig } from '../kernel/index.ts';
import { checkRamdiskOption } from '../lint/index.ts';
import type { BuildRequest } from './request.ts';

/** A codec with its level: 1 to 9, zstd's to 19. */
export interface Compression {
  readonly codec: RamdiskCodec;
  readonly level: number;
}

/** What `--fit` tries behind the device's own way, the quicker to expand first. */
const SMALLER: readonly Compression[] = [
  { codec: 'gzip', level: 9 },
  { codec: 'zstd', level: 19 },
  { codec: 'xz', level: 6 },
  { codec: 'lzma', level: 9 },
];

/**
 * The compressions that a build may take, in order.
 * @throws UsageError `recipe.two-compressions` when one is named and a fitting one is asked for
 */
export function planCompressions({ device, compression, fit }: BuildRequest): Compression[] {
  const { compression: codec, level } = device.initramfs;
  if (compression !== undefined) {
    if (fit === true) {
      throw new UsageError(
        'recipe.two-compressions',
        '--fit chooses the compression that --compression names',
        {
          hint: 'Give one of them.',
        },
      );
    }
    return [{ codec: compression.codec, level: compression.level ?? level }];
  }
  const own = { codec, level };
  return fit === true ? [own, ...SMALLER] : [own];
}

/**
 * Those that the kernel can expand; without its configuration, gzip, which all have. One that the user or the
 * device named stays whatever the kernel says: the build is refused then, with the reason.
 */
export function readableCompressions(
  compressions: readonly Compression[],
  config: KernelConfig | undefined,
): readonly Compression[] {
  if (compressions.length < 2) return compressions;
  const readable = compressions.filter(({ codec }) =>
    config === undefined
      ? codec === 'gzip' || codec === 'none'
      : checkRamdiskOption(config, codec).length === 0,
  );
  return readable.length === 0 ? compressions.slice(0, 1) : readable;
}

/** Compresses an archive; `none` leaves it as it is. */
export function compressRamdisk(
  archive: Uint8Array,
  { codec, level }: Compression,
  memory?: BlockMemory,
): Promise<Uint8Array> {
  return compress(codec, [archive], { level, ...(memory === undefined ? {} : { memory }) });
}
