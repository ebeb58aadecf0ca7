import { MnxError } from '../binary/index.ts';
import { moduleName } from './modinfo.ts';
import type { ModuleIndex, ModuleRecord } from './module-index.ts';

/** Modules chosen for an initramfs. */
export interface ModuleSet {
  /** In load order: what a module needs stands before it. */
  readonly modules: readonly ModuleRecord[];
  /** Of these, what is there only because another may ask for it while it runs; nobody loads it beforehand. */
  readonly weak: ReadonlySet<string>;
  /** Names asked for that the kernel has built in, sorted. */
  readonly builtin: readonly string[];
  /** Names that neither a module nor the kernel has. */
  readonly missing: readonly MissingModule[];
  /** For each chosen module the chain by which it came in: `ext4 <- the device's list`. */
  readonly why: ReadonlyMap<string, string>;
}

/** A name that could not be found, and who wants it. Softdeps that are absent are no loss and not listed. */
export interface MissingModule {
  readonly name: string;
  readonly wantedBy: string;
}

/** A wanted module: a name or an alias (`fs-ext4`), and who wants it. */
export interface Wanted {
  readonly name: string;
  readonly by: string;
}

/**
 * Closes over `depends` and `softdep` (pre and post), as `modprobe --show-depends` does
 * (libkmod-module.c, __kmod_module_get_probe_list): hard dependencies before a module, always; pre
 * softdeps before and post softdeps after it, unless a cycle among softdeps forbids it. A softdep that
 * the kernel does not have is no loss: kmod skips it as well. Of a module with several softdep lines all
 * are taken; kmod looks at the first only (kmod issue 33). What weakdeps name comes in with all it needs,
 * last and marked: kmod made them for those who pack an initramfs.
 *
 * @param wanted names or aliases; a plain string is wanted by `wanted`
 * @param without names left out, even when something depends on them
 * @throws MnxError `kernel.module-cycle` when modules depend on each other in a ring, which depmod
 *   refuses and no kernel can load
 */
export function closeModules(
  index: ModuleIndex,
  wanted: readonly (Wanted | string)[],
  without: readonly string[] = [],
): ModuleSet {
  const closure = new Closure(index, new Set(without.map(moduleName)));
  for (const item of wanted) {
    if (typeof item === 'string') closure.want(item, 'wanted');
    else closure.want(item.name, item.by);
  }
  closure.addWeak();
  return closure.result();
}

class Closure {
  readonly #index: ModuleIndex;
  readonly #without: ReadonlySet<string>;
  readonly #order = new Map<string, ModuleRecord>();
  /** Modules whose probe list was begun: kmod's `visited`. */
  readonly #probed = new Set<string>();
  readonly #weak = new Set<string>();
  readonly #builtin = new Set<string>();
  readonly #missing = new Map<string, MissingModule>();
  readonly #why = new Map<string, string>();

  constructor(index: ModuleIndex, without: ReadonlySet<string>) {
    this.#index = index;
    this.#without = without;
  }

  /** Brings in a name or an alias, for a person's list or a hard dependency. */
  want(rawName: string, by: string): void {
    const names = this.#resolve(rawName);
    if (names.length === 0) this.#miss(rawName, by);
    for (const name of names) this.#probe(name, by);
  }

  /** Brings in what the modules so far, and those that this adds, may ask for. */
  addWeak(): void {
    const strong = new Set(this.#order.keys());
    // A Map gives out what is added while it is walked.
    for (const record of this.#order.values()) {
      this.#soft(record.weakdeps, `${record.name} (weakdep) <- ${this.#why.get(record.name)}`);
    }
    for (const name of this.#order.keys()) if (!strong.has(name)) this.#weak.add(name);
  }

  result(): ModuleSet {
    return {
      modules: [...this.#order.values()],
      weak: this.#weak,
      builtin: [...this.#builtin].sort(),
      missing: [...this.#missing.values()],
      why: this.#why,
    };
  }

  #miss(name: string, wantedBy: string): void {
    if (!this.#missing.has(name)) this.#missing.set(name, { name, wantedBy });
  }

  /** A name first, then the aliases of modules, then those of built-ins: the order of kmod's lookups. */
  #resolve(rawName: string): string[] {
    const name = moduleName(rawName);
    if (this.#index.modules.has(name) || this.#index.builtin.has(name)) return [name];
    const found = this.#index.aliases.match(rawName);
    const loadable = found.filter((candidate) => this.#index.modules.has(candidate));
    return loadable.length > 0 ? loadable : found;
  }

  /** A module with all it needs, hard dependencies first. */
  #probe(name: string, by: string): void {
    if (this.#without.has(name) || this.#probed.has(name)) return;
    this.#probed.add(name);
    for (const step of this.#hardOrder(name, by)) this.#fill(step);
  }

  /** A module between its softdeps; the hard dependencies of both are in place already. */
  #fill({ record, by }: Step): void {
    if (this.#order.has(record.name)) return;
    const chain = `${record.name} (softdep) <- ${by}`;
    this.#soft(record.softdepsPre, chain);
    if (!this.#order.has(record.name)) {
      this.#order.set(record.name, record);
      this.#why.set(record.name, by);
    }
    this.#soft(record.softdepsPost, chain);
  }

  #soft(names: readonly string[], by: string): void {
    for (const found of names.flatMap((name) => this.#resolve(name))) this.#probe(found, by);
  }

  /** The module behind all its hard dependencies, each behind its own. */
  #hardOrder(name: string, by: string): Step[] {
    const steps = new Map<string, Step>();
    const walk = (current: string, why: string, path: readonly string[]): void => {
      if (steps.has(current) || this.#without.has(current)) return;
      if (path.includes(current)) throw cycle([...path, current]);
      const record = this.#index.modules.get(current);
      if (record === undefined) {
        if (this.#index.builtin.has(current)) this.#builtin.add(current);
        else this.#miss(current, why);
        return;
      }
      for (const need of record.depends) walk(need, `${current} <- ${why}`, [...path, current]);
      steps.set(current, { record, by: why });
    };
    walk(name, by, []);
    return [...steps.values()];
  }
}

/** A module in its turn, and the chain that brought it in. */
interface Step {
  readonly record: ModuleRecord;
  readonly by: string;
}

function cycle(path: readonly string[]): MnxError {
  const ring = path.slice(path.indexOf(path.at(-1) ?? ''));
  return new MnxError('kernel.module-cycle', `modules depend on each other: ${ring.join(' -> ')}`, {
    exitCode: 3,
    hint: 'No kernel can load such modules; look which of them was built from another tree.',
  });
}
