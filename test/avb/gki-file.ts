import { addHashFooter, type HashFooterOptions, readFooter, vbmetaBytes } from '../../src/avb/index.ts';
import { concat } from '../../src/binary/index.ts';

const SALT = Uint8Array.of(0xd0, 0x0d, 0xf0, 0x0d);

/** A certificate as avbtool makes it with --do_not_append_vbmeta_image: the structure without padding. */
export function certificate(
  partitionName: string,
  content: Uint8Array,
  key?: HashFooterOptions['key'],
): Uint8Array {
  const footed = addHashFooter(content, {
    partitionName,
    partitionSize: 'dynamic',
    salt: SALT,
    props: [['com.android.build.boot.os_version', '14']],
    ...(key === undefined ? {} : { key }),
  });
  const footer = readFooter(footed);
  if (footer === undefined) throw new Error('no footer');
  return vbmetaBytes(footed, footer);
}

/** Certificates one behind the other, then zeros up to the block's size. */
export function block(size: number, ...certificates: readonly Uint8Array[]): Uint8Array {
  const joined = concat([...certificates]);
  return concat([joined, new Uint8Array(size - joined.length)]);
}
