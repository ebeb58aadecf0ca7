import { type GkiCheck, verifyGkiSignature } from '../avb/index.ts';
import { FormatError } from '../binary/index.ts';
import { gkiContents, gkiSignatureOf, type ImageContentOfKind } from '../bootimg/index.ts';
import type { Finding } from './finding.ts';

/** One certificate of the boot signature of a generic kernel image. */
export interface GkiReport {
  /** `boot`: of the image; `generic_kernel`: of the kernel alone. */
  readonly name: string;
  /** `SHA256_RSA4096`, `NONE`. */
  readonly algorithm: string;
  readonly digest: string;
  readonly signature: string;
}

/** Verifies the boot signature of a generic kernel image, in the section of header v4 or behind the image. */
export function checkGki(content: ImageContentOfKind): {
  readonly report: readonly GkiReport[] | undefined;
  readonly findings: readonly Finding[];
} {
  if (content.kind !== 'boot') return { report: undefined, findings: [] };
  try {
    const found = gkiSignatureOf(content.image);
    if (found === undefined) return { report: undefined, findings: [] };
    const checks = verifyGkiSignature(found.certificates, gkiContents(content.image, found));
    return { report: checks.map(reportOf), findings: checks.flatMap(findingsOf) };
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return { report: undefined, findings: [finding('lint.gki-damaged', error.message)] };
  }
}

function reportOf({ name, hash, structure }: GkiCheck): GkiReport {
  const algorithm = structure.algorithm?.name ?? 'unknown';
  return { name, algorithm, digest: hash, signature: structure.signature };
}

function findingsOf({ name, hash, structure }: GkiCheck): Finding[] {
  const found: Finding[] = [];
  if (hash !== 'match' && hash !== 'unknown')
    found.push(finding('lint.gki-hash', `the boot signature of ${name} is of another content (${hash})`));
  if (!structure.intact)
    found.push(finding('lint.gki-signature', `the boot signature of ${name} does not verify with its key`));
  return found;
}

function finding(code: string, what: string): Finding {
  const why =
    'loaders pass the boot signature over; the tests of Android (VTS) take the kernel for a foreign one';
  return {
    code,
    level: 'warning',
    what,
    where: 'signature',
    why,
    todo: 'sign it again: mnx bootimg edit --avb-key',
  };
}
