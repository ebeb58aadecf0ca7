import { MnxError } from '../binary/index.ts';

export interface KernelImage {
  readonly kind: 'arm64' | 'zimage' | 'bzimage' | 'zboot';
  /** Bytes of the input that are the kernel; what follows is an appended DTB. */
  readonly fileSize: number;
  /** Where it must lie above a 2 MiB boundary (arm64); 0 where the format has none. */
  readonly textOffset: number;
  /** Memory that it takes when it runs, from its first byte on, BSS included; 0 when unknown. */
  readonly imageSize: number;
  /** Flags of the arm64 header; 0 elsewhere. */
  readonly flags: bigint;
  /** `7.2.12+deb13-arm64`, where it can be read without expanding. */
  readonly version: string | undefined;
}

/** Tells what kind of kernel the bytes are. */
export function readKernelImage(_bytes: Uint8Array): KernelImage {
  throw new MnxError('kernel.image', 'being written');
}
