import { MnxError } from '../binary/index.ts';

export interface KernelPartOptions {
  /** The kernel as consecutive pieces (an Image, or a window payload). */
  readonly image: readonly Uint8Array[];
  readonly compression: 'gzip' | 'none';
  readonly level?: number;
  /** Device trees to append behind the (compressed) kernel. */
  readonly appended?: readonly Uint8Array[];
  readonly onProgress?: (done: number, total: number) => void;
}

/** The kernel section of a boot image taken apart. */
export interface KernelPart {
  readonly compression: 'gzip' | 'none';
  /** The kernel (or window payload), expanded. */
  readonly image: Uint8Array;
  /** Bytes that it takes in the section. */
  readonly storedSize: number;
  /** Device trees behind it. */
  readonly appended: readonly Uint8Array[];
}

/** The kernel section: the kernel, compressed or not, and device trees right behind it. */
export function kernelPart(_options: KernelPartOptions): Promise<Uint8Array> {
  throw new MnxError('bootimg.kernel-part', 'being written');
}

/** Takes a kernel section apart again. */
export function splitKernelPart(_part: Uint8Array, _options: { readonly limit?: number } = {}): KernelPart {
  throw new MnxError('bootimg.kernel-part', 'being written');
}
