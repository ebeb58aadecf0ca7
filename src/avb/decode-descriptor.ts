import { FormatError, padding, toNumber } from '../binary/index.ts';
import type { Descriptor, Slack } from './descriptor.ts';
import {
  ChainTable,
  CmdlineTable,
  DESCRIPTOR_ALIGN,
  HashTable,
  HashtreeTable,
  Head,
  PropertyTable,
  TAG,
} from './descriptor-layout.ts';
import { allZero } from './pieces.ts';

/** Neither replaces damaged sequences nor drops a byte order mark: what was read is written again. */
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads descriptors that lie one behind the other.
 * @param bytes All descriptors and nothing else.
 * @param base Offset of `bytes` in the input, for errors.
 * @throws FormatError `avb.descriptor` when one runs over the end, or its parts over its own.
 */
export function decodeDescriptors(bytes: Uint8Array, base = 0): Descriptor[] {
  const out: Descriptor[] = [];
  for (let at = 0; at < bytes.length; ) {
    const { tag, following } = within(base + at, () => Head.read(bytes, at));
    const place = { path: 'avb-descriptor.following', offset: base + at + Head.offsets.following };
    const size = Head.size + toNumber(following, place);
    if (size % DESCRIPTOR_ALIGN !== 0 || size > bytes.length - at) {
      const wanted = `a multiple of ${DESCRIPTOR_ALIGN}, at most ${bytes.length - at - Head.size}`;
      throw fault(place.path, place.offset, following, wanted);
    }
    out.push(decode(new Body(bytes.subarray(at, at + size), base + at), tag));
    at += size;
  }
  return out;
}

function decode(body: Body, tag: bigint): Descriptor {
  switch (tag) {
    case TAG.property:
      return property(body);
    case TAG.hashtree: {
      const table = body.table(HashtreeTable);
      const {
        tag: _,
        following: __,
        nameSize: _n,
        saltSize: _s,
        digestSize: _d,
        reserved: _r,
        ...rest
      } = table;
      return { kind: 'hashtree', ...rest, ...hashed(body, table) };
    }
    case TAG.hash: {
      const table = body.table(HashTable);
      return { kind: 'hash', imageSize: table.imageSize, ...hashed(body, table) };
    }
    case TAG.cmdline: {
      const { flags, textSize } = body.table(CmdlineTable);
      return { kind: 'kernel-cmdline', flags, cmdline: body.text('cmdline', textSize), ...body.slack() };
    }
    case TAG.chain: {
      const { flags, rollbackIndexLocation, nameSize, keySize, reserved } = body.table(ChainTable);
      const partition = body.text('name', nameSize);
      const publicKey = body.take('key', keySize);
      return {
        kind: 'chain-partition',
        partition,
        rollbackIndexLocation,
        publicKey,
        flags,
        ...body.slack(reserved),
      };
    }
    default:
      return { kind: 'unknown', tag, data: body.rest() };
  }
}

function property(body: Body): Descriptor {
  const { keySize, valueSize } = body.table(PropertyTable);
  const key = body.text('key', body.size('keySize', keySize));
  body.nul('key');
  const value = body.take('value', body.size('valueSize', valueSize));
  body.nul('value');
  return { kind: 'property', key, value, ...body.slack() };
}

interface HashedFields {
  readonly hashAlgorithm: Uint8Array;
  readonly nameSize: number;
  readonly saltSize: number;
  readonly digestSize: number;
  readonly flags: number;
  readonly reserved: Uint8Array;
}

function hashed(body: Body, table: HashedFields) {
  const hashAlgorithm = body.hashName(table.hashAlgorithm);
  const partition = body.text('name', table.nameSize);
  const salt = body.take('salt', table.saltSize);
  const digest = body.take('digest', table.digestSize);
  return { hashAlgorithm, partition, salt, digest, flags: table.flags, ...body.slack(table.reserved) };
}

/** One descriptor's bytes, taken from front to back. */
class Body {
  readonly #bytes: Uint8Array;
  readonly #base: number;
  #at: number = Head.size;
  #name = 'avb-descriptor';

  constructor(bytes: Uint8Array, base: number) {
    this.#bytes = bytes;
    this.#base = base;
  }

  table<T>(table: { readonly name: string; readonly size: number; read(bytes: Uint8Array): T }): T {
    this.#name = table.name;
    this.#at = table.size;
    return within(this.#base, () => table.read(this.#bytes));
  }

  size(field: string, value: bigint): number {
    return toNumber(value, { path: `${this.#name}.${field}`, offset: this.#base });
  }

  take(field: string, size: number): Uint8Array {
    const left = this.#bytes.length - this.#at;
    if (size > left) throw this.#fault(field, `${size} bytes`, `at most ${left}, where the descriptor ends`);
    const taken = this.#bytes.slice(this.#at, this.#at + size);
    this.#at += size;
    return taken;
  }

  text(field: string, size: number): string {
    const at = this.#at;
    const raw = this.take(field, size);
    try {
      return strictUtf8.decode(raw);
    } catch (cause) {
      throw fault(`${this.#name}.${field}`, this.#base + at, 'damaged text', 'UTF-8', cause);
    }
  }

  nul(field: string): void {
    const [byte] = this.take(field, 1);
    if (byte !== 0) throw this.#fault(field, byte ?? 'nothing', 'a NUL behind it');
  }

  hashName(raw: Uint8Array): string {
    const end = raw.indexOf(0);
    const name = end < 0 ? raw : raw.subarray(0, end);
    if (!allZero(raw.subarray(name.length))) {
      throw this.#fault('hashAlgorithm', Buffer.from(raw).toString('hex'), 'a name and zeros behind it');
    }
    return Buffer.from(name).toString('latin1');
  }

  rest(): Uint8Array {
    return this.take('data', this.#bytes.length - this.#at);
  }

  slack(reserved?: Uint8Array): Slack {
    const wanted = padding(this.#at, DESCRIPTOR_ALIGN);
    const tail = this.rest();
    return {
      ...(reserved === undefined || allZero(reserved) ? {} : { reserved }),
      ...(tail.length === wanted && allZero(tail) ? {} : { tail }),
    };
  }

  #fault(field: string, got: string | number, wanted: string): FormatError {
    return fault(`${this.#name}.${field}`, this.#base + this.#at, got, wanted);
  }
}

/** Shifts the offset of a table's own error to where the table lies in the input. */
function within<T>(offset: number, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw fault(error.field, offset, error.got, error.wanted, error);
  }
}

function fault(
  field: string,
  offset: number,
  got: string | number | bigint,
  wanted: string,
  cause?: unknown,
) {
  return new FormatError('avb.descriptor', { field, offset, got, wanted }, { cause });
}
