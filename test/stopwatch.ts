/** What the yardstick takes on the machine that the limits were set on, in milliseconds. */
const USUAL = 11;
/** Less is never over a limit, and not worth a look at the machine. */
const SHORT = 400;

/**
 * Milliseconds of processor time since then: the machine may have other things to do. Where it is a slower
 * one, or shares its processors with others just now, they are those of the usual machine.
 */
export function stopwatch(): () => number {
  const begun = process.cpuUsage();
  return () => {
    const spent = since(begun);
    return spent < SHORT ? spent : spent / Math.max(1, yardstick() / USUAL);
  };
}

function since(begun: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / 1000;
}

/** Processor time of work that is always the same: a sum over four million bytes, once it is compiled. */
function yardstick(): number {
  sumOf(TABLE, 100_000);
  const begun = process.cpuUsage();
  sumOf(TABLE, 4_000_000);
  return since(begun);
}

const TABLE = Uint32Array.from({ length: 256 }, (_, i) => Math.imul(i, 0x9e3779b1));

function sumOf(table: Uint32Array, count: number): number {
  let sum = -1;
  for (let i = 0; i < count; i++) sum = (table[(sum ^ i) & 255] ?? 0) ^ (sum >>> 8);
  return sum;
}
