import { lstatSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { FormatError, MissingError } from '../binary/index.ts';
import { type ByteRange, type FileSource, openFileSource } from '../bootimg/index.ts';
import type { TomlText } from './toml-text.ts';

/** The file that says what an unpacked image is. */
export const IMAGE_TOML = 'image.toml';

/** Files above this size go through memory in pieces that are not kept. */
const REUSE_FROM = 8 * 1024 * 1024;

/** Names of parts: plain, and not hidden. */
export const PART_NAME = /^\w[\w.+-]{0,99}$/;

/** The folder that an image is taken apart into. */
export class PartWriter {
  readonly folder: string;
  readonly #taken = new Set([IMAGE_TOML]);

  constructor(folder: string) {
    this.folder = folder;
  }

  /** A name that no other part has: the one asked for, or with a number. */
  name(wanted: string): string {
    const plain = wanted.replaceAll(/[^\w.+-]/g, '_').replace(/^[^\w]+/, '');
    let name = plain.slice(0, 80) || 'part';
    for (let i = 2; this.#taken.has(name); i++) name = `${plain.slice(0, 80)}-${i}`;
    this.#taken.add(name);
    return name;
  }

  /** Writes one part, piece by piece. @returns its file name */
  async put(wanted: string, pieces: Iterable<Uint8Array>): Promise<string> {
    const name = this.name(wanted);
    const file = await open(join(this.folder, name), 'wx');
    try {
      for (const piece of pieces) await file.appendFile(piece);
      await file.sync();
    } finally {
      await file.close();
    }
    return name;
  }
}

/** A folder and its document while an image is taken apart. */
export interface Sink {
  readonly toml: TomlText;
  readonly files: PartWriter;
}

/** The folder that an image is put together from. Nothing outside it is read. */
export class PartReader {
  readonly folder: string;
  readonly #open = new Map<string, FileSource>();

  constructor(folder: string) {
    this.folder = folder;
  }

  /**
   * A part that stays in its file until it is read.
   * @throws MissingError `unpack.no-part`; FormatError `unpack.part` for a link, a folder, a device
   */
  range(name: string): ByteRange {
    const source = this.#open.get(name) ?? this.#source(name);
    return { source, offset: 0, size: source.size };
  }

  /** A part whole. */
  bytes(name: string): Uint8Array {
    const { source, size } = this.range(name);
    return source.read(0, size);
  }

  close(): void {
    for (const source of this.#open.values()) source.close();
    this.#open.clear();
  }

  #source(name: string): FileSource {
    const path = join(this.folder, name);
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found === undefined) {
      throw new MissingError(
        'unpack.no-part',
        `${IMAGE_TOML} names ${name}, which is not in ${this.folder}`,
        {
          hint: 'Put the file there, or take its name out of image.toml.',
        },
      );
    }
    if (!found.isFile()) {
      throw new FormatError('unpack.part', {
        field: name,
        offset: 0,
        got: found.isSymbolicLink() ? 'a link' : 'no plain file',
        wanted: 'a plain file beside image.toml',
      });
    }
    // A piece of a large file is good until the next one is read: nothing keeps those.
    const source = openFileSource(path, { reuse: found.size > REUSE_FROM });
    this.#open.set(name, source);
    return source;
  }
}

/** A range in memory. */
export function bytesOf({ source, offset, size }: ByteRange): Uint8Array {
  return source.read(offset, size);
}

/** Several ranges as one, one behind the other. */
export function joinedRange(ranges: readonly ByteRange[]): ByteRange {
  const [first] = ranges;
  if (ranges.length === 1 && first !== undefined) return first;
  const size = ranges.reduce((sum, range) => sum + range.size, 0);
  const read = (offset: number, length: number): Uint8Array => {
    const out = new Uint8Array(length);
    let start = 0;
    for (const range of ranges) {
      const from = Math.max(offset, start);
      const to = Math.min(offset + length, start + range.size);
      if (from < to) out.set(range.source.read(range.offset + from - start, to - from), from - offset);
      start += range.size;
    }
    return out;
  };
  return { source: { size, read }, offset: 0, size };
}
