import { type Fdt, type FdtNode, setCells, setFlag, setStrings } from '../../src/devicetree/index.ts';

/** `true` is a flag, strings are text, numbers cells, bytes themselves. */
export type Value = true | string | readonly string[] | readonly number[] | Uint8Array;

/** A node from plain data: how tests write trees. */
export function node(
  name: string,
  properties: Readonly<Record<string, Value>> = {},
  children: readonly FdtNode[] = [],
): FdtNode {
  const made: FdtNode = { name, properties: new Map(), children: [...children] };
  for (const [key, value] of Object.entries(properties)) set(made, key, value);
  return made;
}

function set(made: FdtNode, key: string, value: Value): void {
  if (value === true) setFlag(made, key);
  else if (typeof value === 'string') setStrings(made, key, [value]);
  else if (value instanceof Uint8Array) made.properties.set(key, value);
  else if (typeof value[0] === 'number') setCells(made, key, value as readonly number[]);
  else setStrings(made, key, value as readonly string[]);
}

export function tree(properties: Readonly<Record<string, Value>>, children: readonly FdtNode[] = []): Fdt {
  return { bootCpuid: 0, reserve: [], root: node('', properties, children) };
}
