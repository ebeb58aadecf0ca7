import * as v from 'valibot';
import { hex, MnxError } from '../binary/index.ts';
import { nearest } from './nearest.ts';
import { excerpt, locate, type Place, type Source, type Table } from './source.ts';

/** One thing in a file that its schema does not allow. */
export interface Fault {
  /** `ROOM.unknown-key`, `ROOM.missing-key` or `ROOM.value`. */
  readonly code: string;
  /** Dotted path of the key: `screen.width`, `kernel.drivers[1].module`. */
  readonly key: string;
  readonly message: string;
  readonly hint: string;
  readonly place: Place | undefined;
  readonly source: Source;
}

/** Everything in a file that its schema does not allow, in the order of its lines. */
export function faultsOf(schema: v.GenericSchema, source: Source): Fault[] {
  // A strict table names only its first unknown key, so each is taken out and the rest looked at again.
  const table = structuredClone(source.table);
  const unknown: Issue[] = [];
  for (;;) {
    const issues = issuesOf(schema, table);
    const next = issues.filter(isUnknownKey);
    if (next.length === 0) {
      const faults = [...unknown, ...issues].map((issue) => faultOf(schema, source, issue));
      return faults.sort((a, b) => (a.place?.line ?? 0) - (b.place?.line ?? 0));
    }
    unknown.push(...next);
    for (const issue of next) remove(table, pathOf(issue));
  }
}

type Issue = v.BaseIssue<unknown>;

function issuesOf(schema: v.GenericSchema, table: Table): readonly Issue[] {
  return v.safeParse(schema, table, { abortPipeEarly: true }).issues ?? [];
}

function isUnknownKey(issue: Issue): boolean {
  return issue.type === 'strict_object' && issue.expected === 'never';
}

function pathOf(issue: Issue): (string | number)[] {
  return (issue.path ?? []).map((item) => item.key as string | number);
}

function remove(table: Table, path: readonly (string | number)[]): void {
  const holder = path
    .slice(0, -1)
    .reduce<unknown>((at, step) => (at as Record<string | number, unknown>)[step], table);
  delete (holder as Table)[String(path.at(-1))];
}

function faultOf(schema: v.GenericSchema, source: Source, issue: Issue): Fault {
  const path = pathOf(issue);
  const key = dotted(path);
  const place = locate(source.text, path);
  const base = { key, place, source };
  if (isUnknownKey(issue)) {
    const last = String(path.at(-1));
    const known = keysAt(schema, path.slice(0, -1));
    const meant = nearest(last, known);
    return {
      ...base,
      code: `${source.room}.unknown-key`,
      message: `unknown key ${key}`,
      hint: meant === undefined ? `Known here: ${known.join(', ')}.` : `Did you mean ${meant}?`,
    };
  }
  if (issue.type === 'strict_object' && issue.input === undefined) {
    return {
      ...base,
      code: `${source.room}.missing-key`,
      message: `${key} is missing`,
      hint: `Add ${path.at(-1)}, or take a family that has it with "extends".`,
    };
  }
  return {
    ...base,
    code: `${source.room}.value`,
    message: `${key}: got ${shown(issue.input)}, want ${wanted(issue)}`,
    hint: 'Change the value; the JSON Schema in devices/schema describes every key.',
  };
}

/** The error that a build stops with: the first fault, with the line it stands on. */
export function faultError(fault: Fault): MnxError {
  const { place, source } = fault;
  const where = place === undefined ? source.name : `${source.name}:${place.line}:${place.column}`;
  const line = place === undefined ? '' : `\n${excerpt(source.text, place)}`;
  return new MnxError(fault.code, `${where}: ${fault.message}${line}`, {
    exitCode: fault.code.endsWith('.unknown-key') ? 2 : 3,
    hint: fault.hint,
  });
}

function dotted(path: readonly (string | number)[]): string {
  return path
    .map((step, i) => (typeof step === 'number' ? `[${step}]` : i === 0 ? step : `.${step}`))
    .join('');
}

function shown(value: unknown): string {
  if (typeof value === 'number')
    return Number.isInteger(value) && value > 9 ? `${value} (${hex(value)})` : String(value);
  if (typeof value === 'string') return JSON.stringify(value);
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'a table';
  return String(value);
}

/** Schemas say what they want in their message; the library's own wording is turned round. */
function wanted(issue: Issue): string {
  if (!issue.message.startsWith('Invalid ')) return issue.message;
  return (issue.expected ?? 'another value')
    .replace(/^\((.*)\)$/, '$1')
    .replaceAll(' | ', ', ')
    .replace('Array', 'a list in [brackets]')
    .replace('Object', 'a table');
}

interface AnySchema {
  readonly type: string;
  readonly wrapped?: AnySchema;
  readonly item?: AnySchema;
  readonly value?: AnySchema;
  readonly entries?: Readonly<Record<string, AnySchema>>;
}

/** Keys that the schema knows in the table at `path`, sorted. */
function keysAt(schema: v.GenericSchema, path: readonly (string | number)[]): string[] {
  let at: AnySchema | undefined = unwrap(schema as unknown as AnySchema);
  for (const step of path) {
    const next: AnySchema | undefined =
      typeof step === 'number' ? at?.item : (at?.entries?.[step] ?? at?.value);
    at = next === undefined ? undefined : unwrap(next);
  }
  return Object.keys(at?.entries ?? {}).sort();
}

function unwrap(schema: AnySchema): AnySchema {
  return schema.wrapped === undefined ? schema : unwrap(schema.wrapped);
}
