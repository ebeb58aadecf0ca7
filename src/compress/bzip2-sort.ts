/** Groups up to this size are sorted by insertion. */
const SMALL = 12;
const PAIRS = 1 << 16;

/**
 * Sorts the rotations of a block (Larsson and Sadakane, "Faster Suffix Sorting", made cyclic): what is
 * sorted by its first `h` bytes is sorted by 2h next, by the places of what follows; groups of one are done.
 * @returns where the rotations begin, in their order; equal rotations in an order that depends on the block alone
 */
export function sortRotations(block: Uint8Array): Int32Array {
  return new RotationSort(block).run();
}

class RotationSort {
  readonly #size: number;
  /** Starts of rotations, group by group. */
  readonly #order: Int32Array;
  /** The last place of the group that a rotation is in. */
  readonly #rank: Int32Array;
  /** At the first place of a run of finished groups: how long it is. */
  readonly #done: Int32Array;
  #ahead = 2;

  constructor(block: Uint8Array) {
    this.#size = block.length;
    this.#order = new Int32Array(block.length);
    this.#rank = new Int32Array(block.length);
    this.#done = new Int32Array(block.length);
    this.#byPairs(block);
  }

  run(): Int32Array {
    const size = this.#size;
    for (; this.#ahead < size; this.#ahead *= 2) if (!this.#refine()) break;
    return this.#order;
  }

  /** First order: by two bytes. */
  #byPairs(block: Uint8Array): void {
    const size = this.#size;
    const ends = new Int32Array(PAIRS);
    const pairOf = (at: number): number =>
      ((block[at] ?? 0) << 8) | (block[at + 1 === size ? 0 : at + 1] ?? 0);
    for (let at = 0; at < size; at++) {
      const pair = pairOf(at);
      ends[pair] = (ends[pair] ?? 0) + 1;
    }
    let end = 0;
    for (let pair = 0; pair < PAIRS; pair++) {
      end += ends[pair] ?? 0;
      ends[pair] = end;
    }
    for (let at = 0; at < size; at++) this.#rank[at] = (ends[pairOf(at)] ?? 0) - 1;
    for (let at = size - 1; at >= 0; at--) {
      const pair = pairOf(at);
      const place = (ends[pair] ?? 0) - 1;
      ends[pair] = place;
      this.#order[place] = at;
    }
  }

  /** Sorts every group that is not done by what follows. @returns whether any was left */
  #refine(): boolean {
    const size = this.#size;
    let left = false;
    let run = -1;
    for (let at = 0; at < size; ) {
      const known = this.#done[at] ?? 0;
      if (known > 0) {
        if (run < 0) run = at;
        at += known;
        this.#done[run] = at - run;
        continue;
      }
      const end = (this.#rank[this.#order[at] ?? 0] ?? 0) + 1;
      if (end - at === 1) {
        this.#done[at] = 1;
        continue;
      }
      left = true;
      run = -1;
      this.#sort(at, end);
      at = end;
    }
    return left;
  }

  /** The place of what stands `ahead` behind a rotation's start. */
  #key(rotation: number): number {
    const at = rotation + this.#ahead;
    return this.#rank[at < this.#size ? at : at % this.#size] ?? 0;
  }

  /** Quicksort in three parts, named from left to right: a name only grows finer, never out of order. */
  #sort(from: number, to: number): void {
    let low = from;
    while (to - low > SMALL) {
      const { less, more } = this.#split(low, to);
      this.#sort(low, less);
      this.#name(less, more);
      low = more;
    }
    if (to > low) this.#insert(low, to);
  }

  #split(from: number, to: number): { less: number; more: number } {
    const order = this.#order;
    const pivot = this.#pivot(from, to);
    let less = from;
    let more = to;
    for (let at = from; at < more; ) {
      const rotation = order[at] ?? 0;
      const key = this.#key(rotation);
      if (key < pivot) {
        order[at++] = order[less] ?? 0;
        order[less++] = rotation;
      } else if (key > pivot) {
        order[at] = order[--more] ?? 0;
        order[more] = rotation;
      } else {
        at++;
      }
    }
    return { less, more };
  }

  /** The middle of three keys. */
  #pivot(from: number, to: number): number {
    const a = this.#key(this.#order[from] ?? 0);
    const b = this.#key(this.#order[(from + to) >> 1] ?? 0);
    const c = this.#key(this.#order[to - 1] ?? 0);
    return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
  }

  #insert(from: number, to: number): void {
    const order = this.#order;
    for (let at = from + 1; at < to; at++) {
      const rotation = order[at] ?? 0;
      const key = this.#key(rotation);
      let place = at;
      for (; place > from && this.#key(order[place - 1] ?? 0) > key; place--)
        order[place] = order[place - 1] ?? 0;
      order[place] = rotation;
    }
    // Groups are found before any of them is named: names change keys.
    const ends: number[] = [];
    for (let at = from; at < to; at++) {
      if (at + 1 === to || this.#key(order[at] ?? 0) !== this.#key(order[at + 1] ?? 0)) ends.push(at + 1);
    }
    let start = from;
    for (const end of ends) {
      this.#name(start, end);
      start = end;
    }
  }

  /** Makes a group of what has equal keys. */
  #name(from: number, to: number): void {
    for (let at = from; at < to; at++) this.#rank[this.#order[at] ?? 0] = to - 1;
    if (to - from === 1) this.#done[from] = 1;
  }
}
