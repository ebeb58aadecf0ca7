import { UsageError, unreadable } from '../binary/index.ts';
import {
  type ByteRange,
  type FileSource,
  openFileSource,
  packInOnePass,
  writeVendorBootImage,
} from '../bootimg/writing.ts';
import { readWholeSync, writeAtomically, writeTogether } from '../output/index.ts';
import { type MkbootimgRequest, parseMkbootimg } from './mkbootimg-flags.ts';
import { idOf, makeBoot, makeVendorBoot } from './mkbootimg-image.ts';
import { say } from './terminal.ts';

/**
 * Does what AOSP's flags ask for. Loaded without the rest of the command line where nothing else is
 * asked of it, and the parts of a boot image are streamed: build scripts call this many times.
 */
export async function mkbootimg(args: readonly string[]): Promise<void> {
  const request = parseMkbootimg(args);
  const { output, vendorBoot } = request;
  const opened: FileSource[] = [];
  try {
    const files = openParts(request, opened);
    const vendor = vendorBoot === undefined ? [] : vendorPieces(request);
    const image = output === undefined ? undefined : makeBoot(request, files);
    if (vendorBoot !== undefined) await writeAtomically(vendorBoot, vendor);
    if (output === undefined || image === undefined) return;
    const { pieces, head } = packInOnePass(image);
    let header: Uint8Array | undefined;
    const keep = (): Uint8Array => {
      header = head();
      return header;
    };
    await writeTogether([{ path: output, pieces, head: keep }]);
    const id = request.id && header !== undefined ? idOf(image, header) : undefined;
    if (id !== undefined) say(`0x${Buffer.from(id).toString('hex')}`);
  } finally {
    for (const file of opened) file.close();
  }
}

function openParts(request: MkbootimgRequest, opened: FileSource[]): Map<string, ByteRange> {
  const ranges = new Map<string, ByteRange>();
  for (const name of namesOf(request)) {
    try {
      const source = openFileSource(name, { reuse: true });
      opened.push(source);
      ranges.set(name, { source, offset: 0, size: source.size });
    } catch (cause) {
      throw missing(name, cause);
    }
  }
  return ranges;
}

function vendorPieces(request: MkbootimgRequest): Uint8Array[] {
  const files = new Map<string, Uint8Array>();
  for (const name of namesOf(request)) {
    try {
      files.set(name, readWholeSync(name));
    } catch (cause) {
      throw missing(name, cause);
    }
  }
  return writeVendorBootImage(makeVendorBoot(request, files));
}

function namesOf(request: MkbootimgRequest): Set<string> {
  return new Set([...Object.values(request.files), ...request.fragments.map(({ file }) => file)]);
}

function missing(name: string, cause: unknown): UsageError {
  return new UsageError('cli.no-part', `cannot read ${name}${unreadable(cause)}`, {
    hint: 'Check the path that was given.',
    cause,
  });
}
