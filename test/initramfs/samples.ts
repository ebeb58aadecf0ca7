import fc from 'fast-check';
import { utf8 } from '../../src/binary/index.ts';
import type { Entry } from '../../src/initramfs/index.ts';
import { type NewcHeader, type NewcMember, writeMembers } from '../../src/initramfs/newc.ts';
import { membersOf, trailerMember } from '../../src/initramfs/record.ts';

const bytes = (length: number, start: number) =>
  Uint8Array.from({ length }, (_, i) => (start + i * 7) & 0xff);

/** One entry of every kind, with distinctive numbers and sizes on both sides of the 4-byte padding. */
export const SAMPLE: readonly Entry[] = [
  { type: 'directory', path: 'dev', mode: 0o755 },
  { type: 'char', path: 'dev/console', mode: 0o600, rdev: { major: 5, minor: 1 } },
  { type: 'block', path: 'dev/vda', mode: 0o660, gid: 6, rdev: { major: 254, minor: 0x12345 } },
  { type: 'fifo', path: 'run/pipe', mode: 0o622 },
  { type: 'file', path: 'init', mode: 0o755, data: bytes(5, 0x21) },
  { type: 'file', path: 'etc/empty', mode: 0o000, data: bytes(0, 0) },
  {
    type: 'file',
    path: 'etc/name',
    mode: 0o4751,
    uid: 1234,
    gid: 5678,
    mtime: 0x12345678,
    data: bytes(4096, 1),
  },
  { type: 'hardlink', path: 'usr/alias', target: 'init' },
  { type: 'symlink', path: 'bin', mode: 0o777, target: 'usr/bin' },
  { type: 'directory', path: 'tmp', mode: 0o1777 },
];

const name = fc.stringMatching(/^[A-Za-z0-9_+-]{1,12}$/);
const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
const data = fc.uint8Array({ maxLength: 300 });
const mode = fc.integer({ min: 0, max: 0o7777 });

const entry: fc.Arbitrary<Entry> = fc.oneof(
  fc.record({ type: fc.constant('file' as const), path, mode, data }),
  fc.record({ type: fc.constant('directory' as const), path, mode }),
  fc.record({ type: fc.constant('symlink' as const), path, mode: fc.constant(0o777), target: path }),
  fc.record({
    type: fc.constantFrom('char' as const, 'block' as const),
    path,
    mode,
    rdev: fc.record({
      major: fc.integer({ min: 0, max: 4095 }),
      minor: fc.integer({ min: 0, max: 0xfffff }),
    }),
  }),
);

/** Trees without contradictions: only folders hold something, no path twice. */
export const trees: fc.Arbitrary<Entry[]> = fc.array(entry, { maxLength: 20 }).map((entries) => {
  const kept = new Map<string, Entry>();
  for (const one of entries) {
    const above = one.path.split('/').map((_, i, parts) => parts.slice(0, i).join('/'));
    const blocked = above.some((parent) => kept.has(parent) && kept.get(parent)?.type !== 'directory');
    const holds = [...kept.keys()].some((other) => other.startsWith(`${one.path}/`));
    if (!kept.has(one.path) && !blocked && (!holds || one.type === 'directory')) kept.set(one.path, one);
  }
  return [...kept.values()];
});

/** Members in exactly this order and with these header fields, as no packer of ours would write them. */
export function archive(...list: (Entry | [Entry, Partial<NewcHeader>])[]): Uint8Array {
  const members = list.map((item): NewcMember => {
    const [entry, fields] = Array.isArray(item) ? item : [item, {}];
    const [member] = membersOf([{ ...entry, path: 'name' } as Entry]);
    const name = utf8(entry.path);
    if (member === undefined) throw new Error('no member');
    return { ...member, name, header: { ...member.header, nameSize: name.length + 1, ...fields } };
  });
  return writeMembers({ members: [...members, trailerMember()], tail: 0 });
}
