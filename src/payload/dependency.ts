import { FormatError } from '../binary/index.ts';
import { compareVersions } from './version.ts';

/** One name of a dependency, with the versions that will do. */
export interface Clause {
  readonly name: string;
  readonly relation: Relation | undefined;
  readonly version: string;
}

type Relation = '<<' | '<=' | '=' | '>=' | '>>';

/** Any one clause of the group is enough. */
export type Alternatives = readonly Clause[];

const CLAUSE = /^([a-z0-9][a-z0-9+.-]*)(?::[a-z0-9-]+)?\s*(?:\(\s*(<<|<=|=|>=|>>)\s*([^\s)]+)\s*\))?$/i;

/**
 * Reads `a (>= 1), b | c` (Debian Policy 7.1). The architecture qualifier (`python3:any`) is dropped:
 * what is followed runs on the device or reads its files.
 *
 * @throws FormatError `payload.depends` for anything else
 */
export function parseDepends(text: string): Alternatives[] {
  return text
    .split(',')
    .map((group) => group.trim())
    .filter((group) => group !== '')
    .map((group) => group.split('|').map((clause) => parseClause(clause.trim())));
}

function parseClause(text: string): Clause {
  const match = CLAUSE.exec(text);
  if (match === null) {
    throw new FormatError('payload.depends', {
      field: 'Depends',
      offset: 0,
      got: JSON.stringify(text),
      wanted: 'a package name, maybe with a version in brackets',
    });
  }
  return { name: match[1] ?? '', relation: match[2] as Relation | undefined, version: match[3] ?? '' };
}

/** Whether a version is one that the clause accepts. */
export function satisfies(version: string, clause: Clause): boolean {
  if (clause.relation === undefined) return true;
  const order = compareVersions(version, clause.version);
  switch (clause.relation) {
    case '<<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '=':
      return order === 0;
    case '>=':
      return order >= 0;
    case '>>':
      return order > 0;
  }
}

/** As a person reads it: `libc6 (>= 2.38)`. */
export function clauseText(clause: Clause): string {
  return clause.relation === undefined
    ? clause.name
    : `${clause.name} (${clause.relation} ${clause.version})`;
}
