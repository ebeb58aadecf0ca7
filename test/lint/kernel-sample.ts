import { aliasTable, type ModuleIndex } from '../../src/kernel/index.ts';

/** A kernel whose modules take the given compatible strings (or whole modaliases, with a colon). */
export function kernelWith(drivers: Readonly<Record<string, readonly string[]>>): ModuleIndex {
  const aliases = Object.entries(drivers).flatMap(([name, list]) =>
    list.flatMap((entry) => patterns(entry).map((pattern) => [pattern, name] as const)),
  );
  return { release: '7.2', modules: new Map(), builtin: new Map(), aliases: aliasTable(aliases) };
}

function patterns(entry: string): string[] {
  return entry.includes(':') ? [entry] : [`of:N*T*C${entry}`, `of:N*T*C${entry}C*`];
}
