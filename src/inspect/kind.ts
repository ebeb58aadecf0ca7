import type { Fact, Format } from '../binary/index.ts';

/** A part that stands within something, or comes out of it when it is expanded. */
export interface Inside {
  /** `kernel`, `ramdisk dlkm`, `dtb 3`. */
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Where it begins in what it stands in; undefined when it was made by expanding. */
  readonly offset: number | undefined;
  /** What its owner says of it: `platform, board id 0x1`. */
  readonly note?: string;
  /** Its content where nothing else is recognised: a kernel without a header, text. */
  readonly otherwise?: Kind;
  /** Shown and not entered: the files of a package are many times what anybody looks for. */
  readonly closed?: true;
}

/** What one format says of some bytes. */
export interface Opened {
  /** For people, without the name of the file: `boot image v2`. */
  readonly title: string;
  readonly facts: readonly Fact[];
  /** How many of the bytes belong to it. */
  readonly end: number;
  readonly inside: readonly Inside[];
  /** Something inside that cannot be reached. */
  readonly problem?: Error;
}

/** What may be spent on a walk. */
export interface Budget {
  /** Bytes that may still be expanded. */
  left: number;
  /** Parts that may still be looked at. */
  parts: number;
}

/** A format, and the way from it to what lies within. */
export interface Kind {
  readonly name: string;
  /** What drives every format: conformance tests, lists. */
  readonly format: Format<unknown>;
  detect(bytes: Uint8Array): boolean;
  /** @throws FormatError when the bytes are damaged, MnxError `compress.codec` where nothing here expands them */
  open(bytes: Uint8Array, budget: Budget): Promise<Opened>;
}

/** How a value of one format is shown and entered. */
export interface Ways<T> {
  title(value: T): string;
  inside?(value: T, bytes: Uint8Array): readonly Inside[];
  /** Default: all bytes. */
  end?(value: T, bytes: Uint8Array): number;
}

/** A kind whose parts lie in the file as they are. */
export function kindOf<T>(format: Format<T>, ways: Ways<T>): Kind {
  return {
    name: format.name,
    format: format as Format<unknown>,
    detect: format.detect,
    open: async (bytes) => {
      const value = format.read(bytes);
      return {
        title: ways.title(value),
        facts: format.describe(value),
        end: ways.end?.(value, bytes) ?? bytes.length,
        inside: ways.inside?.(value, bytes) ?? [],
      };
    },
  };
}

/** A part as a view of its owner; undefined where it is a copy. */
export function placeIn(owner: Uint8Array, part: Uint8Array): number | undefined {
  const at = part.byteOffset - owner.byteOffset;
  const within = part.buffer === owner.buffer && at >= 0 && at + part.length <= owner.length;
  return within ? at : undefined;
}

/** A part under its name, where it is not empty. */
export function partOf(owner: Uint8Array, name: string, bytes: Uint8Array | undefined): Inside[] {
  return bytes === undefined || bytes.length === 0 ? [] : [{ name, bytes, offset: placeIn(owner, bytes) }];
}
