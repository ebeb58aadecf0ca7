import { moduleName } from './modinfo.ts';
import type { ModuleIndex, ModuleRecord } from './module-index.ts';

/** Modules chosen for an initramfs. */
export interface ModuleSet {
  /** In load order: what a module needs stands before it. */
  readonly modules: readonly ModuleRecord[];
  /** Wanted names that the kernel has built in. */
  readonly builtin: readonly string[];
  /** Names that neither a module nor the kernel has. */
  readonly missing: readonly { readonly name: string; readonly wantedBy: string }[];
  /** For each chosen module the chain by which it came in: `ext4 <- the device's list`. */
  readonly why: ReadonlyMap<string, string>;
}

/** A wanted module: a name or an alias (`fs-ext4`), and who wants it. */
export interface Wanted {
  readonly name: string;
  readonly by: string;
}

/**
 * Closes over `depends` and `softdep` (pre and post), as `modprobe --show-depends` does. A softdep
 * that the kernel does not have is no loss: kmod skips it as well.
 *
 * @param without names left out, even when something depends on them.
 */
export function closeModules(
  index: ModuleIndex,
  wanted: readonly Wanted[],
  without: readonly string[] = [],
): ModuleSet {
  const closure = new Closure(index, new Set(without.map(moduleName)));
  for (const { name, by } of wanted) closure.want(name, by, true);
  return closure.result();
}

class Closure {
  readonly #index: ModuleIndex;
  readonly #without: ReadonlySet<string>;
  readonly #order: ModuleRecord[] = [];
  readonly #seen = new Set<string>();
  readonly #builtin = new Set<string>();
  readonly #missing = new Map<string, string>();
  readonly #why = new Map<string, string>();

  constructor(index: ModuleIndex, without: ReadonlySet<string>) {
    this.#index = index;
    this.#without = without;
  }

  want(rawName: string, by: string, required: boolean): void {
    const names = this.#resolve(rawName);
    if (names.length === 0 && required) this.#missing.set(rawName, by);
    for (const name of names) this.#add(name, by);
  }

  /** A name first, then an alias, as modprobe looks it up. */
  #resolve(rawName: string): string[] {
    const name = moduleName(rawName);
    if (this.#index.modules.has(name) || this.#index.builtin.has(name)) return [name];
    return this.#index.aliases.match(rawName);
  }

  #add(name: string, by: string): void {
    if (this.#seen.has(name) || this.#without.has(name)) return;
    this.#seen.add(name);
    const record = this.#index.modules.get(name);
    if (record === undefined) {
      this.#builtin.add(name);
      return;
    }
    const chain = `${name} <- ${by}`;
    this.#why.set(name, by);
    for (const dependency of record.depends) this.want(dependency, chain, true);
    for (const dependency of record.softdepsPre) this.want(dependency, chain, false);
    this.#order.push(record);
    for (const dependency of record.softdepsPost) this.want(dependency, chain, false);
  }

  result(): ModuleSet {
    return {
      modules: this.#order,
      builtin: [...this.#builtin],
      missing: [...this.#missing].map(([name, wantedBy]) => ({ name, wantedBy })),
      why: this.#why,
    };
  }
}
