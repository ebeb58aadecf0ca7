import type { Table } from '../toml/index.ts';

const EXTRA = '_extra';

/**
 * Lays one definition over another: tables merge deeply, everything else replaces. A list
 * `X_extra` waits beside `X` and grows from file to file; naming `X` again drops what waited.
 * {@link settle} joins them at the end.
 */
export function merge(base: Table, over: Table): Table {
  const out: Table = { ...base };
  for (const key of Object.keys(over)) delete out[`${key}${EXTRA}`];
  for (const [key, value] of Object.entries(over)) {
    const below = base[key];
    if (key.endsWith(EXTRA) && Array.isArray(value)) {
      const replaced = Object.hasOwn(over, key.slice(0, -EXTRA.length));
      out[key] = replaced || !Array.isArray(below) ? value : [...below, ...value];
    } else {
      out[key] = isTable(value) && isTable(below) ? merge(below, value) : value;
    }
  }
  return out;
}

/** Joins every waiting `X_extra` to its `X`, at every depth. */
export function settle(table: Table): Table {
  const out: Table = {};
  for (const [key, value] of Object.entries(table)) {
    if (!key.endsWith(EXTRA)) out[key] = isTable(value) ? settle(value) : value;
  }
  for (const [key, value] of Object.entries(table)) {
    if (!key.endsWith(EXTRA) || !Array.isArray(value)) continue;
    const name = key.slice(0, -EXTRA.length);
    const below = out[name];
    out[name] = Array.isArray(below) ? [...below, ...value] : value;
  }
  return out;
}

/** Whether a value of TOML is a table: dates and lists are objects as well. */
export function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}
