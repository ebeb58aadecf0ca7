import { chmod, link, mkdir, open, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { Readable } from 'node:stream';
import { extract, type Header } from 'tar-stream';
import { FormatError, MnxError } from '../binary/index.ts';

/** Smaller files are gathered and written while the next ones are expanded. */
const GATHER_LIMIT = 4 * 1024 * 1024;
const WRITES_AT_ONCE = 8;
/** A name longer than PATH_MAX is no file. */
const LONGEST_NAME = 4096;

/**
 * Unpacks a tar stream into an empty folder: files, folders, symbolic and hard links. Modes are 0755 and
 * 0644 by the owner's x bit, whatever the umask; owners and times are not kept.
 *
 * Contained: every parent of an entry is a folder that this stream made, so that no link leads out; names
 * with `..`, absolute names, device nodes and links to outside are refused.
 *
 * @throws FormatError `payload.member`, `payload.tar`
 */
export async function unpackTar(source: AsyncIterable<Uint8Array>, folder: string): Promise<void> {
  const tar = extract();
  const input = Readable.from(source, { objectMode: false });
  let failure: unknown;
  input.on('error', (error) => {
    failure = error;
    tar.destroy(error);
  });
  input.pipe(tar);
  const tree = new TreeWriter(folder);
  try {
    for await (const entry of tar) await tree.add(entry);
    await tree.finish();
  } catch (error) {
    await tree.finish().catch(() => {});
    throw readable(failure ?? error);
  } finally {
    input.destroy();
  }
}

/** tar-stream complains in plain errors; those of the system and of this project pass. */
function readable(error: unknown): unknown {
  if (error instanceof MnxError || (error as NodeJS.ErrnoException).code !== undefined) return error;
  const got = (error as Error).message;
  return new FormatError('payload.tar', { field: 'tar', offset: 0, got, wanted: 'a sound tar archive' });
}

type Kind = 'folder' | 'file' | 'link';

/** A member as the stream gives it: its content must be read to its end, or skipped. */
interface Entry {
  readonly header: Header;
  resume(): unknown;
}

/** An entry is a stream of chunks; its declared type does not say so. */
function contentOf(entry: Entry): AsyncIterable<Uint8Array> {
  return entry as unknown as AsyncIterable<Uint8Array>;
}

class TreeWriter {
  readonly #folder: string;
  /** What this stream made so far, by path below the folder. */
  readonly #made = new Map<string, Kind>([['', 'folder']]);
  readonly #writes = new Set<Promise<void>>();
  #failure: unknown;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async add(entry: Entry): Promise<void> {
    const { header } = entry;
    const path = safePath(header.name, 'name');
    switch (header.type) {
      case 'directory':
        await this.#makeFolder(path);
        break;
      case 'file':
      case 'contiguous-file':
        await this.#claim(path, 'file');
        await this.#writeFile(path, entry);
        return;
      case 'symlink':
        await this.#claim(path, 'link');
        await symlink(linkTarget(path, header), join(this.#folder, path));
        break;
      case 'link':
        await this.#hardLink(path, header);
        break;
      default:
        throw refused(header.name, `a ${header.type ?? 'nameless kind'}`, 'a file, folder or link');
    }
    entry.resume();
  }

  /** Waits for writes that are under way. */
  async finish(): Promise<void> {
    while (this.#writes.size > 0) await Promise.all(this.#writes);
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #makeFolder(path: string): Promise<void> {
    const kind = this.#made.get(path);
    if (kind === 'folder') return;
    if (kind !== undefined) throw refused(path, `a folder in the place of a ${kind}`, 'each name once');
    await this.#makeFolder(parentOf(path));
    this.#made.set(path, 'folder');
    const place = join(this.#folder, path);
    await mkdir(place);
    await chmod(place, 0o755);
  }

  /** Takes a name that must be new, below folders that this stream made. */
  async #claim(path: string, kind: Kind): Promise<void> {
    if (this.#made.has(path)) throw refused(path, 'the same name again', 'each name once');
    await this.#makeFolder(parentOf(path));
    this.#made.set(path, kind);
  }

  async #hardLink(path: string, header: Header): Promise<void> {
    const target = safePath(header.linkname ?? '', 'hard link target');
    if (this.#made.get(target) !== 'file') {
      throw refused(header.name, `a hard link to ${JSON.stringify(target)}`, 'a link to a file before it');
    }
    await this.finish();
    await this.#claim(path, 'file');
    await link(join(this.#folder, target), join(this.#folder, path));
  }

  async #writeFile(path: string, entry: Entry): Promise<void> {
    const place = join(this.#folder, path);
    const mode = ((entry.header.mode ?? 0) & 0o100) === 0 ? 0o644 : 0o755;
    if ((entry.header.size ?? 0) > GATHER_LIMIT) {
      await writeLarge(place, contentOf(entry), mode);
      return;
    }
    const parts: Uint8Array[] = [];
    for await (const part of contentOf(entry)) parts.push(part);
    await this.#enqueue(writeSmall(place, parts, mode));
  }

  async #enqueue(write: Promise<void>): Promise<void> {
    const tracked = write
      .catch((error: unknown) => {
        this.#failure ??= error;
      })
      .finally(() => this.#writes.delete(tracked));
    this.#writes.add(tracked);
    if (this.#writes.size >= WRITES_AT_ONCE) await Promise.race(this.#writes);
    if (this.#failure !== undefined) throw this.#failure;
  }
}

async function writeSmall(place: string, parts: readonly Uint8Array[], mode: number): Promise<void> {
  await writeFile(place, parts, { flag: 'wx' });
  await chmod(place, mode);
}

async function writeLarge(place: string, parts: AsyncIterable<Uint8Array>, mode: number): Promise<void> {
  const file = await open(place, 'wx');
  try {
    for await (const part of parts) await file.writeFile(part);
    await file.chmod(mode);
  } finally {
    await file.close();
  }
}

/** The name below the folder, or an error: nothing absolute, no `..`, no NUL. */
function safePath(name: string, what: string): string {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  const bad =
    name.startsWith('/') || parts.includes('..') || name.includes('\0') || name.length > LONGEST_NAME;
  if (bad) throw refused(name, JSON.stringify(name.slice(0, 80)), `a ${what} inside the package`);
  return parts.join('/');
}

/** A link may be absolute, which means the device's root, but not climb out of the package. */
function linkTarget(path: string, header: Header): string {
  const target = header.linkname ?? '';
  const climbs = !target.startsWith('/') && /^\.\.(\/|$)/.test(posix.join(parentOf(path), target));
  if (target === '' || target.includes('\0') || climbs) {
    throw refused(header.name, JSON.stringify(target.slice(0, 80)), 'a link to inside the package');
  }
  return target;
}

function parentOf(path: string): string {
  const parent = dirname(path);
  return parent === '.' ? '' : parent;
}

function refused(name: string, got: string, wanted: string): FormatError {
  return new FormatError(
    'payload.member',
    { field: `member ${JSON.stringify(name.slice(0, 80))}`, offset: 0, got, wanted },
    { hint: 'This is not how a distribution packs; nothing was unpacked.' },
  );
}
