import { gzipSync } from 'node:zlib';
import { type Header, pack } from 'tar-stream';
import { concat, latin1, utf8 } from '../../src/binary/index.ts';
import { ArMagic, ArMember } from '../../src/payload/ar.ts';

/** A member of a test archive: a header as tar has it, and content for files. */
export interface Member extends Partial<Header> {
  readonly name: string;
  readonly content?: string | Uint8Array;
}

export async function makeTar(members: readonly Member[]): Promise<Uint8Array> {
  const tar = pack();
  for (const { content, ...header } of members) {
    const type = header.type ?? 'file';
    if (type === 'file') tar.entry({ mode: 0o644, ...header, type }, Buffer.from(content ?? ''));
    else tar.entry({ mode: 0o755, size: 0, ...header, type });
  }
  tar.finalize();
  const parts: Uint8Array[] = [];
  for await (const part of tar as unknown as AsyncIterable<Uint8Array>) parts.push(part);
  return concat(parts);
}

/** An ar archive of members in this order. */
export function makeAr(members: readonly (readonly [name: string, content: Uint8Array])[]): Uint8Array {
  const parts: Uint8Array[] = [ArMagic.write({ magic: '!<arch>\n' })];
  for (const [name, content] of members) {
    const numbers = { mtime: '0', uid: '0', gid: '0', mode: '100644' };
    parts.push(ArMember.write({ name, ...numbers, size: content.length, end: '`\n' }), content);
    if (content.length % 2 === 1) parts.push(latin1('\n'));
  }
  return concat(parts);
}

/** A .deb with these files; what dpkg would ask of the control part is left out. */
export async function makeDeb(members: readonly Member[]): Promise<Uint8Array> {
  return debOf('data.tar.gz', gzipSync(await makeTar(members)));
}

export function debOf(name: string, data: Uint8Array): Uint8Array {
  return makeAr([
    ['debian-binary', utf8('2.0\n')],
    ['control.tar.gz', gzipSync(new Uint8Array(1024))],
    [name, data],
  ]);
}
