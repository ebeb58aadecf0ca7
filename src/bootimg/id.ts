import { createHash } from 'node:crypto';
import { alignUp, equal, layout, u32le } from '../binary/index.ts';
import { BootV0, SECTIONS } from './header.ts';
import { type BootImage, ID_RULES, type IdRule, type ImageId, type PartName } from './image.ts';
import { type ByteRange, readRange } from './source.ts';
import { allZero } from './zeros.ts';

const ID_SIZE = BootV0.offsets.extraCmdline - BootV0.offsets.id;

/** Behind each part, its true size is hashed. */
const HashedSize = layout('hashed-size', { size: u32le });

/** Bytes (FIPS 180-4). */
const SHA1_SIZE = 20;

/** Bytes of SHA-256 that no SHA-1 id reaches, wherever a vendor's longer name moved it (Magisk). */
const SHA256_ONLY = alignUp(SHA1_SIZE, 8);

/** An image's sections, in memory or not. */
interface Hashed {
  readonly headerVersion: BootImage['headerVersion'];
  readonly parts: Readonly<Partial<Record<PartName, Uint8Array | ByteRange>>>;
  /** The header from the tags address to the id; only Rockchip's rule asks for it. */
  readonly fields?: Uint8Array;
}

interface Rule {
  readonly hash: 'sha1' | 'sha256';
  /** What is hashed behind the sections. */
  readonly more?: (image: Hashed) => Uint8Array | undefined;
}

const RULES: Readonly<Record<IdRule, Rule>> = {
  sha1: { hash: 'sha1' },
  sha256: { hash: 'sha256' },
  // Rockchip's mkbootimg.c hashes 544 bytes of the header behind the sections, and its loader compares.
  'sha1-rockchip': { hash: 'sha1', more: ({ fields }) => fields },
  // LineageOS' mkbootimg.py hashes the size of a DT table that is not there.
  'sha1-lineage': { hash: 'sha1', more: ({ parts }) => (parts.dt === undefined ? NO_DT : undefined) },
};

const NO_DT = HashedSize.write({ size: 0 });

/** Which bytes of the header Rockchip's rule hashes. */
export const HASHED_FIELDS = { start: BootV0.offsets.tagsAddress, end: BootV0.offsets.id } as const;

/** The 32 bytes of the id field. */
export function idBytes(image: Hashed, id: ImageId): Uint8Array {
  const out = new Uint8Array(ID_SIZE);
  if (id.kind === 'raw') out.set(id.bytes.subarray(0, ID_SIZE));
  else if (id.kind !== 'none') {
    const rule = RULES[id.kind];
    out.set(hashedParts(image, rule.hash).digest(rule.more?.(image)));
  }
  return out;
}

/** Finds the rule by which an id field was made. */
export function classifyId(image: Hashed, bytes: Uint8Array): ImageId {
  return classifyIds(image, [bytes]).id;
}

/**
 * Finds the id among the places where it may stand, and the rule by which it was made.
 * @param places 32 bytes each; what no rule explains is the first
 */
export function classifyIds(
  image: Hashed,
  places: readonly [Uint8Array, ...Uint8Array[]],
): { readonly id: ImageId; readonly place: number } {
  if (allZero(places[0])) return { id: { kind: 'none' }, place: 0 };
  const known = digests(image);
  for (const [place, bytes] of places.entries()) {
    const kind = ID_RULES.find((name) => ruleMade(RULES[name], image, { bytes, known }));
    if (kind !== undefined) return { id: { kind }, place };
  }
  return { id: { kind: 'raw', bytes: places[0] }, place: 0 };
}

/** Sections are read once for each kind of digest, whatever the number of rules. */
function digests(image: Hashed): (hash: Rule['hash']) => PartsHash {
  const made = new Map<Rule['hash'], PartsHash>();
  return (hash) => {
    const parts = made.get(hash) ?? hashedParts(image, hash);
    made.set(hash, parts);
    return parts;
  };
}

interface Found {
  readonly bytes: Uint8Array;
  readonly known: (hash: Rule['hash']) => PartsHash;
}

function ruleMade(rule: Rule, image: Hashed, { bytes, known }: Found): boolean {
  const more = rule.more?.(image);
  const hash = allZero(bytes.subarray(SHA256_ONLY)) ? 'sha1' : 'sha256';
  if (rule.hash !== hash || (rule.more !== undefined && more === undefined)) return false;
  const wanted = new Uint8Array(ID_SIZE);
  wanted.set(known(hash).digest(more));
  return equal(wanted, bytes);
}

/**
 * Digest over each section followed by its size (mkbootimg.py write_header, update_sha). An absent
 * section counts as its size 0, except the DT table of v0, which only tools that know it hash.
 */
function hashedParts({ headerVersion, parts }: Hashed, kind: Rule['hash']): PartsHash {
  const hash = partsHash(kind);
  for (const name of SECTIONS[headerVersion]) {
    const part = parts[name] ?? new Uint8Array(0);
    const pieces = part instanceof Uint8Array ? [part] : readRange(part);
    // Taking the pieces is what hashes them.
    for (const _ of hash.section(name, pieces));
  }
  return hash;
}

/** A digest over sections that grows while they are read for something else. */
export interface PartsHash {
  /** The same pieces; when all are taken, the section is hashed. Sections come in file order, absent ones too. */
  section(name: PartName, pieces: Iterable<Uint8Array>): Generator<Uint8Array>;
  /** Of all sections so far, and of more bytes behind them. */
  digest(more?: Uint8Array): Uint8Array;
}

/** The hash of mkbootimg's id: of each section its bytes and its size as u32 (mkbootimg.py update_sha). */
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
    digest: (more = new Uint8Array(0)) => new Uint8Array(hash.copy().update(more).digest()),
  };
}
