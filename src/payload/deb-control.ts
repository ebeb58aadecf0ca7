import { Readable } from 'node:stream';
import { extract } from 'tar-stream';
import { FormatError } from '../binary/index.ts';
import { expand } from '../compress/index.ts';
import { type ArFile, isDeb } from './ar-format.ts';
import { parseStanza, type Stanza } from './control.ts';

/** control.tar of a package holds scripts and lists: megabytes at most. */
const CONTROL_LIMIT = 64 * 1024 * 1024;

/**
 * The fields that a Debian package states about itself.
 * @returns undefined when the archive is no package, or has no control file
 * @throws FormatError when control.tar is damaged
 */
export async function debControl(archive: ArFile): Promise<Stanza | undefined> {
  const member = archive.members.find(({ name }) => name.startsWith('control.tar'));
  if (!isDeb(archive) || member === undefined) return undefined;
  const text = await controlFile(await expand(member.data, { limit: CONTROL_LIMIT }));
  return text === undefined ? undefined : parseStanza(text);
}

async function controlFile(tar: Uint8Array): Promise<string | undefined> {
  const entries = extract();
  Readable.from([tar], { objectMode: false }).pipe(entries);
  let found: string | undefined;
  try {
    for await (const entry of entries) {
      if (found !== undefined || !/^(\.\/)?control$/.test(entry.header.name)) {
        entry.resume();
        continue;
      }
      const parts: Uint8Array[] = [];
      for await (const part of entry as unknown as AsyncIterable<Uint8Array>) parts.push(part);
      found = Buffer.concat(parts).toString('utf8');
    }
  } catch (error) {
    const got = (error as Error).message;
    throw new FormatError('payload.tar', {
      field: 'control.tar',
      offset: 0,
      got,
      wanted: 'a sound tar archive',
    });
  }
  return found;
}
