import type { DeviceFinding } from '../device/index.ts';

/**
 * Something that is wrong or doubtful in what a build made or is about to make; the shape of every
 * report of the project. `error` stops a build unless forced.
 */
export type Finding = DeviceFinding;

const RANK = { error: 0, warning: 1, note: 2 } as const;

/** Errors first, then warnings and notes; within a level by code and place. */
export function sortFindings(findings: readonly Finding[]): Finding[] {
  const key = (f: Finding): string => `${RANK[f.level]} ${f.code} ${f.where}`;
  return findings.toSorted((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
}

/** Whether a build must stop. */
export function hasErrors(findings: readonly Finding[]): boolean {
  return findings.some(({ level }) => level === 'error');
}
