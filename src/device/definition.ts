import { basename } from 'node:path';
import type * as v from 'valibot';
import { MnxError, UsageError } from '../binary/index.ts';
import {
  type Fault,
  faultError,
  faultsOf,
  nearest,
  readSource,
  type Source,
  type Table,
} from '../toml/index.ts';
import { type Found, findBeside, namesIn } from './folder.ts';
import { isTable, merge, settle } from './merge.ts';
import { deviceFile, familyFile } from './schema.ts';

/** A device file with its families merged below it, variants still apart. */
export interface Definition {
  readonly id: string;
  readonly source: Source;
  /** Names of the merged files, outermost family first. */
  readonly sources: readonly string[];
  readonly table: Table;
  /** Overlays by name, the default first. */
  readonly variants: ReadonlyMap<string, Table>;
}

/** What reads one definition: where names are looked up, what was merged, what is wrong. */
interface Reading {
  readonly folder: string;
  readonly sources: Source[];
  /** Called for each fault of each file; the default throws the first. */
  readonly onFault: (fault: Fault) => void;
}

const raise = (fault: Fault): never => {
  throw faultError(fault);
};

/**
 * Reads a device file and everything that it extends.
 * @throws MnxError when a file is not TOML, has an unknown key or a bad value, or extends itself.
 */
export function readDefinition(
  found: Found,
  folder: string,
  onFault: (fault: Fault) => void = raise,
): Definition {
  const reading: Reading = { folder, sources: [], onFault };
  const table = readFile(found, deviceFile, reading, []);
  const source = reading.sources.at(-1);
  if (source === undefined) throw new MnxError('device.empty', `${found.name} was not read`);
  const { variant, default_variant: preferred, ...rest } = table;
  return {
    id: basename(found.file).replace(/\.toml$/, ''),
    source,
    sources: [...new Set(reading.sources.map(({ name }) => name))],
    table: rest,
    variants: orderVariants(source, isTable(variant) ? variant : {}, preferred),
  };
}

/** Merges the chosen variant over the definition. */
export function chooseVariant(definition: Definition, variant: string | undefined): Table {
  const overlay = variant === undefined ? {} : (definition.variants.get(variant) ?? {});
  return settle(merge(definition.table, overlay));
}

/**
 * The variant that is built: the one that was asked for, else the first.
 * @throws UsageError `device.variant` when the device has no such variant.
 */
export function variantName(definition: Definition, asked: string | undefined): string | undefined {
  const names = [...definition.variants.keys()];
  if (asked === undefined) return names[0];
  if (names.includes(asked)) return asked;
  const meant = nearest(asked, names);
  throw new UsageError('device.variant', `${definition.id} has no variant ${asked}`, {
    hint:
      names.length === 0
        ? 'It has no variants at all.'
        : meant === undefined
          ? `It has ${names.join(', ')}.`
          : `Did you mean ${meant}?`,
  });
}

function readFile(found: Found, schema: v.GenericSchema, reading: Reading, chain: readonly string[]): Table {
  if (chain.includes(found.file)) {
    throw new MnxError('device.cycle', `${found.name} extends itself, through ${chain.length} files`, {
      exitCode: 3,
    });
  }
  const source = readSource(found.file, found.name);
  for (const fault of faultsOf(schema, source)) reading.onFault(fault);
  const table = expand(source.table, source, reading, [...chain, found.file]);
  reading.sources.push(source);
  return table;
}

/** Merges what a table extends below it; the tables of variants do the same for themselves. */
function expand(table: Table, source: Source, reading: Reading, chain: readonly string[]): Table {
  const { extends: names, ...own } = table;
  if (isTable(own['variant'])) {
    own['variant'] = Object.fromEntries(
      Object.entries(own['variant']).map(([name, overlay]) => [
        name,
        isTable(overlay) ? expandOverlay(overlay, source, reading, chain) : overlay,
      ]),
    );
  }
  return listOf(names)
    .map((name) => readFile(parentOf(name, source, reading.folder), familyFile, reading, chain))
    .concat(own)
    .reduce(merge, {});
}

/** A variant takes the plain part of what it extends; variants of that have no say here. */
function expandOverlay(overlay: Table, source: Source, reading: Reading, chain: readonly string[]): Table {
  const { variant: _variant, default_variant: _default, ...rest } = expand(overlay, source, reading, chain);
  return rest;
}

function parentOf(name: string, source: Source, folder: string): Found {
  const found = findBeside(source.file, name, folder);
  if (found !== undefined) return found;
  const known = [...namesIn(`${folder}/families`).map((family) => `families/${family}`), ...namesIn(folder)];
  const meant = nearest(name, known);
  throw new UsageError(
    'device.extends',
    `${source.name} extends ${name}, which is neither beside it nor shipped`,
    {
      hint: meant === undefined ? `Shipped: ${known.join(', ')}.` : `Did you mean ${meant}?`,
    },
  );
}

function listOf(names: unknown): string[] {
  const all: readonly unknown[] = Array.isArray(names) ? names : [names];
  return all.filter((name) => typeof name === 'string');
}

function orderVariants(source: Source, variants: Table, preferred: unknown): Map<string, Table> {
  const names = Object.keys(variants);
  if (typeof preferred === 'string' && !names.includes(preferred)) {
    throw new MnxError(
      'device.default-variant',
      `${source.name}: default_variant is ${preferred}, but there is no [variant.${preferred}]`,
      {
        exitCode: 3,
        hint: names.length === 0 ? 'Add the table, or drop default_variant.' : `It has ${names.join(', ')}.`,
      },
    );
  }
  const ordered = names
    .filter((name) => name === preferred)
    .concat(names.filter((name) => name !== preferred));
  return new Map(ordered.map((name) => [name, variants[name] as Table]));
}
