import { Command } from 'commander';
import type { Codec } from '../compress/index.ts';
import { type BuildFlags, compressionOption } from './build-options.ts';
import { expectFolder } from './input-file.ts';
import { sayJson, sayWrote, size } from './terminal.ts';

interface PackFlags {
  readonly output: string;
  readonly compression?: BuildFlags['compression'];
  readonly json?: boolean;
}

/** `mnx initramfs pack`: a folder as an archive that the kernel reads. */
export function initramfsPack(): Command {
  return new Command('pack')
    .description('pack a folder into a ramdisk, as the kernel reads it')
    .argument('<folder>')
    .requiredOption('-o, --output <file>', 'where it goes')
    .addOption(compressionOption())
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Everything belongs to root; of the modes only "executable" counts, and times are 0: a folder gives
the same bytes on every machine. Devices cannot be packed from a folder: stage-1 makes them at boot.
Names that a kernel would lose are refused. gzip is streamed, however large the folder is.

Examples:
  mnx initramfs pack root -o ramdisk.gz
  mnx initramfs pack root -o ramdisk.xz --compression xz:9`,
    )
    .action(run);
}

async function run(folder: string, { output, compression, json }: PackFlags): Promise<void> {
  const { cpioPieces, listFolder } = await import('../initramfs/index.ts');
  const { checkOutput, writeAtomically } = await import('../output/index.ts');
  const { withProgress } = await import('./progress.ts');
  await expectFolder(folder);
  await checkOutput(output);
  const { codec = 'gzip', level } = compression ?? {};
  const made = await withProgress(async (progress) => {
    const entries = await listFolder(folder, { hardLinks: true });
    const counted = new Counted();
    const total = entries.reduce((sum, entry) => sum + (entry.type === 'file' ? entry.data.length : 0), 0);
    const onProgress = (done: number) =>
      progress.update({ label: 'Packing', done: Math.min(done, total), total });
    const packed = packing(codec, cpioPieces(entries), {
      onProgress,
      ...(level === undefined ? {} : { level }),
    });
    await writeAtomically(output, counted.over(packed));
    return { entries: entries.length, content: total, size: counted.size };
  });
  if (json) return sayJson({ file: output, codec, ...made });
  const what = `${made.entries} entries, ${size(made.content)} of content`;
  sayWrote(output, `${size(made.size)}: ${what}`);
}

interface Options {
  readonly level?: number;
  readonly onProgress: (done: number) => void;
}

/** gzip as a stream; the other codecs want all of it. */
async function* packing(
  codec: Codec,
  pieces: Iterable<Uint8Array>,
  options: Options,
): AsyncGenerator<Uint8Array> {
  const { compress, gzipStream } = await import('../compress/index.ts');
  if (codec === 'gzip') yield* gzipStream(pieces, options);
  else yield await compress(codec, [...pieces], options);
}

class Counted {
  size = 0;

  async *over(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const piece of pieces) {
      this.size += piece.length;
      yield piece;
    }
  }
}
