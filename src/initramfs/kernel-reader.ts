import { isUtf8 } from 'node:buffer';
import { FormatError, padding, utf8Text } from '../binary/index.ts';
import { decodeEntry, inodeKey, isLinked, type Stored, typeOf } from './decode.ts';
import type { Entry } from './entry.ts';
import { MAGIC, magicAt, NAME_LIMIT, NewcHeader, newcSum, TRAILER } from './newc.ts';
import { Rootfs } from './rootfs.ts';

/** An entry that the kernel does not have although the archive holds it. */
export interface Lost {
  readonly path: string;
  /** Offset of its header in the expanded archive. */
  readonly offset: number;
  readonly reason: string;
}

/** Entries start on a multiple of this, counted from the start of the archive or of the member. */
const UNIT = 4;

/** What is known of an entry before its data is looked at. */
interface Record {
  readonly header: NewcHeader;
  readonly path: string;
  readonly data: Uint8Array;
}

/**
 * The state machine of init/initramfs.c, one entry at a time: do_header, do_name, do_copy,
 * do_symlink, do_skip and do_reset.
 */
export class KernelReader {
  readonly #root = new Rootfs();
  readonly #lost: Lost[] = [];
  /** First name of each inode that says to have several; a trailer forgets them. */
  readonly #links = new Map<string, string>();
  #stopped: { offset: number; reason: string } | undefined;
  #complete = true;
  #started = false;
  #unpadded = false;

  get stopped(): { readonly offset: number; readonly reason: string } | undefined {
    return this.#stopped;
  }

  get lost(): readonly Lost[] {
    return this.#lost;
  }

  /** Whether the last entry was whole, its padding included: where a compressed member may end. */
  get complete(): boolean {
    return this.#complete;
  }

  /** Whether a header was read: until then the kernel waits for one and takes NULs for part of it. */
  get started(): boolean {
    return this.#started;
  }

  /** Whether nothing but its padding is missing of the last entry, which a raw archive may end with. */
  get unpadded(): boolean {
    return this.#unpadded;
  }

  entries(): Entry[] {
    return this.#root.entries();
  }

  /** Notes where the kernel gives up; the first time counts. */
  stop(offset: number, reason: string): void {
    this.#stopped ??= { offset, reason };
  }

  /** Reads the entry at `at` and the NULs behind it. @returns where the next one starts. */
  readEntry(bytes: Uint8Array, at: number): number {
    this.#complete = false;
    this.#started = true;
    this.#unpadded = false;
    const header = this.#header(bytes, at);
    if (header === undefined) return bytes.length;
    const dataAt = at + padded(NewcHeader.size + header.nameSize);
    const next = dataAt + padded(header.fileSize);
    const loss = skipped(header);
    const name = bytes.subarray(at + NewcHeader.size, at + NewcHeader.size + header.nameSize);
    const path = nameText(name.subarray(0, Math.max(0, name.indexOf(NUL))));
    const data = bytes.subarray(dataAt, Math.min(dataAt + header.fileSize, bytes.length));
    if (loss !== undefined) this.#lose(path, at, loss);
    else if (dataAt <= bytes.length) this.#take({ header, path, data }, name.at(-1), at);
    this.#unpadded = dataAt + header.fileSize <= bytes.length;
    if (next > bytes.length) return bytes.length;
    this.#complete = true;
    return this.#reset(bytes, next);
  }

