/**
 * As much of libfdt as a boot loader uses, over a blob in place: edits move bytes inside the blob,
 * and run out of space as libfdt's do. Independent of src/devicetree.
 */

const HEADER = 40;
const MAGIC = 0xd00dfeed;
const TOKEN = { beginNode: 1, endNode: 2, prop: 3, nop: 4, end: 9 };

export class FlatTree {
  readonly #memory: Uint8Array;
  readonly #at: number;

  constructor(memory: Uint8Array, at: number) {
    this.#memory = memory;
    this.#at = at;
  }

  get #view(): DataView {
    return new DataView(this.#memory.buffer, this.#memory.byteOffset + this.#at);
  }

  word(offset: number): number {
    return this.#view.getUint32(offset);
  }

  #setWord(offset: number, value: number): void {
    this.#view.setUint32(offset, value);
  }

  get totalSize(): number {
    return this.word(4);
  }

  get #structAt(): number {
    return this.word(8);
  }

  get #stringsAt(): number {
    return this.word(12);
  }

  get #stringsSize(): number {
    return this.word(32);
  }

  /** fdt_check_header and the bounds that LK adds. */
  checkHeader(): boolean {
    if (this.#at + HEADER > this.#memory.length || this.word(0) !== MAGIC) return false;
    if (this.word(20) < 16 || this.word(24) > 17) return false;
    const total = this.totalSize;
    return (
      this.#at + total <= this.#memory.length &&
      this.#structAt + this.word(36) <= total &&
      this.#stringsAt + this.#stringsSize <= total
    );
  }

  /** fdt_open_into on itself. Blocks must be in dtc's order, which libfdt keeps as they are. */
  openInto(size: number): void {
    if (this.#structAt > this.#stringsAt) throw new Error('blocks are not in the order of dtc');
    if (this.#at + size > this.#memory.length) throw new Error('data abort');
    this.#setWord(4, size);
  }

  /** fdt_pack. */
  pack(): void {
    this.#setWord(4, this.#stringsAt + this.#stringsSize);
  }

  /** Offset of a child of the root, by name with or without unit address; -1 when there is none. */
  childOfRoot(name: string): number {
    let depth = 0;
    for (let at = this.#structAt; ; ) {
      const token = this.word(at);
      if (token === TOKEN.beginNode) {
        depth++;
        const found = this.#string(at + 4);
        if (depth === 2 && (found === name || found.split('@')[0] === name)) return at;
        at += 4 + pad(found.length + 1);
      } else if (token === TOKEN.endNode) {
        depth--;
        at += 4;
      } else if (token === TOKEN.prop) at += 12 + pad(this.word(at + 4));
      else if (token === TOKEN.nop) at += 4;
      else return -1;
    }
  }

  get root(): number {
    return this.#structAt;
  }

  /** Offset of a property's token and its length. */
  #findProp(node: number, name: string): { at: number; length: number } | undefined {
    let at = node + 4 + pad(this.#string(node + 4).length + 1);
    for (;;) {
      const token = this.word(at);
      if (token === TOKEN.nop) at += 4;
      else if (token === TOKEN.prop) {
        const length = this.word(at + 4);
        if (this.#string(this.#stringsAt + this.word(at + 8)) === name) return { at, length };
        at += 12 + pad(length);
      } else return undefined;
    }
  }

  getProp(node: number, name: string): Uint8Array | undefined {
    const found = this.#findProp(node, name);
    if (found === undefined) return undefined;
    const start = this.#at + found.at + 12;
    return this.#memory.subarray(start, start + found.length);
  }

  setProp(node: number, name: string, value: Uint8Array): void {
    const found = this.#findProp(node, name);
    if (found !== undefined) {
      this.#splice(found.at + 12, pad(found.length), pad(value.length));
      this.#setWord(found.at + 4, value.length);
      this.#put(found.at + 12, value);
      return;
    }
    const nameOffset = this.#addString(name);
    const at = node + 4 + pad(this.#string(node + 4).length + 1);
    this.#splice(at, 0, 12 + pad(value.length));
    this.#setWord(at, TOKEN.prop);
    this.#setWord(at + 4, value.length);
    this.#setWord(at + 8, nameOffset);
    this.#put(at + 12, value);
  }

  setU32(node: number, name: string, value: number): void {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, value);
    this.setProp(node, name, bytes);
  }

  #put(offset: number, value: Uint8Array): void {
    this.#memory.fill(0, this.#at + offset, this.#at + offset + pad(value.length));
    this.#memory.set(value, this.#at + offset);
  }

  /** Resizes a range of the structure block; strings move along. */
  #splice(offset: number, before: number, after: number): void {
    const end = this.#stringsAt + this.#stringsSize;
    if (end + after - before > this.totalSize) throw new Error('FDT_ERR_NOSPACE');
    const from = this.#at + offset + before;
    this.#memory.copyWithin(this.#at + offset + after, from, this.#at + end);
    this.#setWord(12, this.#stringsAt + after - before);
    this.#setWord(36, this.word(36) + after - before);
  }

  #addString(name: string): number {
    const size = this.#stringsSize;
    for (let at = 0; at < size; ) {
      const found = this.#string(this.#stringsAt + at);
      if (found === name) return at;
      at += found.length + 1;
    }
    if (this.#stringsAt + size + name.length + 1 > this.totalSize) throw new Error('FDT_ERR_NOSPACE');
    const start = this.#at + this.#stringsAt + size;
    this.#memory.set(Buffer.from(`${name}\0`, 'latin1'), start);
    this.#setWord(32, size + name.length + 1);
    return size;
  }

  #string(offset: number): string {
    const start = this.#at + offset;
    return Buffer.from(this.#memory.subarray(start, this.#memory.indexOf(0, start))).toString('latin1');
  }
}

function pad(length: number): number {
  return (length + 3) & ~3;
}
