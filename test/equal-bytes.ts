import { expect } from 'vitest';

/** Without this, vitest compares arrays of bytes as lists of properties: seconds for a boot image. */
expect.addEqualityTesters([
  (a: unknown, b: unknown) =>
    a instanceof Uint8Array && b instanceof Uint8Array && a.constructor === b.constructor
      ? Buffer.compare(a, b) === 0
      : undefined,
]);
