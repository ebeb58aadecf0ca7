import { FormatError } from '../binary/index.ts';
import { inodeKey, isLinked, type NewcMember } from '../initramfs/index.ts';
import { ENTRIES_TOML } from './ramdisk.ts';
import { TRAILER } from './tree-paths.ts';

/**
 * A file with several names has one owner and one mode, and the kernel takes those of the name that comes last: a
 * line of the list that says something else would do nothing.
 * @throws FormatError `unpack.entry` for two names of one file that say different things
 */
export function expectOneMode(members: readonly NewcMember[]): void {
  const first = new Map<string, NewcMember>();
  for (const member of members) {
    if (nameOf(member) === TRAILER) first.clear();
    if (!isLinked(member.header)) continue;
    const key = inodeKey(member.header);
    const other = first.get(key) ?? member;
    first.set(key, other);
    if (factsOf(other) === factsOf(member)) continue;
    throw new FormatError(
      'unpack.entry',
      {
        field: `${ENTRIES_TOML}: ${nameOf(member)}`,
        offset: 0,
        got: factsOf(member),
        wanted: `${factsOf(other)}, as ${nameOf(other)} has: both are names of one file`,
      },
      { hint: 'Write the same mode, uid and gid into the lines of all its names.' },
    );
  }
}

function factsOf({ header: { mode, uid, gid } }: NewcMember): string {
  return `mode 0o${(mode & 0o7777).toString(8)}, owner ${uid}:${gid}`;
}

function nameOf({ name }: NewcMember): string {
  return Buffer.from(name).toString('utf8');
}
