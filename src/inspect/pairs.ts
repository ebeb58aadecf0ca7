import { sha256 } from '../binary/index.ts';
import type { Layer } from './layer.ts';

/** Parts of two files that answer each other; one is missing when only the other file has it. */
export interface Pair {
  readonly before: Layer | undefined;
  readonly after: Layer | undefined;
}

/**
 * Pairs parts: device trees by content, then by model, so that one more in a list does not make all behind
 * it look changed; then every part by name; then what is left of compressed members.
 */
export function pairsOf(a: readonly Layer[], b: readonly Layer[]): Pair[] {
  const left = new Set(b);
  const matched = new Map<Layer, Layer>();
  const match = (keyOf: (layer: Layer) => string | undefined): void => {
    const waiting = new Map<string, Layer[]>();
    for (const after of left) {
      const key = keyOf(after);
      if (key !== undefined) waiting.set(key, [...(waiting.get(key) ?? []), after]);
    }
    for (const before of a) {
      const key = matched.has(before) ? undefined : keyOf(before);
      const after = key === undefined ? undefined : waiting.get(key)?.shift();
      if (after === undefined) continue;
      matched.set(before, after);
      left.delete(after);
    }
  };
  match((layer) => (layer.format === 'fdt' ? sha256(layer.bytes) : undefined));
  match((layer) => (layer.format === 'fdt' && hasModel(layer) ? layer.title : undefined));
  match(({ name }) => name);
  match((layer) => (layer.inside[0]?.name === 'content' ? 'packed' : undefined));
  return [
    ...a.map((before): Pair => ({ before, after: matched.get(before) })),
    ...[...left].map((after): Pair => ({ before: undefined, after })),
  ];
}

function hasModel({ facts }: Layer): boolean {
  return facts.some(({ name, value }) => name === 'model' && value !== '');
}
