import type { Finding, MemoryMap } from '../lint/index.ts';
import type { Input } from '../payload/index.ts';
import type { FirmwareFacts } from './firmware.ts';

/** A part of the image as it lies in the file. */
export interface PartFact {
  readonly name: string;
  /** Which image it lies in; absent: boot.img. */
  readonly image?: 'vendor_boot';
  /** Bytes in the image. */
  readonly size: number;
  /** Bytes when expanded, where the part is compressed. */
  readonly expanded?: number;
  readonly note?: string;
  readonly sha256: string;
}

/** A whole image of a build. */
export interface ImageFact {
  /** Bytes. */
  readonly size: number;
  readonly sha256: string;
}

/** What a build used and made; written beside the image. No paths, no times. */
export interface Manifest {
  readonly schema: 1;
  readonly device: string;
  readonly variant: string | undefined;
  readonly image: ImageFact;
  /** The image beside it, of header versions 3 and 4. */
  readonly vendorBoot?: ImageFact | undefined;
  readonly header: Readonly<Record<string, string | number>>;
  readonly layout: { readonly kind: 'plain' | 'window'; readonly because: string };
  readonly inputs: readonly Input[];
  readonly parts: readonly PartFact[];
  readonly modules: readonly string[];
  /** Absent when no driver inside wants any. */
  readonly firmware?: FirmwareFacts | undefined;
  readonly memory: MemoryMap | undefined;
  readonly findings: readonly Finding[];
  readonly ssh: {
    readonly on: boolean;
    readonly passwordless: boolean;
    /** `SHA256:...` by which ssh shows the phone. */
    readonly hostKey?: string | undefined;
  };
  /** Whether the image opens shells to whoever holds the phone. */
  readonly debug: boolean;
}

/** The manifest as JSON with sorted keys, so that equal builds give equal files. */
export function encodeManifest(manifest: Manifest): string {
  return `${JSON.stringify(sorted(manifest), null, 2)}\n`;
}

/** Keys of every object in code-unit order; values that are undefined fall away. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}

/** Inputs in a fixed order, each once. */
export function sortInputs(inputs: readonly Input[]): Input[] {
  const byKey = new Map(inputs.map((input) => [`${input.role}\0${input.name}\0${input.sha256}`, input]));
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, input]) => input);
}
