import { type NewcMember, TYPE_BITS, TYPE_MASK } from '../initramfs/index.ts';

/** The entry that ends an archive. */
export const TRAILER = 'TRAILER!!!';
/** The folder of a tree's files. */
export const ROOT_FOLDER = 'root';

/** A name as a path below root/, when it can be one on this computer. */
export function plainPath(name: string): string | undefined {
  const parts = name.replace(/^(?:\.?\/+)+/, '').split('/');
  const plain = parts.every((part) => part !== '' && part !== '.' && part !== '..' && part.length < 200);
  return plain && !name.includes('\0') && !name.includes('\ufffd') ? parts.join('/') : undefined;
}

/** The bits of a mode that tell the type. */
export function typeBits({ header }: NewcMember): number {
  return header.mode & TYPE_MASK;
}

/** `a/b` has `a` and `a/b`. */
export function prefixesOf(path: string): string[] {
  const parts = path.split('/');
  return parts.map((_, i) => parts.slice(0, i + 1).join('/'));
}

/** A member's name as text; what is not UTF-8 comes with replacement characters. */
export function nameOf({ name }: NewcMember): string {
  return Buffer.from(name).toString('utf8');
}

/** A link whose target is text stands in the list. */
export function isPlainLink(member: NewcMember): boolean {
  if (typeBits(member) !== TYPE_BITS.symlink) return false;
  const target = Buffer.from(member.data).toString('utf8');
  return Buffer.from(target, 'utf8').equals(member.data);
}
