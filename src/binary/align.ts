/**
 * Rounds up to a multiple of `unit` (any positive integer, not only powers of two).
 * Works on numbers beyond 2^31, which `&` does not.
 */
export function alignUp(value: number, unit: number): number {
  const rest = value % unit;
  return rest === 0 ? value : value + unit - rest;
}

/** Rounds down to a multiple of `unit`. */
export function alignDown(value: number, unit: number): number {
  return value - (value % unit);
}

/** Zero bytes that are missing to the next multiple of `unit`. */
export function padding(value: number, unit: number): number {
  return alignUp(value, unit) - value;
}
