import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { concat, FormatError, latin1, startsWith } from '../binary/index.ts';
import { expand, xzStream } from '../compress/index.ts';
import { type ArRange, readAr } from './ar.ts';
import { tapped } from './digest-stream.ts';
import { unpackTar } from './unpack-tar.ts';

/** More than the largest package of Debian unpacks to. */
const ZSTD_LIMIT = 1024 * 1024 * 1024;

/**
 * Unpacks the files of a .deb (deb(5)) into an empty folder. Nothing is written outside of it.
 *
 * @param onBytes told the bytes of the compressed files read so far, and all of them
 * @throws FormatError `payload.deb` when it is no .deb, `payload.member` for a name or a kind of file that
 *   no package has
 */
export async function unpackDeb(
  path: string,
  folder: string,
  onBytes: (done: number, total: number) => void = () => {},
): Promise<void> {
  const data = await dataMember(path);
  const range = { start: data.offset, end: data.offset + data.size - 1 };
  const source =
    data.size === 0 ? emptySource() : createReadStream(path, { ...range, highWaterMark: 256 * 1024 });
  const counted = tapped(source, (done) => onBytes(done, data.size));
  await unpackTar(expandMember(data.name, counted), folder);
}

async function* emptySource(): AsyncGenerator<Uint8Array> {}

async function dataMember(path: string): Promise<ArRange> {
  const file = await open(path, 'r');
  try {
    const members = await readAr(file);
    const [version] = members;
    const length = Math.min(version?.size ?? 0, 2);
    const { buffer } = await file.read(new Uint8Array(length), 0, length, version?.offset ?? 0);
    if (version?.name !== 'debian-binary' || !startsWith(buffer, latin1('2.'))) {
      throw damaged(
        'debian-binary',
        version?.name ?? 'no member',
        'debian-binary with version 2.0 as the first',
      );
    }
    const data = members.find(({ name }) => name.startsWith('data.tar'));
    if (data === undefined) throw damaged('data.tar', members.map(({ name }) => name).join(' '), 'data.tar');
    return data;
  } finally {
    await file.close();
  }
}

function expandMember(name: string, source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  switch (name) {
    case 'data.tar':
      return source;
    case 'data.tar.xz':
      return xzStream(source);
    case 'data.tar.gz':
      return gunzipStream(source);
    case 'data.tar.zst':
      return expandWhole(source);
    default:
      throw damaged('data.tar', name, 'no compression, xz, gz or zst');
  }
}

async function* gunzipStream(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const { pipeline } = await import('node:stream/promises');
  const gunzip = createGunzip();
  const done = pipeline(source, gunzip).catch(() => {});
  try {
    yield* gunzip;
  } catch (error) {
    throw damaged('data.tar.gz', (error as Error).message, 'a sound gzip stream');
  }
  await done;
}

/** zstd frames are not expanded as a stream; packages of this kind come from outside Debian. */
async function* expandWhole(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of source) parts.push(part);
  yield await expand(concat(parts), { limit: ZSTD_LIMIT, codec: 'zstd' });
}

function damaged(field: string, got: string, wanted: string): FormatError {
  return new FormatError('payload.deb', { field: `deb ${field}`, offset: 0, got, wanted });
}
