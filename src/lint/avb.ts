import {
  type BootSignatureVerdict,
  findBootSignature,
  type HashCheck,
  isVbmeta,
  readFooter,
  readVbmeta,
  type VbmetaCheck,
  vbmetaBytes,
  vbmetaContent,
  verifyBootSignature,
  verifyHashFooter,
  verifyVbmeta,
} from '../avb/index.ts';
import { MnxError } from '../binary/index.ts';
import type { Finding } from './finding.ts';

/** What Android Verified Boot says of an image. */
export interface AvbReport {
  /** `footer`: behind the image; `vbmeta`: the file is one; `signature`: AVB 1. */
  readonly kind: 'footer' | 'vbmeta' | 'signature';
  /** `SHA256_RSA4096`, `NONE`; of AVB 1 the target. */
  readonly algorithm: string;
  readonly digest: string;
  readonly signature: string;
  readonly flags?: number;
  readonly rollbackIndex?: string;
  readonly hashes: readonly { readonly partition: string; readonly verdict: string }[];
}

export interface AvbVerdict {
  readonly report: AvbReport | undefined;
  readonly findings: readonly Finding[];
}

export interface AvbOptions {
  /** AVB public key blob that must have signed. */
  readonly publicKey?: Uint8Array;
  /** End of the last section, where the image is one whose sections are known. */
  readonly contentEnd?: number;
}

/** Verifies what an image carries of AVB 2 and AVB 1. */
export function checkAvb(bytes: Uint8Array, options: AvbOptions = {}): AvbVerdict {
  try {
    if (isVbmeta(bytes)) return vbmetaVerdict(bytes, options);
    return footerVerdict(bytes, options) ?? signatureVerdict(bytes) ?? { report: undefined, findings: [] };
  } catch (error) {
    if (!(error instanceof MnxError)) throw error;
    const finding = failure(
      'lint.avb-damaged',
      `the AVB data cannot be read: ${error.message}`,
      'avb',
      REMAKE,
    );
    return { report: undefined, findings: [finding] };
  }
}

const REMAKE = 'make it again with mnx avb footer add, or take it off with mnx avb footer erase';

function vbmetaVerdict(bytes: Uint8Array, { publicKey }: AvbOptions): AvbVerdict {
  const check = verifyVbmeta(readVbmeta(bytes), publicKey);
  return { report: reportOf('vbmeta', bytes, check, []), findings: structureFindings(check) };
}

function footerVerdict(bytes: Uint8Array, options: AvbOptions): AvbVerdict | undefined {
  const footer = readFooter(bytes);
  if (footer === undefined) return undefined;
  const { publicKey, contentEnd = 0 } = options;
  // A descriptor is stale as well when the image goes on behind what the footer calls its end.
  const contentSize = Math.max(contentEnd, footer.originalImageSize);
  const own = { contentSize, ...(publicKey === undefined ? {} : { publicKey }) };
  const checked = verifyHashFooter(bytes, own);
  if (checked === undefined) return undefined;
  const hashes = checked.hashes.map(({ descriptor, check }) => ({ partition: descriptor.partition, check }));
  return {
    report: reportOf('footer', vbmetaBytes(bytes, footer), checked.vbmeta, hashes),
    findings: [
      ...structureFindings(checked.vbmeta),
      ...hashes.flatMap(({ partition, check }) => hashFinding(partition, check) ?? []),
    ],
  };
}

function reportOf(
  kind: 'footer' | 'vbmeta',
  structure: Uint8Array,
  check: VbmetaCheck,
  hashes: readonly { partition: string; check: HashCheck }[],
): AvbReport {
  const { flags, rollbackIndex } = vbmetaContent(readVbmeta(structure));
  return {
    kind,
    algorithm: check.algorithm?.name ?? 'unknown',
    digest: check.digest,
    signature: check.signature,
    flags,
    rollbackIndex: String(rollbackIndex),
    hashes: hashes.map(({ partition, check: { verdict } }) => ({ partition, verdict })),
  };
}

function structureFindings(check: VbmetaCheck): Finding[] {
  const found: Finding[] = [];
  if (check.algorithm === undefined) {
    found.push(
      failure('lint.avb-algorithm', 'the vbmeta structure is signed by an unknown algorithm', 'avb', REMAKE),
    );
    return found;
  }
  if (check.digest === 'mismatch') {
    found.push(
      failure('lint.avb-digest', 'the digest of the vbmeta structure does not match', 'avb', REMAKE),
    );
  } else if (check.signature === 'mismatch' || check.signature === 'unknown' || !isConsistent(check)) {
    found.push(
      failure(
        'lint.avb-signature',
        'the signature of the vbmeta structure does not match its key',
        'avb',
        REMAKE,
      ),
    );
  }
  if (check.key === 'mismatch') {
    found.push(
      failure(
        'lint.avb-key',
        'the vbmeta structure is signed by another key',
        'avb',
        'sign it with the key that the loader trusts',
      ),
    );
  }
  return found;
}

function isConsistent({ algorithm, keyConsistent }: VbmetaCheck): boolean {
  return algorithm?.hash === undefined || keyConsistent;
}

function hashFinding(partition: string, { verdict, imageSize, contentSize }: HashCheck): Finding | undefined {
  switch (verdict) {
    case 'match':
    case 'persistent':
      return undefined;
    case 'stale-size':
    case 'short':
      return failure(
        'lint.avb-image-size',
        `the hash descriptor of ${partition} covers ${imageSize} bytes, the image has ${contentSize}`,
        'avb',
        REMAKE,
      );
    case 'mismatch':
      return failure('lint.avb-hash', `the content differs from the digest of ${partition}`, 'avb', REMAKE);
    case 'unknown':
      return failure('lint.avb-hash', `the digest of ${partition} is of an unknown kind`, 'avb', REMAKE);
  }
}

function signatureVerdict(bytes: Uint8Array): AvbVerdict | undefined {
  const found = findBootSignature(bytes);
  if (found === undefined) return undefined;
  const verdict = verifyBootSignature(bytes, found);
  const report: AvbReport = {
    kind: 'signature',
    algorithm: found.target,
    digest: verdict,
    signature: verdict,
    hashes: [],
  };
  return { report, findings: bootSignatureFindings(verdict) };
}

function bootSignatureFindings(verdict: BootSignatureVerdict): Finding[] {
  if (verdict === 'match') return [];
  const todo = 'sign it again with boot_signer, or unlock the loader';
  return [failure('lint.avb1-signature', `the AVB 1 signature behind the image: ${verdict}`, 'avb', todo)];
}

function failure(code: string, what: string, where: string, todo: string): Finding {
  const why =
    'a locked loader refuses the image, an unlocked one may warn or refuse; flags 3 in vbmeta turn this off';
  return { code, level: 'error', what, where, why, todo };
}
