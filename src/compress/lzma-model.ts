/** Bits of a probability and how fast it follows (LZMA specification, "Range Decoder"). */
export const PROB_BITS = 11;
export const PROB_START = 1 << (PROB_BITS - 1);
export const MOVE_BITS = 5;
export const STATES = 12;
export const LITERAL_STATES = 7;
export const POS_STATES = 16;
export const LITERAL_PROBS = 0x300;
export const LENGTH_STATES = 4;
export const SLOT_BITS = 6;
export const ALIGN_BITS = 4;
/** First slot whose distance takes bits without a model. */
export const DIRECT_SLOT = 14;
export const FULL_DISTANCES = 1 << (DIRECT_SLOT / 2);
export const MIN_MATCH = 2;
/** `lc`, `lp` and `pb` of the LZMA specification. */
export interface LzmaProperties {
  readonly literalContext: number;
  readonly literalPosition: number;
  readonly position: number;
}

/** Takes the byte apart; undefined when it is over 224. */
export function lzmaProperties(byte: number): LzmaProperties | undefined {
  if (byte >= 9 * 5 * 5) return undefined;
  return {
    literalContext: byte % 9,
    literalPosition: Math.floor(byte / 9) % 5,
    position: Math.floor(byte / 45),
  };
}

/** Probabilities of so many bits, each as likely as not. */
export function probs(count: number): Uint16Array {
  return new Uint16Array(count).fill(PROB_START);
}

/** Match lengths: 8 short and 8 middle ones for each position, 256 long ones. */
export class LengthModel {
  readonly choice = probs(2);
  readonly low = probs(POS_STATES << 3);
  readonly middle = probs(POS_STATES << 3);
  readonly high = probs(256);
}
