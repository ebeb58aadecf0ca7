import { FormatError } from '../binary/index.ts';
import type { Budget } from './kind.ts';

/** What goes over the cap leaves this part of it. */
const REMAINDER = 8;

/**
 * Expands something within what is left to be spent, and counts it. What goes over the cap takes most of
 * what is left: a sound part behind it is still shown, and the next bomb ends the sooner.
 */
export function spend(budget: Budget, expand: (limit: number) => Uint8Array): Uint8Array {
  try {
    return counted(budget, expand(budget.left));
  } catch (error) {
    throw exhausted(budget, error);
  }
}

/** {@link spend} for what expands in its own time. */
export async function spendLater(
  budget: Budget,
  expand: (limit: number) => Promise<Uint8Array>,
): Promise<Uint8Array> {
  try {
    return counted(budget, await expand(budget.left));
  } catch (error) {
    throw exhausted(budget, error);
  }
}

/** Whether an error says that something would have expanded to more than the cap. */
export function isCapped(error: unknown): boolean {
  return error instanceof FormatError && error.code === 'compress.limit';
}

function counted(budget: Budget, data: Uint8Array): Uint8Array {
  budget.left -= data.length;
  return data;
}

function exhausted(budget: Budget, error: unknown): unknown {
  if (isCapped(error)) budget.left = Math.floor(budget.left / REMAINDER);
  return error;
}
