import { basename } from 'node:path';
import { MnxError } from '../binary/index.ts';
import { type Fault, faultsOf, locate } from '../toml/index.ts';
import { chooseVariant, type Definition, readDefinition } from './definition.ts';
import type { DeviceFinding } from './finding.ts';
import { findDevice, shippedFolder } from './folder.ts';
import { deviceOf } from './load.ts';
import { type Remark, RULES } from './rules.ts';
import { completeDevice } from './schema.ts';

/**
 * Everything that is wrong with a device file, its families and all its variants: what the schema
 * refuses, and combinations that no loader takes. An empty list means that a build can start.
 *
 * @param nameOrFile a shipped name or the path of a `.toml`
 * @throws UsageError when there is no such device
 */
export function checkDevice(nameOrFile: string, options: { readonly folder?: string } = {}): DeviceFinding[] {
  const folder = options.folder ?? shippedFolder();
  const found = findDevice(nameOrFile, folder);
  const faults: Fault[] = [];
  let definition: Definition;
  try {
    definition = readDefinition(found, folder, (fault) => faults.push(fault));
  } catch (error) {
    return [...faults.map(ofFault), ofError(error, found.name)];
  }
  if (faults.length > 0) return faults.map(ofFault);
  const variants = definition.variants.size === 0 ? [undefined] : [...definition.variants.keys()];
  return unique(variants.flatMap((variant) => checkVariant(definition, variant, folder)));
}

function checkVariant(definition: Definition, variant: string | undefined, folder: string): DeviceFinding[] {
  const merged = { ...definition.source, table: chooseVariant(definition, variant) };
  const faults = faultsOf(completeDevice, merged);
  if (faults.length > 0) return faults.map(ofFault);
  try {
    const device = deviceOf(definition, variant, folder);
    return RULES.flatMap((rule) => rule(device)).map((remark) => ofRemark(definition, variant, remark));
  } catch (error) {
    return [ofError(error, definition.source.name)];
  }
}

function ofFault(fault: Fault): DeviceFinding {
  const { place, source } = fault;
  return {
    code: fault.code,
    level: 'error',
    what: fault.message,
    where: place === undefined ? source.name : `${source.name}:${place.line}`,
    why: 'No build starts from a definition that does not say what it means.',
    todo: fault.hint,
  };
}

function ofError(error: unknown, name: string): DeviceFinding {
  if (!(error instanceof MnxError)) throw error;
  const [first = '', ...rest] = error.message.split('\n');
  const place = /^(\S+?:\d+)(?::\d+)?: (.*)$/.exec(first);
  return {
    code: error.code,
    level: 'error',
    what: [place?.[2] ?? first, ...rest].join('\n'),
    where: place?.[1] ?? name,
    why: 'No build starts from a definition that cannot be read.',
    todo: error.hint ?? 'Correct the file.',
  };
}

/** A remark stands where the value is written: in the variant, in the file, or in a family. */
function ofRemark(definition: Definition, variant: string | undefined, remark: Remark): DeviceFinding {
  const { source } = definition;
  const path = remark.key.split('.');
  const place = deepest(source.text, variant === undefined ? [path] : [['variant', variant, ...path], path]);
  const { key: _key, ...finding } = remark;
  return { ...finding, where: place === undefined ? basename(source.name) : `${source.name}:${place}` };
}

/** Line of the first path that is written out in full, else of the best table that is there. */
function deepest(text: string, paths: readonly (readonly string[])[]): number | undefined {
  const places = paths.map((path) => ({ exact: locate(text, path), table: locate(text, path.slice(0, -1)) }));
  const written = places.find(({ exact, table }) => exact !== undefined && exact.line !== table?.line);
  return (written?.exact ?? places.find(({ exact }) => exact !== undefined)?.exact)?.line;
}

function unique(findings: readonly DeviceFinding[]): DeviceFinding[] {
  const seen = new Set<string>();
  return findings.filter(({ code, where, what }) => {
    const key = `${code}\n${where}\n${what}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
