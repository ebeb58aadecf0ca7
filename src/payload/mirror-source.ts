import { createReadStream } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UsageError } from '../binary/index.ts';
import { unreachable } from './archive-failure.ts';

/** Opens a file of the archive by its path; undefined when the archive has no such file. */
export type OpenFile = (path: string) => Promise<AsyncIterable<Uint8Array> | undefined>;

/**
 * How files of a mirror are read: an `http:`, `https:` or `file:` address, or a folder.
 *
 * @throws UsageError `payload.mirror` for any other address
 */
export function openMirror(base: string): OpenFile {
  if (/^https?:\/\//.test(base)) return (path) => openUrl(base, path);
  if (base.startsWith('file://')) return (path) => openLocal(fileURLToPath(base), path);
  if (!isAbsolute(base) && /^[a-z][a-z0-9+.-]*:/i.test(base)) {
    throw new UsageError('payload.mirror', `${base} is no mirror that mnx can read`, {
      hint: 'Name an http: or https: address, or a folder.',
    });
  }
  return (path) => openLocal(resolve(base), path);
}

async function openLocal(root: string, path: string): Promise<AsyncIterable<Uint8Array> | undefined> {
  const stream = createReadStream(join(root, path));
  return new Promise((done, fail) => {
    stream.once('open', () => done(stream));
    stream.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') done(undefined);
      else fail(error);
    });
  });
}

async function openUrl(base: string, path: string): Promise<AsyncIterable<Uint8Array> | undefined> {
  const address = `${base.replace(/\/+$/, '')}/${path.split('/').map(encodeURIComponent).join('/')}`;
  const response = await fetch(address, { redirect: 'follow' }).catch((error: unknown) => {
    throw unreachable(reasonOf(error), error);
  });
  if (response.status === 404 || response.status === 410) {
    await response.body?.cancel();
    return undefined;
  }
  if (!response.ok || response.body === null) {
    await response.body?.cancel();
    throw unreachable(`${path}: HTTP status ${response.status} ${response.statusText}`.trim());
  }
  return guarded(response.body as unknown as AsyncIterable<Uint8Array>);
}

/** A connection that breaks off in the middle is the network's fault, not the file's. */
async function* guarded(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw unreachable(reasonOf(error), error);
  }
}

/** fetch says only `fetch failed`; what the system said is the cause. */
function reasonOf(error: unknown): string {
  const cause = (error as { cause?: { code?: string; message?: string } }).cause;
  return cause?.code ?? cause?.message ?? (error as Error).message;
}
