/** One compressed member of a file, expanded. */
export interface Expanded {
  readonly data: Uint8Array;
  /** Bytes of the input that it took; what follows may be another member, padding or a device tree. */
  readonly consumed: number;
}
