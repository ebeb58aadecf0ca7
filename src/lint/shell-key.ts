import { keyNumber } from '../device/index.ts';
import {
  cellsOf,
  compatibleOf,
  type FdtNode,
  hasProperty,
  isReachable,
  type Placed,
  walk,
} from '../devicetree/index.ts';
import type { Coverage } from './coverage.ts';
import type { Finding } from './finding.ts';
import { darkNode } from './require-roles.ts';

const LOST = 'nobody who holds it while the phone starts gets the shell of a --debug image';

/**
 * Holds the coverage against the key that opens a shell: it is one of a node that has a driver. A key that
 * the tree does not mention is a note: drivers of touch keys and of keyboards know theirs themselves.
 * @param key as the device file names it; empty: none
 */
export function checkShellKey(coverage: Coverage, key: string): Finding[] {
  const number = keyNumber(key);
  if (number === undefined) return [];
  const owners = new Set(
    [...walk(coverage.fdt)]
      .filter((placed) => isReachable(placed) && keysOf(placed.node).includes(number))
      .map((placed) => ownerOf(placed)?.path),
  );
  const nodes = coverage.nodes.filter(({ path }) => owners.has(path));
  if (nodes.length === 0) return [absent(key, number)];
  if (nodes.some(({ dark }) => dark === undefined)) return [];
  const told = { code: 'lint.shell-key', level: 'warning', why: LOST } as const;
  return nodes.map((node) => ({ ...told, ...darkNode(coverage, `the key ${key} of`, node) }));
}

function absent(key: string, number: number): Finding {
  return {
    code: 'lint.shell-key',
    level: 'note',
    what: `the device tree describes no key ${key} (linux,code = <${number}>)`,
    where: 'keys.shell',
    why: `unless a driver has it without being told, ${LOST}`,
    todo: 'name a key that the phone has in keys.shell, or none: shell = ""',
  };
}

/** Numbers of the keys that a node says it has: gpio-keys, adc-keys and PMICs, lists, and matrices (row, column, key). */
function keysOf(node: FdtNode): readonly number[] {
  // drivers/input/misc/pm8941-pwrkey.c: KEY_POWER where nothing else is said.
  if (!hasProperty(node, 'linux,code') && compatibleOf(node).some((name) => /pwrkey|-resin$/.test(name))) {
    return [116];
  }
  return [
    ...(cellsOf(node, 'linux,code') ?? []),
    ...(cellsOf(node, 'linux,keycodes') ?? []),
    ...(cellsOf(node, 'linux,keymap') ?? []).map((cell) => cell & 0xffff),
  ];
}

/** The device that reports the key. */
function ownerOf(placed: Placed): Placed | undefined {
  let at: Placed | undefined = placed;
  while (at !== undefined && compatibleOf(at.node).length === 0) at = at.parent;
  return at;
}
