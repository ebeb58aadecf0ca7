import { crc32 } from 'node:zlib';
import { alignUp, concat, layout, u8, u16be, u32le, utf8 } from '../binary/index.ts';
import { LzmaEncoder, PROPERTIES } from './lzma-encoder.ts';
import { lzmaEffort } from './lzma-pack.ts';

/** LZMA2 (XZ Utils lzma2_encoder.c): bits of a chunk's control byte. */
const CONTROL = {
  stored: 0x02,
  storedAndNewDictionary: 0x01,
  packed: 0x80,
  newState: 0x20,
  newProperties: 0x40,
  newDictionary: 0x60,
} as const;
/** Most bytes of a chunk, expanded and packed. */
const CHUNK = 1 << 21;
const PACKED_CHUNK = 1 << 16;
/** A symbol takes fewer bytes than this. */
const SYMBOL = 64;
/** Chunks that LZMA does not make smaller are stored; those have sizes of 16 bits. */
const STORED_CHUNK = 1 << 16;

const StoredHead = layout('lzma2-stored', { control: u8, size: u16be });
const PackedHead = layout('lzma2', { control: u8, size: u16be, packedSize: u16be });

const Word = layout('xz-word', { value: u32le });
const UNIT = 4;
/** xz-file-format.txt 2.1.1.2: CRC32, the only check that the kernel has beside none. */
const FLAGS = Uint8Array.of(0, 1);
const MAGIC = concat([Uint8Array.of(0xfd), utf8('7zXZ'), Uint8Array.of(0)]);
const FOOTER_MAGIC = utf8('YZ');
const LZMA2 = 0x21;

/** One xz stream with one block, checked by CRC32, as the kernel reads it. */
export function packXz(parts: readonly Uint8Array[], level?: number): Uint8Array {
  const input = concat(parts);
  const effort = lzmaEffort(level);
  const head = concat([MAGIC, checked(FLAGS)]);
  if (input.length === 0) return concat([head, ...indexAndFooter([])]);
  const blockHead = blockHeader(effort.dictionary);
  const data = concat([...chunks(input, new LzmaEncoder(input, effort)), Uint8Array.of(0)]);
  const sum = Word.write({ value: crc32(input) });
  const unpadded = blockHead.length + data.length + sum.length;
  const block = [blockHead, data, new Uint8Array(alignUp(data.length, UNIT) - data.length), sum];
  return concat([head, ...block, ...indexAndFooter([{ unpadded, size: input.length }])]);
}

/** The data as LZMA2: packed chunks, and stored ones where packing gains nothing. */
function* chunks(input: Uint8Array, encoder: LzmaEncoder): Generator<Uint8Array> {
  let first = true;
  let fresh = true;
  let named = false;
  while (encoder.at < input.length) {
    const start = encoder.at;
    const packed = encoder.stretch({
      end: Math.min(input.length, start + CHUNK),
      packed: PACKED_CHUNK - SYMBOL,
    });
    const size = encoder.at - start;
    if (packed.length < size) {
      const state = first
        ? CONTROL.newDictionary
        : named
          ? fresh
            ? CONTROL.newState
            : 0
          : CONTROL.newProperties;
      const control = CONTROL.packed | state | ((size - 1) >> 16);
      yield PackedHead.write({ control, size: (size - 1) & 0xffff, packedSize: packed.length - 1 });
      if ((state & CONTROL.newProperties) !== 0) yield Uint8Array.of(PROPERTIES);
      yield packed;
      named = true;
      fresh = false;
    } else {
      yield* stored(input.subarray(start, encoder.at), first);
      encoder.reset();
      fresh = true;
    }
    first = false;
  }
}

function* stored(bytes: Uint8Array, first: boolean): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += STORED_CHUNK) {
    const piece = bytes.subarray(at, at + STORED_CHUNK);
    const control = first && at === 0 ? CONTROL.storedAndNewDictionary : CONTROL.stored;
    yield StoredHead.write({ control, size: piece.length - 1 });
    yield piece;
  }
}

/** 3.1: one filter, LZMA2, whose property is the dictionary's size. */
function blockHeader(dictionary: number): Uint8Array {
  const bits = 31 - Math.clz32(dictionary);
  // 5.3.1: 2^bits is (2 | 0) << (bits - 1), and the byte is twice (bits - 12).
  const fields = Uint8Array.of(0, LZMA2, 1, 2 * (bits - 12));
  const size = alignUp(1 + fields.length, UNIT);
  const header = new Uint8Array(size);
  header[0] = size / UNIT;
  header.set(fields, 1);
  return checked(header);
}

/** Bytes with their CRC32 behind them. */
function checked(bytes: Uint8Array): Uint8Array {
  return concat([bytes, Word.write({ value: crc32(bytes) })]);
}

interface Record {
  readonly unpadded: number;
  readonly size: number;
}

function indexAndFooter(records: readonly Record[]): Uint8Array[] {
  const fields = concat([
    Uint8Array.of(0),
    number(records.length),
    ...records.flatMap(({ unpadded, size }) => [number(unpadded), number(size)]),
  ]);
  const index = checked(concat([fields, new Uint8Array(alignUp(fields.length, UNIT) - fields.length)]));
  const backward = concat([Word.write({ value: index.length / UNIT - 1 }), FLAGS]);
  return [index, Word.write({ value: crc32(backward) }), backward, FOOTER_MAGIC];
}

/** 1.2: seven bits a byte, lowest first. */
function number(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  bytes.push(rest);
  return Uint8Array.from(bytes);
}
