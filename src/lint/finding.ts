/**
 * Something that is wrong or doubtful in what a build made or is about to make. `error` stops a
 * build unless forced.
 */
export interface Finding {
  /** Stable: `lint.kernel-over-tags`. */
  readonly code: string;
  readonly level: 'error' | 'warning' | 'note';
  /** What was found, with got and wanted in numbers. */
  readonly what: string;
  /** The part, node or field it is about: `kernel`, `/soc@0/mmc@7824900`, `cmdline`. */
  readonly where: string;
  /** What happens on the device when it stays so. */
  readonly why: string;
  /** The next thing to do. */
  readonly todo: string;
}

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
