import { cString, latin1, MnxError, viewOf } from '../binary/index.ts';
import { FDT, type FdtNode } from './fdt.ts';

const CELL = FDT.tokenSize;

/** A property as text up to its first NUL; undefined when the node has none of that name. */
export function textOf(node: FdtNode, property: string): string | undefined {
  const value = node.properties.get(property);
  return value === undefined ? undefined : cString(value);
}

/** A property as a list of strings, each ended by a NUL; empty when there is none. */
export function stringsOf(node: FdtNode, property: string): string[] {
  const value = node.properties.get(property);
  if (value === undefined || value.length === 0) return [];
  return Buffer.from(value).toString('latin1').replace(/\0$/, '').split('\0');
}

/** A property as 32-bit cells; undefined when there is none. A rest of fewer than 4 bytes is left out. */
export function cellsOf(node: FdtNode, property: string): number[] | undefined {
  const value = node.properties.get(property);
  if (value === undefined) return undefined;
  const view = viewOf(value);
  return Array.from({ length: Math.floor(value.length / CELL) }, (_, i) => view.getUint32(i * CELL));
}

/**
 * A number of `width` cells as a property carries addresses and sizes (1 or 2 cells), from cell `index` on.
 * @returns undefined when the property is absent or too short.
 */
export function numberOf(node: FdtNode, property: string, width: number, index = 0): bigint | undefined {
  const cells = cellsOf(node, property)?.slice(index, index + width);
  if (cells === undefined || cells.length < width || width < 1) return undefined;
  return cells.reduce((value, cell) => (value << 32n) | BigInt(cell), 0n);
}

/** Whether the node carries the property at all, as boolean properties are read. */
export function hasProperty(node: FdtNode, property: string): boolean {
  return node.properties.has(property);
}

/** Sets a string property; a new one goes behind those that are there. */
export function setText(node: FdtNode, property: string, value: string): void {
  setStrings(node, property, [value]);
}

/** Sets a property to a list of strings, each with its NUL. */
export function setStrings(node: FdtNode, property: string, values: readonly string[]): void {
  node.properties.set(property, latin1(values.map((value) => `${value}\0`).join('')));
}

/** @throws MnxError when a value does not fit 32 bits. */
export function setCells(node: FdtNode, property: string, values: readonly number[]): void {
  const bytes = new Uint8Array(values.length * CELL);
  const view = viewOf(bytes);
  values.forEach((value, i) => {
    if (!Number.isInteger(value) || value < 0 || value > 0xffffffff) {
      throw new MnxError('devicetree.cell', `${property}: ${value} does not fit a 32-bit cell`);
    }
    view.setUint32(i * CELL, value);
  });
  node.properties.set(property, bytes);
}

/** Sets an address or size of two cells, as `linux,initrd-start` may be written. */
export function setU64(node: FdtNode, property: string, value: bigint): void {
  const bytes = new Uint8Array(2 * CELL);
  viewOf(bytes).setBigUint64(0, value);
  node.properties.set(property, bytes);
}

/** Sets a property without a value. */
export function setFlag(node: FdtNode, property: string): void {
  node.properties.set(property, new Uint8Array(0));
}

/** @returns whether the property was there */
export function removeProperty(node: FdtNode, property: string): boolean {
  return node.properties.delete(property);
}

/** Adds a child behind the others. @throws MnxError when there is one of that name. */
export function addNode(parent: FdtNode, name: string): FdtNode {
  if (parent.children.some((child) => child.name === name)) {
    throw new MnxError('devicetree.duplicate', `node ${parent.name || '/'} already has a child ${name}`);
  }
  const child: FdtNode = { name, properties: new Map(), children: [] };
  parent.children.push(child);
  return child;
}

/** The child of that name, made when it is missing: how `/chosen` is reached for writing. */
export function ensureNode(parent: FdtNode, name: string): FdtNode {
  return parent.children.find((child) => child.name === name) ?? addNode(parent, name);
}
