import {
  concat,
  expectSize,
  type Fact,
  type Format,
  FormatError,
  layout,
  magic,
  startsWith,
  u32le,
} from '../binary/index.ts';

const MAGIC = 'UNCOMPRESSED_IMG';
/** lk2nd aboot.c PATCHED_KERNEL_HEADER_SIZE: the magic and where the kernel ends behind it. */
const Header = expectSize(layout('uncompressed-img', { magic: magic(MAGIC), kernelSize: u32le }), 20);

/** A kernel in Qualcomm's wrapper for kernels that are not compressed. */
export interface UncompressedImg {
  readonly kernel: Uint8Array;
  /** What stands behind the kernel: device trees, as a rule. */
  readonly appended: Uint8Array;
}

/** `UNCOMPRESSED_IMG`: a magic and the kernel's size before an Image and its device trees. */
export const uncompressedImgFormat: Format<UncompressedImg> = {
  name: 'uncompressed-img',
  detect: (bytes) => startsWith(bytes, MAGIC),
  read,
  write,
  describe,
};

function read(bytes: Uint8Array): UncompressedImg {
  const { kernelSize } = Header.read(bytes);
  const end = Header.size + kernelSize;
  if (kernelSize === 0 || end > bytes.length) {
    throw new FormatError('kernel.uncompressed-img', {
      field: 'uncompressed-img.kernelSize',
      offset: Header.offsets.kernelSize,
      got: kernelSize,
      wanted: `1 to ${bytes.length - Header.size}`,
    });
  }
  return { kernel: bytes.subarray(Header.size, end), appended: bytes.subarray(end) };
}

function write({ kernel, appended }: UncompressedImg): Uint8Array {
  return concat([Header.write({ magic: MAGIC, kernelSize: kernel.length }), kernel, appended]);
}

function describe({ kernel, appended }: UncompressedImg): Fact[] {
  const behind = Header.size + kernel.length;
  return [
    { name: 'kernel', value: `${kernel.length} bytes`, offset: Header.size, size: kernel.length },
    { name: 'behind it', value: `${appended.length} bytes`, offset: behind, size: appended.length },
  ];
}
