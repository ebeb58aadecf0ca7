import { describe, expect, it } from 'vitest';
import { concat, latin1 } from '../../src/binary/index.ts';
import { needsSignatures, parseKernelConfig, withoutSignature } from '../../src/kernel/index.ts';

const MAGIC = latin1('~Module signature appended~\n');
const module = new Uint8Array(500).fill(7);

/** As scripts/sign-file.c writes it: signature, 12 bytes about it, the mark. */
function signed(size: number, { stated = size, signer = 0, keyId = 0 } = {}): Uint8Array {
  const about = Uint8Array.of(
    0,
    0,
    2,
    signer,
    keyId,
    0,
    0,
    0,
    stated >>> 24,
    stated >>> 16,
    stated >>> 8,
    stated,
  );
  return concat([module, new Uint8Array(size + signer + keyId).fill(9), about, MAGIC]);
}

describe('a signature behind a module', () => {
  it('is taken away with all that belongs to it', () => {
    expect(withoutSignature(signed(659))).toEqual(module);
    expect(withoutSignature(signed(256, { signer: 20, keyId: 8 }))).toEqual(module);
  });

  it('stays when there is none, or it does not fit the file', () => {
    for (const bytes of [module, MAGIC, signed(10, { stated: 5000 }), signed(10, { stated: 0xffffffff })]) {
      expect(withoutSignature(bytes)).toBe(bytes);
    }
    const cut = signed(659).subarray(1);
    expect(withoutSignature(cut)).toEqual(module.subarray(1));
    expect(withoutSignature(signed(659).subarray(0, -1))).toHaveLength(500 + 659 + 12 + MAGIC.length - 1);
  });
});

describe('a kernel that wants signatures', () => {
  const needs = (config: string, ...cmdline: string[]) => needsSignatures(parseKernelConfig(config), cmdline);

  it('says so in its configuration or on its command line', () => {
    expect(needs('CONFIG_MODULE_SIG=y\n# CONFIG_MODULE_SIG_FORCE is not set\n', 'quiet')).toBe(false);
    expect(needs('CONFIG_MODULE_SIG_FORCE=y\n')).toBe(true);
    expect(needs('CONFIG_MODULE_SIG_PROTECT=y\n')).toBe(true);
    expect(needs('CONFIG_LOCK_DOWN_KERNEL_FORCE_INTEGRITY=y\n')).toBe(true);
    expect(needs('', 'module.sig_enforce')).toBe(true);
    expect(needs('', 'module.sig_enforce=1')).toBe(true);
    expect(needs('', 'lockdown=integrity')).toBe(true);
    expect(needs('', 'module.sig_enforced')).toBe(false);
  });

  it('is taken for granted of one that nobody knows', () => {
    expect(needsSignatures(undefined, [])).toBe(true);
  });
});
