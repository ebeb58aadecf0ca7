import { createVerify, X509Certificate } from 'node:crypto';
import { FormatError, startsWith } from '../binary/index.ts';
import { DER, DerReader } from './der.ts';
import { type ImageBytes, piecesOf, sizeOf, slice } from './pieces.ts';

/** Where a signature may begin: the sections before it are padded to pages, the least of which has 512 bytes. */
const STEP = 512;

/** SEQUENCE with a two byte length, INTEGER 1, and the certificate's SEQUENCE. */
const OPENING = 0x3082;
const VERSION_AND_CERTIFICATE = Uint8Array.of(0x02, 0x01, 0x01, DER.sequence, 0x82);
const OPENING_SIZE = 4;

/** Signature algorithms of boot_signer (system/extras/verity/Utils.java), as hex of the identifier's content. */
const HASH_OF_OID: Readonly<Record<string, string>> = {
  '2a864886f70d01010b': 'sha256',
  '2a864886f70d01010d': 'sha512',
  '2a8648ce3d040302': 'sha256',
  '2a8648ce3d040303': 'sha384',
  '2a8648ce3d040304': 'sha512',
};

/** Signature of Android Verified Boot 1, which stands behind a boot image's last page. */
export interface BootSignature {
  /** The whole element, byte for byte. */
  readonly raw: Uint8Array;
  /** Certificate in DER. */
  readonly certificate: Uint8Array;
  /** Object identifier of the algorithm: its DER content in hex. */
  readonly algorithm: string;
  /** `/boot`, `/recovery`. */
  readonly target: string;
  /** Bytes of the image that are signed; the signature begins there. */
  readonly length: number;
  /** DER of target and length, which is signed behind the image. */
  readonly attributes: Uint8Array;
  readonly signature: Uint8Array;
}

/**
 * Reads a signature at the start of `bytes`; what follows it is left alone.
 * @param base Offset of `bytes` in the image, for errors.
 * @throws FormatError `avb.der` when it is damaged.
 */
export function readBootSignature(bytes: Uint8Array, base = 0): BootSignature {
  const whole = new DerReader(bytes, base).take('boot-signature', DER.sequence);
  const body = new DerReader(whole.content, whole.contentOffset);
  const version = body.integer('boot-signature.version');
  if (version !== 1) throw fault('version', whole.contentOffset, version, 'version 1');
  const certificate = body.take('boot-signature.certificate', DER.sequence).raw.slice();
  const identifier = body.take('boot-signature.algorithm', DER.sequence);
  const oid = new DerReader(identifier.content, identifier.contentOffset).take('boot-signature.oid', DER.oid);
  const attributes = body.take('boot-signature.attributes', DER.sequence);
  const inner = new DerReader(attributes.content, attributes.contentOffset);
  const target = Buffer.from(inner.take('boot-signature.target', DER.printable).content).toString('latin1');
  const length = inner.integer('boot-signature.length');
  const signature = body.take('boot-signature.signature', DER.octets).content.slice();
  if (!body.atEnd || !inner.atEnd)
    throw fault('end', whole.offset, 'more elements', 'the signature as the last');
  return {
    raw: whole.raw.slice(),
    certificate,
    algorithm: Buffer.from(oid.content).toString('hex'),
    target,
    length,
    attributes: attributes.raw.slice(),
    signature,
  };
}

/** Whether the bytes begin like a signature with a certificate. */
export function isBootSignature(bytes: Uint8Array): boolean {
  const [first = 0, second = 0] = bytes;
  return first * 256 + second === OPENING && startsWith(bytes, VERSION_AND_CERTIFICATE, OPENING_SIZE);
}

/**
 * Finds the signature of an image: the place whose own length field names it.
 * @param image One array; parts of a large image can be given as the bytes behind its last section to
 * {@link readBootSignature} instead.
 */
export function findBootSignature(image: Uint8Array): BootSignature | undefined {
  for (let at = 0; at < image.length; at += STEP) {
    if (image[at] !== DER.sequence || !isBootSignature(image.subarray(at, at + 16))) continue;
    const found = tryRead(image.subarray(at), at);
    if (found?.length === at) return found;
  }
  return undefined;
}

/** How a signature came out. `short`: the image ends before `length`; `unknown`: algorithm or certificate are not known. */
export type BootSignatureVerdict = 'match' | 'mismatch' | 'short' | 'unknown';

/**
 * Verifies the image with the certificate that the signature carries; whether that certificate is trusted
 * is the loader's business.
 */
export function verifyBootSignature(image: ImageBytes, signature: BootSignature): BootSignatureVerdict {
  const pieces = piecesOf(image);
  if (signature.length > sizeOf(pieces)) return 'short';
  const hash = HASH_OF_OID[signature.algorithm];
  if (hash === undefined) return 'unknown';
  const key = keyOf(signature.certificate);
  if (key === undefined) return 'unknown';
  try {
    const verifier = createVerify(hash);
    for (const piece of slice(pieces, 0, signature.length)) verifier.update(piece);
    return verifier.update(signature.attributes).verify(key, signature.signature) ? 'match' : 'mismatch';
  } catch {
    return 'mismatch';
  }
}

/** OpenSSL has many errors for damaged certificates; all mean that there is no key to verify with. */
function keyOf(certificate: Uint8Array) {
  try {
    return new X509Certificate(certificate).publicKey;
  } catch {
    return undefined;
  }
}

function tryRead(bytes: Uint8Array, base: number): BootSignature | undefined {
  try {
    return readBootSignature(bytes, base);
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}

function fault(field: string, offset: number, got: string | number, wanted: string): FormatError {
  return new FormatError('avb.der', { field: `boot-signature.${field}`, offset, got, wanted });
}