  #lose(path: string, offset: number, reason: string): void {
    this.#lost.push({ path, offset, reason });
  }

  /** do_header. Kernels from 6.12 on refuse bad digits; older ones read them as 0. */
  #header(bytes: Uint8Array, at: number): NewcHeader | undefined {
    if (at + NewcHeader.size > bytes.length) return undefined;
    const magic = magicAt(bytes, at);
    if (magic !== MAGIC.newc && magic !== MAGIC.crc) {
      this.stop(at, magic === '070707' ? 'the odc format: use cpio -H newc' : 'no cpio magic');
      return undefined;
    }
    try {
      return NewcHeader.read(bytes, at);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      this.stop(at, `a damaged header: ${error.message}`);
    }
    return undefined;
  }

  /** do_reset: behind an entry come NULs, then an entry or a compressed member on a multiple of 4. */
  #reset(bytes: Uint8Array, from: number): number {
    let at = from;
    while (at < bytes.length && bytes[at] === NUL) at++;
    if (at < bytes.length && at % UNIT !== 0) this.stop(at, 'broken padding behind an entry');
    return at;
  }

  /** do_name, do_copy and do_symlink. */
  #take(record: Record, lastOfName: number | undefined, at: number): void {
    const { header, path, data } = record;
    if (lastOfName !== NUL) {
      this.stop(at, `the name ${JSON.stringify(path)} does not end in NUL ("malformed archive")`);
    } else if (path === TRAILER && typeOf(header) !== 'symlink') {
      this.#links.clear();
    } else if (data.length < header.fileSize && typeOf(header) === 'symlink') {
      this.#lose(path, at, 'the archive ends inside its target');
    } else {
      const reason = this.#make(record);
      if (reason !== undefined) this.#lose(path, at, reason);
      else if (data.length < header.fileSize) this.#lose(path, at, 'the archive ends inside its data');
      else if (header.magic === MAGIC.crc && typeOf(header) === 'file' && newcSum(data) !== header.check)
        this.stop(at, `bad data checksum of ${path}`);
    }
  }

  #make({ header, path, data }: Record): string | undefined {
    const entry = decodeEntry(header, path, grown(data, header));
    if (entry?.type === 'symlink' && Buffer.byteLength(entry.target) >= TARGET_LIMIT)
      return `a link target of ${Buffer.byteLength(entry.target)} bytes; the file system takes ${TARGET_LIMIT - 1}`;
    if (entry === undefined) {
      this.#root.remove(path);
      return `mode ${header.mode.toString(8)} is of no type`;
    }
    const first = this.#firstName(header, path);
    if (first === undefined) return this.#put(entry);
    const reason = this.#root.link(first, path);
    if (reason === undefined && entry.type === 'file') this.#root.fill(entry, header.fileSize > 0);
    return reason;
  }

  #put(entry: Stored): string | undefined {
    if (!('rdev' in entry)) return this.#root.put(entry);
    const { major, minor } = entry.rdev;
    const rdev = deviceNumber(major, minor);
    const reason = this.#root.put({ ...entry, rdev });
    if (reason !== undefined || (rdev.major === major && rdev.minor === minor)) return reason;
    return `device ${major}:${minor} becomes ${rdev.major}:${rdev.minor}: the kernel has 12 bits and 20`;
  }

  /** find_link: the name under which a file is there already; notes a new one. */
  #firstName(header: NewcHeader, path: string): string | undefined {
    if (!isLinked(header)) return undefined;
    const key = inodeKey(header);
    const first = this.#links.get(key);
    if (first === undefined) this.#links.set(key, path);
    return first;
  }
}

const NUL = 0;

/** A page, with the NUL that ends the target (mm/shmem.c, shmem_symlink). */
const TARGET_LIMIT = 4096;
/** Beyond this a file that is cut off stays as short as it is: its header may say anything. */
const GROWTH_LIMIT = 192 * 1024 * 1024;

/** A file has its whole size before its data comes (do_name); what does not come is NULs. */
function grown(data: Uint8Array, header: NewcHeader): Uint8Array {
  const { fileSize } = header;
  if (data.length === fileSize || fileSize > GROWTH_LIMIT || typeOf(header) !== 'file') return data;
  const whole = new Uint8Array(fileSize);
  whole.set(data);
  return whole;
}

/** MKDEV: 32 bits for both. */
function deviceNumber(major: number, minor: number): { major: number; minor: number } {
  const both = (major << 20) | minor;
  return { major: both >>> 20, minor: both & 0xf_ffff };
}

/** A name whose bytes are no UTF-8 shows them, so that two such names stay two. */
function nameText(name: Uint8Array): string {
  if (isUtf8(name)) return utf8Text(name);
  const bytes = Buffer.from(name).toString('latin1');
  return bytes.replace(/[\x80-\xff]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16)}`);
}

function padded(size: number): number {
  return size + padding(size, UNIT);
}

/** Why do_header passes an entry over in silence. */
function skipped(header: NewcHeader): string | undefined {
  const { nameSize, fileSize } = header;
  if (nameSize === 0 || nameSize > NAME_LIMIT)
    return `a name field of ${nameSize} bytes; the kernel takes 1 to ${NAME_LIMIT}`;
  const type = typeOf(header);
  if (type === 'symlink' && fileSize > NAME_LIMIT)
    return `a link target of ${fileSize} bytes; the kernel takes ${NAME_LIMIT}`;
  if (type !== 'symlink' && type !== 'file' && fileSize > 0)
    return `a ${type ?? 'nothing'} with ${fileSize} bytes of data`;
  return undefined;
}
