import { type Fact, type Format, FormatError, hex } from '../binary/index.ts';
import { readBzimage } from './bzimage.ts';
import { type KernelImage, readKernelImage } from './image.ts';
import { kernelPayload } from './payload.ts';

/** A kernel file and what it says about itself. */
export interface KernelFile extends KernelImage {
  readonly bytes: Uint8Array;
}

/** arm64 Image, zImage, bzImage and EFI zboot, read as a whole: nothing in them is changed. */
export const kernelFormat: Format<KernelFile> = {
  name: 'kernel',
  detect,
  read,
  write: ({ bytes }) => bytes,
  describe,
};

function detect(bytes: Uint8Array): boolean {
  try {
    readKernelImage(bytes);
    return true;
  } catch (error) {
    if (error instanceof FormatError) return false;
    throw error;
  }
}

/** Unlike {@link readKernelImage}, which is shown the beginning of files too, this wants the whole kernel. */
function read(bytes: Uint8Array): KernelFile {
  const kernel = readKernelImage(bytes);
  const whole = wholeSize(kernel, bytes);
  if (whole <= bytes.length) return { ...kernel, bytes };
  throw new FormatError(
    'kernel.truncated',
    { field: `${kernel.kind}.size`, offset: bytes.length, got: 'end of input', wanted: `${whole} bytes` },
    { hint: 'The kernel is cut short; copy or build it again.' },
  );
}

/** Bytes that the header states; an arm64 Image states its memory only. */
function wholeSize(kernel: KernelImage, bytes: Uint8Array): number {
  if (kernel.kind === 'zimage') return kernel.imageSize;
  if (kernel.kind === 'bzimage') return readBzimage(bytes)?.statedSize ?? 0;
  const payload = kernel.kind === 'zboot' ? kernelPayload(bytes) : undefined;
  return payload === undefined ? 0 : payload.offset + payload.size;
}

function describe(kernel: KernelFile): Fact[] {
  const facts: Fact[] = [
    { name: 'kind', value: kernel.kind },
    { name: 'version', value: kernel.version ?? 'not readable without expanding' },
    { name: 'file', value: `${kernel.fileSize} bytes`, offset: 0, size: kernel.fileSize },
    { name: 'memory', value: `${kernel.imageSize} bytes` },
  ];
  if (kernel.kind === 'arm64') {
    facts.push(
      { name: 'text offset', value: hex(kernel.textOffset) },
      { name: 'flags', value: hex(kernel.flags) },
    );
  }
  const details = kernel.kind === 'bzimage' ? readBzimage(kernel.bytes) : undefined;
  if (details !== undefined) {
    facts.push({ name: 'boot protocol', value: `${details.protocol >> 8}.${details.protocol & 0xff}` });
  }
  const more = details?.details;
  if (more !== undefined) {
    facts.push(
      { name: 'relocatable', value: more.relocatable ? 'yes' : 'no' },
      { name: 'preferred address', value: hex(more.preferredAddress) },
      { name: 'command line', value: `at most ${more.commandLineSize} characters` },
      {
        name: 'payload',
        value: `${more.payload.size} bytes`,
        offset: more.payload.offset,
        size: more.payload.size,
      },
    );
  }
  return facts;
}
