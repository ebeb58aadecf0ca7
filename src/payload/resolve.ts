import { readFile } from 'node:fs/promises';
import { MissingError } from '../binary/index.ts';
import type { Component } from './archive.ts';
import type { PayloadContext } from './context.ts';
import { type Alternatives, type Clause, clauseText, parseDepends, satisfies } from './dependency.ts';
import { lockKey } from './lock.ts';
import { checkRef, type PackageRef, parseResolvedText, type Resolved } from './package.ts';
import { PackagesFile } from './packages-file.ts';

/** Whether a dependency is followed, by its package name. */
export type Follow = (name: string) => boolean;

export const followNothing: Follow = () => false;

/** The packages that a split kernel consists of (Debian 7.x: meta, image, binary, modules, base). */
export const followKernel: Follow = (name) => /^linux-(image|binary|modules|base)-/.test(name);

/**
 * Shared libraries, so that every DT_NEEDED can be found: Debian names their packages `lib*` (Policy 8.1),
 * zlib's `zlib1g`, and Android's own `android-lib*`. Data, documentation, headers and tools of a library are no libraries.
 */
export const followLibraries: Follow = (name) =>
  /^((android-)?lib|zlib1g)/.test(name) && !/-(bin|common|data|dbg|dev|doc|runtime|tools|utils)$/.test(name);

/**
 * Finds packages and, by `follow`, what they depend on. A version that was found once is kept in the
 * cache: the archive is asked only for what is new, or with `refresh`.
 *
 * @returns each package once: requests first, then dependencies in the order in which they are met
 * @throws MissingError `payload.no-package`, `payload.offline`, `payload.not-locked`, `payload.network`
 */
export async function resolvePackages(
  context: PayloadContext,
  wanted: readonly PackageRef[],
  follow: Follow = followNothing,
): Promise<Resolved[]> {
  const resolver = new Resolver(context);
  const found = new Map<string, Resolved>();
  const open: { readonly resolved: Resolved; readonly arch: string }[] = [];
  const add = (resolved: Resolved, arch: string): void => {
    if (found.has(keyOf(resolved))) return;
    found.set(keyOf(resolved), resolved);
    open.push({ resolved, arch });
  };
  for (const ref of wanted) {
    checkRef(ref);
    add(await resolver.request(ref), ref.arch);
  }
  for (let next = open.shift(); next !== undefined; next = open.shift()) {
    for (const group of parseDepends(next.resolved.depends)) {
      const choices = group.filter((clause) => follow(clause.name));
      if (choices.length === 0) continue;
      if (choices.some((clause) => isMet(found.values(), clause))) continue;
      add(await resolver.dependency(choices, next.resolved, next.arch), next.arch);
    }
  }
  return [...found.values()];
}

function keyOf({ name, version, arch }: Resolved): string {
  return `${name} ${version} ${arch}`;
}

function isMet(found: Iterable<Resolved>, clause: Clause): boolean {
  return [...found].some((one) => one.name === clause.name && satisfies(one.version, clause));
}

/** One run of the solver; the lists that it read are dropped with it. */
class Resolver {
  readonly #context: PayloadContext;
  readonly #lists = new Map<string, Promise<PackagesFile>>();

  constructor(context: PayloadContext) {
    this.#context = context;
  }

  async request(ref: PackageRef): Promise<Resolved> {
    const clause: Clause = {
      name: ref.name,
      relation: ref.version === undefined ? undefined : '=',
      version: ref.version ?? '',
    };
    const known = await this.#known(clause, ref.suite, ref.arch);
    if (known !== undefined) return known;
    this.#refuseNews(clause, ref.suite, ref.arch);
    const found = await this.#ask(clause, ref.suite, ref.arch);
    if (found !== undefined) return found;
    throw new MissingError(
      'payload.no-package',
      `${ref.suite} has no package ${clauseText(clause)} for ${ref.arch}`,
      {
        hint: 'Look at the name and the suite; with a pinned version, the archive may have moved on.',
      },
    );
  }

