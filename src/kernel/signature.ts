import { bytes, expectSize, layout, magic, startsWith, u8, u32be } from '../binary/index.ts';
import type { KernelConfig } from './config.ts';

const MAGIC = '~Module signature appended~\n';

/** What closes a signed module (include/linux/module_signature.h, kernel/module/signing.c). */
const Trailer = expectSize(
  layout('module-signature', {
    algorithm: u8,
    hash: u8,
    idType: u8,
    signerLength: u8,
    keyIdLength: u8,
    padding: bytes(3),
    size: u32be,
    magic: magic(MAGIC),
  }),
  12 + MAGIC.length,
);

/**
 * A module without the signature behind it, as a view; one that has none, or a trailer that does not fit the
 * file, stays as it is.
 */
export function withoutSignature(module: Uint8Array): Uint8Array {
  const at = module.length - Trailer.size;
  if (at < 0 || !startsWith(module, MAGIC, at + Trailer.offsets.magic)) return module;
  const { size, signerLength, keyIdLength } = Trailer.read(module, at);
  const end = at - size - signerLength - keyIdLength;
  return end > 0 ? module.subarray(0, end) : module;
}

/** Options with which a kernel takes signed modules only, or some symbols from those alone (Android's GKI). */
const FORCED = [
  'MODULE_SIG_FORCE',
  'MODULE_SIG_PROTECT',
  'IMA_APPRAISE_REQUIRE_MODULE_SIGS',
  'LOCK_DOWN_KERNEL_FORCE_INTEGRITY',
  'LOCK_DOWN_KERNEL_FORCE_CONFIDENTIALITY',
] as const;

/** Words of a command line that make it do so. */
const ENFORCED = /^(?:module\.sig_enforce(?:=|$)|lockdown=|ima_policy=)/;

/**
 * Whether a kernel may refuse modules without their signatures; of one whose configuration is unknown that
 * is taken for granted. Others load them with a line in their log and the taint E.
 */
export function needsSignatures(config: KernelConfig | undefined, cmdline: readonly string[]): boolean {
  if (config === undefined) return true;
  return FORCED.some((name) => config.get(name) === 'y') || cmdline.some((word) => ENFORCED.test(word));
}
