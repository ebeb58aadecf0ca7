import { concat, MnxError, startsWith } from '../binary/index.ts';
import { BOOT_MAGIC, BootV0 } from './header.ts';
import { isPageSize } from './page-size.ts';
import { checkSeal, expectWrapper, sealOf, type Wrapped, type Wrapper, type WrapperName } from './wrapper.ts';
import { allZero } from './zeros.ts';

const EMPTY = new Uint8Array(0);
const KIB = 1024;

/** A second loader of fixed size in front of the image; it is part of the file and is kept as it is. */
function frontWrapper(
  name: WrapperName,
  title: string,
  options: { readonly size: number; readonly detect: (raw: Uint8Array) => boolean },
): Wrapper {
  const detect = (raw: Uint8Array): boolean =>
    options.detect(raw) && startsWith(raw, BOOT_MAGIC, options.size);
  return {
    name,
    title,
    holds: 'image',
    detect,
    unwrap: (raw) => {
      expectWrapper(name, detect(raw), `${title} with a boot image behind ${options.size} bytes`);
      return {
        wrapper: name,
        payload: raw.subarray(options.size),
        before: raw.subarray(0, options.size),
        after: EMPTY,
        keptFields: [],
      };
    },
    wrap: ({ before, payload }) => [before, payload],
  };
}

/** How the command line of Nook HD's second loaders begins (magiskboot NOOKHD_*_MAGIC). */
const NOOK_LOADERS = [
  'Red Loader',
  'Green Loader',
  'Green Recovery',
  'eMMC boot.img+secondloader',
  'eMMC recovery.img+secondloader',
];

export const nookWrapper = frontWrapper('nook', 'Nook HD second loader', {
  size: KIB * KIB,
  detect: (raw) => NOOK_LOADERS.some((text) => startsWith(raw, text, BootV0.offsets.cmdline)),
});

export const acclaimWrapper = frontWrapper('acclaim', 'Nook Tablet second loader', {
  size: 256 * KIB,
  detect: (raw) => startsWith(raw, 'BauwksBoot', BootV0.offsets.board),
});

/** Size of the block of signatures before a ChromeOS kernel (vboot). */
const VBLOCK = 64 * KIB;

/** A file whose signature or patch covers the content: it is passed through as it is. */
function sealedWrapper(
  name: WrapperName,
  title: string,
  options: { readonly front: number; readonly detect: (raw: Uint8Array) => boolean; readonly hint: string },
): Wrapper {
  const detect = (raw: Uint8Array): boolean => raw.length >= options.front && options.detect(raw);
  return {
    name,
    title,
    holds: 'image',
    detect,
    unwrap: (raw) => {
      expectWrapper(name, detect(raw), title);
      const payload = raw.subarray(options.front);
      const before = raw.subarray(0, options.front);
      return { wrapper: name, payload, before, after: EMPTY, keptFields: [], sealedFor: sealOf(payload) };
    },
    wrap: (wrapped) => {
      checkSeal(wrapped, options.hint);
      return [wrapped.before, wrapped.payload];
    },
  };
}

export const chromeosWrapper = sealedWrapper('chromeos', 'ChromeOS signed kernel', {
  front: VBLOCK,
  detect: (raw) => startsWith(raw, 'CHROMEOS'),
  hint: 'Sign the image with vbutil_kernel (Debian package vboot-kernel-utils).',
});

/** Where Amazon's microloader has the real header and LOKI its mark. */
const SECOND_KIB = KIB;

export const lokiWrapper = sealedWrapper('loki', 'LOKI patched image', {
  front: 0,
  detect: (raw) => startsWith(raw, BOOT_MAGIC) && startsWith(raw, 'LOKI', SECOND_KIB),
  hint: 'Patch the unpatched image again with loki_tool.',
});

/**
 * Amazon's amonet: a microloader in the first kilobyte, and the header moved behind it within its
 * page. The header loses the end of its page, where only a long command line would be.
 */
export const amonetWrapper: Wrapper = {
  name: 'amonet',
  title: 'Amazon microloader (amonet)',
  holds: 'image',
  detect: (raw) => amonetPage(raw) !== undefined,
  unwrap: (raw) => {
    const page = amonetPage(raw) ?? 0;
    expectWrapper('amonet', page > 0, 'a microloader with a boot image header at 1024');
    return {
      wrapper: 'amonet',
      payload: concat([raw.subarray(SECOND_KIB, page), new Uint8Array(SECOND_KIB), raw.subarray(page)]),
      before: raw.subarray(0, SECOND_KIB),
      after: EMPTY,
      keptFields: [],
    };
  },
  wrap: amonetPieces,
};

function amonetPieces({ before, payload }: Wrapped): Uint8Array[] {
  const page = pageSizeAt(payload, 0) ?? 0;
  const end = page - SECOND_KIB;
  if (page === 0 || !allZero(payload.subarray(end, page))) {
    throw new MnxError('bootimg.wrapper', 'amonet: the header does not fit behind the microloader', {
      hint: 'Use a shorter command line; the header has a kilobyte less there.',
    });
  }
  return [before, payload.subarray(0, end), payload.subarray(page)];
}

/** Page size of an image with a microloader. */
function amonetPage(raw: Uint8Array): number | undefined {
  const front = Buffer.from(raw.buffer, raw.byteOffset, Math.min(raw.length, SECOND_KIB));
  return front.includes('microloader') ? pageSizeAt(raw, SECOND_KIB) : undefined;
}

/** Page size in the boot image header at an offset, where the file is long enough to have that page. */
function pageSizeAt(raw: Uint8Array, offset: number): number | undefined {
  if (!startsWith(raw, BOOT_MAGIC, offset) || raw.length < offset + BootV0.offsets.id) return undefined;
  // The end of the header may be cut off: the size stands near its beginning.
  const copy = new Uint8Array(BootV0.size);
  copy.set(raw.subarray(offset, offset + BootV0.size));
  const { pageSize } = BootV0.read(copy);
  return isPageSize(pageSize) && raw.length >= pageSize ? pageSize : undefined;
}
