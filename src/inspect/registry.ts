import type { Format } from '../binary/index.ts';
import { fdtChainFormat } from '../devicetree/index.ts';
import {
  bootconfigKind,
  bootKind,
  pxaKind,
  sonyKind,
  sparseKind,
  vendorKind,
  wrapperKinds,
} from './image-kinds.ts';
import { kernelKind, uncompressedImgKind, windowKind } from './kernel-kinds.ts';
import type { Kind } from './kind.ts';
import { arKind, avb1Kind, cpioKind, footerKind, memberKinds, odcKind, vbmetaKind } from './other-kinds.ts';
import { dtboKind, fdtKind, tableKinds } from './tree-kinds.ts';

/**
 * Every format that is known, in the order in which bytes are held against them: what lies around others
 * first, and a kernel that is wrapped before the kernel.
 */
export const KINDS: readonly Kind[] = [
  sparseKind,
  footerKind,
  ...wrapperKinds,
  pxaKind,
  bootKind,
  vendorKind,
  sonyKind,
  vbmetaKind,
  arKind,
  ...tableKinds,
  dtboKind,
  fdtKind,
  windowKind,
  uncompressedImgKind,
  kernelKind,
  bootconfigKind,
  cpioKind,
  odcKind,
  ...memberKinds,
  avb1Kind,
];

/** The formats alone, for what drives all of them; a walk finds a chain of trees by itself. */
export const FORMATS: readonly Format<unknown>[] = [
  ...KINDS.map(({ format }) => format),
  fdtChainFormat as Format<unknown>,
];

/** The kinds that bytes look like, the likeliest first. */
export function kindsOf(bytes: Uint8Array): Kind[] {
  return KINDS.filter((kind) => kind.detect(bytes));
}
