import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FormatError, MissingError } from '../binary/index.ts';
import type { Cache } from './cache.ts';
import { runCommand } from './command.ts';

/** Folder of Debian's archive keys as they ship with the project. */
export function shippedKeys(): string {
  return fileURLToPath(new URL('../../keys/', import.meta.url)).replace(/\/$/, '');
}

/**
 * The bytes inside an ASCII armour (RFC 9580 6.2): base64 between the blank line after the headers and
 * the checksum line. Several armoured blocks give their bytes one after the other.
 *
 * @throws FormatError `payload.key` when there is no armour
 */
export function dearmor(text: string): Uint8Array {
  const blocks = [
    ...text.matchAll(
      /-----BEGIN PGP PUBLIC KEY BLOCK-----\r?\n(?:[^\r\n]+: .*\r?\n)*\r?\n([A-Za-z0-9+/=\s]+?)(?:\r?\n=[A-Za-z0-9+/]{4})?\r?\n-----END PGP PUBLIC KEY BLOCK-----/g,
    ),
  ];
  if (blocks.length === 0) {
    throw new FormatError('payload.key', {
      field: 'key file',
      offset: 0,
      got: JSON.stringify(text.slice(0, 40)),
      wanted: 'an armoured OpenPGP public key',
    });
  }
  return new Uint8Array(Buffer.concat(blocks.map((block) => Buffer.from(block[1] ?? '', 'base64'))));
}

/** All keys of a folder as the binary keyring that gpgv wants, kept in the cache. @returns its path */
export async function binaryKeyring(cache: Cache, folder: string): Promise<string> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.asc')).sort();
  const keys = await Promise.all(
    names.map(async (name) => dearmor(await readFile(join(folder, name), 'utf8'))),
  );
  const bytes = Buffer.concat(keys);
  const name = `${createHash('sha256').update(bytes).digest('hex')}.gpg`;
  if ((await cache.read('keys', name)) === undefined) await cache.write('keys', name, bytes);
  return cache.path('keys', name);
}

/**
 * The signed text of an InRelease file. What stands outside the signature is not in it. One good
 * signature by a known key is enough, as for apt; a bad one refuses the file, an unknown key does not:
 * Debian signs with the keys of several releases.
 *
 * @throws FormatError `payload.signature`, MissingError `payload.gpgv`
 */
export async function signedText(file: string, keyring: string): Promise<string> {
  let status = '';
  const args = ['--keyring', keyring, '--status-fd', '3', '--output', '-', file];
  const result = await runCommand('gpgv', args, {
    onStatus: (text) => {
      status += text;
    },
  });
  if (result === undefined) {
    throw new MissingError('payload.gpgv', 'the program gpgv is not there, which checks signatures', {
      hint: 'On Debian: apt-get install gpgv',
    });
  }
  const good = /^\[GNUPG:\] GOODSIG /m.test(status) && /^\[GNUPG:\] VALIDSIG /m.test(status);
  const bad = /^\[GNUPG:\] (BADSIG|EXPSIG|REVKEYSIG)\b/m.exec(status);
  if (good && bad === null && result.stdout.length > 0) return result.stdout.toString('utf8');
  throw new FormatError(
    'payload.signature',
    {
      field: 'InRelease signature',
      offset: 0,
      got: bad?.[1] ?? firstComplaint(status, result.stderr),
      wanted: 'a good signature by a Debian archive key',
    },
    { hint: 'The archive or the way to it is not to be trusted; try another mirror.' },
  );
}

function firstComplaint(status: string, stderr: string): string {
  const token = /^\[GNUPG:\] (EXPKEYSIG|NO_PUBKEY|ERRSIG|NODATA)\b/m.exec(status)?.[1];
  return token ?? stderr.trim().split('\n').at(-1) ?? 'no signature';
}