  /** The first alternative that is known already, else the first that the archive has. */
  async dependency(choices: Alternatives, by: Resolved, arch: string): Promise<Resolved> {
    const suites = suitesFor(by.suite);
    for (const suite of suites) {
      for (const clause of choices) {
        const known = await this.#known(clause, suite, arch);
        if (known !== undefined) return known;
      }
    }
    const [first] = choices;
    if (first !== undefined) this.#refuseNews(first, by.suite, arch);
    for (const suite of suites) {
      for (const clause of choices) {
        const found = await this.#ask(clause, suite, arch);
        if (found !== undefined) return found;
      }
    }
    const names = choices.map(clauseText).join(' or ');
    throw new MissingError(
      'payload.no-package',
      `${by.name} ${by.version} needs ${names}, which ${by.suite} lacks`,
      {
        hint: 'The archive and the versions in the cache do not fit; look them up again with mnx fetch --refresh.',
      },
    );
  }

  /** From this run, the lock file, or the cache, in this order. */
  async #known(clause: Clause, suite: string, arch: string): Promise<Resolved | undefined> {
    const { used, lock, locked, refresh } = this.#context;
    const key = lockKey(clause.name, suite, arch);
    const candidates = [
      used.get(key),
      lock?.find({ name: clause.name, suite, arch }),
      refresh || locked ? undefined : await this.#cached(clause.name, suite, arch),
    ];
    const known = candidates.find((one) => one !== undefined && fits(one, clause));
    if (known !== undefined) used.set(key, known);
    return known;
  }

  async #cached(name: string, suite: string, arch: string): Promise<Resolved | undefined> {
    return parseResolvedText(await this.#context.cache.read('resolved', cacheName(name, suite, arch)));
  }

  #refuseNews(clause: Clause, suite: string, arch: string): void {
    const { locked, lock, offline } = this.#context;
    const what = `${clauseText(clause)} (${suite}, ${arch})`;
    if (locked) {
      throw new MissingError('payload.not-locked', `${lock?.path ?? 'mnx.lock'} does not pin ${what}`, {
        hint: 'Write the lock file anew with mnx fetch --lock, or leave out --locked.',
      });
    }
    if (offline) {
      throw new MissingError(
        'payload.offline',
        `${what} is not in the cache, and --offline forbids the network`,
        {
          hint: 'Run mnx fetch once with a network.',
        },
      );
    }
  }

  async #ask(clause: Clause, suite: string, arch: string): Promise<Resolved | undefined> {
    const { cache, used } = this.#context;
    let found: Resolved | undefined;
    for (const component of componentsOf(clause.name)) {
      found ??= (await this.#list(suite, arch, component)).find(clause)[0];
    }
    if (found === undefined) return undefined;
    await cache.write('resolved', cacheName(clause.name, suite, arch), JSON.stringify(found));
    used.set(lockKey(clause.name, suite, arch), found);
    return found;
  }

  #list(suite: string, arch: string, component: Component): Promise<PackagesFile> {
    const key = `${suite} ${arch} ${component}`;
    const kept = this.#lists.get(key);
    if (kept !== undefined) return kept;
    const fresh = this.#readList(suite, arch, component);
    this.#lists.set(key, fresh);
    return fresh;
  }

  async #readList(suite: string, arch: string, component: Component): Promise<PackagesFile> {
    const archive = await this.#context.archive();
    return new PackagesFile(await readFile(await archive.packages(suite, arch, component)), suite);
  }
}

/** A provider of a virtual name was checked when it was chosen. */
function fits(known: Resolved, clause: Clause): boolean {
  return known.name !== clause.name || satisfies(known.version, clause);
}

/** Firmware that is not free has a component of its own since Debian 12; no other list is read for it. */
function componentsOf(name: string): readonly Component[] {
  return name.startsWith('firmware-') ? ['main', 'non-free-firmware'] : ['main'];
}

/** Backports hold only what differs; the rest of a closure is in the suite below. */
function suitesFor(suite: string): string[] {
  const base = suite.replace(/-(backports(-sloppy)?|updates|proposed-updates)$/, '');
  return base === suite ? [suite] : [suite, base];
}

function cacheName(name: string, suite: string, arch: string): string {
  return `${suite}_${arch}_${name}.json`;
}
