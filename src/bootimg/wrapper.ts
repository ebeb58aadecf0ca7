import { FormatError, MnxError, sha256 } from '../binary/index.ts';
import type { KeptFields } from './image.ts';

/** What vendors put around an image, or around a section of one. */
export type WrapperName =
  | 'mtk'
  | 'seandroid'
  | 'lg-bump'
  | 'dhtb'
  | 'blob'
  | 'nook'
  | 'acclaim'
  | 'amonet'
  | 'krnl'
  | 'chromeos'
  | 'loki';

/** A wrapper taken off. Putting another `payload` in and wrapping again keeps all the rest. */
export interface Wrapped {
  readonly wrapper: WrapperName;
  readonly payload: Uint8Array;
  /** Bytes before and behind the payload as read. */
  readonly before: Uint8Array;
  readonly after: Uint8Array;
  /** What the section is called in its header: `KERNEL`, `ROOTFS` (MediaTek). */
  readonly label?: string;
  /** Header fields as read that the writer would fill otherwise. */
  readonly keptFields: readonly KeptFields[];
  /** SHA-256 of the payload that belongs to this wrapper, when no other can be put in. */
  readonly sealedFor?: string;
}

/** One kind of wrapper. */
export interface Wrapper {
  readonly name: WrapperName;
  /** Whose it is, for a person to read. */
  readonly title: string;
  /** Whether it lies around a whole image or around the kernel or ramdisk in one. */
  readonly holds: 'image' | 'section';
  /** Looks at the bytes; never throws. */
  detect(bytes: Uint8Array): boolean;
  /** @throws FormatError `bootimg.wrapper` when the bytes are not in this wrapper, or not all of them are there */
  unwrap(bytes: Uint8Array): Wrapped;
  /**
   * Inverse of `unwrap`; sizes and digests follow the payload.
   * @throws MnxError `bootimg.wrapper` for another payload in a wrapper that needs the vendor's tool
   */
  wrap(wrapped: Wrapped): Uint8Array[];
  /** A new wrapper around a payload; absent where only the vendor's tool makes one. */
  readonly make?: (payload: Uint8Array, label?: string) => Wrapped;
}

/** Seals a payload: {@link checkSeal} refuses any other. */
export function sealOf(payload: Uint8Array): string {
  return sha256(payload);
}

/** @throws MnxError `bootimg.wrapper` */
export function checkSeal(wrapped: Wrapped, hint: string): void {
  if (wrapped.sealedFor === undefined || sealOf(wrapped.payload) === wrapped.sealedFor) return;
  throw new MnxError('bootimg.wrapper', `${wrapped.wrapper}: another payload needs another signature`, {
    hint,
  });
}

/** What a size field says of bytes that are not there, or a magic that is missing. */
export function wrapperFault(
  name: WrapperName,
  fault: {
    readonly field: string;
    readonly offset: number;
    readonly got: string | number;
    readonly wanted: string;
  },
): FormatError {
  return new FormatError('bootimg.wrapper', { ...fault, field: `${name}.${fault.field}` });
}

/** @throws FormatError `bootimg.wrapper` unless `found` */
export function expectWrapper(name: WrapperName, found: boolean, wanted: string): void {
  if (!found) throw wrapperFault(name, { field: 'magic', offset: 0, got: 'something else', wanted });
}
