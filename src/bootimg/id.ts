import { createHash } from 'node:crypto';
import { alignUp, digest, equal, layout, u32le } from '../binary/index.ts';
import { BootV0, SECTIONS } from './header.ts';
import type { BootImage, ImageId, PartName } from './image.ts';
import { type ByteRange, readRange } from './source.ts';
import { allZero } from './zeros.ts';

const ID_SIZE = BootV0.offsets.extraCmdline - BootV0.offsets.id;

/** Behind each part, its true size is hashed. */
const HashedSize = layout('hashed-size', { size: u32le });

/** Bytes of SHA-256 that no SHA-1 id reaches, wherever a vendor's shorter name field moved it (Magisk). */
const SHA256_ONLY = alignUp(digest('sha1').length, 8);

/** An image's sections, in memory or not. */
interface Hashed {
  readonly headerVersion: BootImage['headerVersion'];
  readonly parts: Readonly<Partial<Record<PartName, Uint8Array | ByteRange>>>;
}

/** The 32 bytes of the id field. */
export function idBytes(image: Hashed, id: ImageId): Uint8Array {
  const out = new Uint8Array(ID_SIZE);
  if (id.kind === 'raw') out.set(id.bytes.subarray(0, ID_SIZE));
  else if (id.kind !== 'none') out.set(partsDigest(image, id.kind));
  return out;
}

/** Finds the rule by which an id field was made. */
export function classifyId(image: Hashed, bytes: Uint8Array): ImageId {
  if (allZero(bytes)) return { kind: 'none' };
  const kind = allZero(bytes.subarray(SHA256_ONLY)) ? 'sha1' : 'sha256';
  return equal(idBytes(image, { kind }), bytes) ? { kind } : { kind: 'raw', bytes };
}

/**
 * Digest over each section followed by its size (mkbootimg.py write_header, update_sha). An absent
 * section counts as its size 0, except the DT table of v0, which only tools that know it hash.
 */
function partsDigest({ headerVersion, parts }: Hashed, kind: 'sha1' | 'sha256'): Uint8Array {
  const hash = partsHash(kind);
  for (const name of SECTIONS[headerVersion]) {
    const part = parts[name] ?? new Uint8Array(0);
    const pieces = part instanceof Uint8Array ? [part] : readRange(part);
    // Taking the pieces is what hashes them.
    for (const _ of hash.section(name, pieces));
  }
  return hash.digest();
}

/** A digest over sections that grows while they are read for something else. */
export interface PartsHash {
  /** The same pieces; when all are taken, the section is hashed. Sections come in file order, absent ones too. */
  section(name: PartName, pieces: Iterable<Uint8Array>): Generator<Uint8Array>;
  digest(): Uint8Array;
}

export function partsHash(kind: 'sha1' | 'sha256'): PartsHash {
  const hash = createHash(kind);
  return {
    *section(name, pieces) {
      let size = 0;
      for (const piece of pieces) {
        hash.update(piece);
        size += piece.length;
        yield piece;
      }
      if (name !== 'dt' || size > 0) hash.update(HashedSize.write({ size }));
    },
    digest: () => new Uint8Array(hash.digest()),
  };
}
