import type { Finding } from '../lint/index.ts';
import { paint, say, table } from './terminal.ts';

const COLOUR = { error: 'red', warning: 'yellow', note: 'cyan' } as const;

/** Prints findings one below the other: what and where, why it matters, what to do. */
export function sayFindings(findings: readonly Finding[]): void {
  for (const { level, code, what, where, why, todo } of findings) {
    const [first, ...shown] = what.split('\n');
    say(`${paint(COLOUR[level], `${level}:`)} ${where}: ${first} [${code}]`);
    for (const line of shown) say(line);
    for (const line of table([
      ['  why', why],
      ['  do', todo],
    ]))
      say(line);
  }
}
