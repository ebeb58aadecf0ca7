import { describe, expect, it } from 'vitest';
import { schemaFiles } from '../../scripts/make-schema.ts';

interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: unknown;
  readonly required?: readonly string[];
}

const files = schemaFiles();

function parsed(name: string): JsonSchema {
  return JSON.parse(files.get(name) ?? '{}') as JsonSchema;
}

/** Paths of properties that an editor could not explain. */
function unexplained(schema: JsonSchema, path: string): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, value]) => [
    ...(value.description === undefined ? [`${path}${key}`] : []),
    ...unexplained(value, `${path}${key}.`),
  ]);
}

/** Tables that would let an unknown key pass. */
function open(schema: JsonSchema, path: string): string[] {
  const here = schema.properties !== undefined && schema.additionalProperties !== false ? [path] : [];
  return [
    ...here,
    ...Object.entries(schema.properties ?? {}).flatMap(([key, value]) => open(value, `${path}.${key}`)),
  ];
}

describe('JSON Schema', () => {
  it.each([...files.keys()])('%s is current', async (name) => {
    await expect(files.get(name)).toMatchFileSnapshot(`../../devices/schema/${name}`);
  });

  it.each([...files.keys()])('%s explains every key and closes every table', (name) => {
    expect(unexplained(parsed(name), '')).toEqual([]);
    expect(open(parsed(name), 'root')).toEqual([]);
  });

  it('asks a device for its name and maker, and a family for nothing', () => {
    expect(parsed('device.schema.json').required).toEqual(['name', 'manufacturer']);
    expect(parsed('family.schema.json').required ?? []).toEqual([]);
  });
});
