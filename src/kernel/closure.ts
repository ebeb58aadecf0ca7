import { MnxError } from '../binary/index.ts';
import type { ModuleIndex, ModuleRecord } from './module-index.ts';

export interface ClosureOptions {
  /** Modules left out, with all that only they need. */
  readonly without?: readonly string[] | undefined;
  /** Whether weak dependencies are taken as well; kmod leaves them to the kernel. */
  readonly weak?: boolean;
}

/** A name that neither a module nor the kernel has. */
export interface MissingModule {
  readonly name: string;
  /** The module that asks for it; `wanted` names the caller's own list. */
  readonly wantedBy: string;
  /** `softdep` is harmless: kmod goes on without it. */
  readonly kind: 'wanted' | 'depends' | 'softdep';
}

export interface ModuleSet {
  readonly release: string;
  /** In the order in which they load. */
  readonly modules: readonly ModuleRecord[];
  /** Built-in modules that were asked for; sorted. */
  readonly builtin: readonly string[];
  readonly missing: readonly MissingModule[];
  /** For each module the reason that brought it in first: `wanted`, or `MODULE depends`, `MODULE softdep`. */
  readonly why: ReadonlyMap<string, string>;
}

/** Names (or aliases) plus everything that they need, in load order. */
export function closeModules(
  _index: ModuleIndex,
  _wanted: readonly string[],
  _options: ClosureOptions = {},
): ModuleSet {
  throw new MnxError('kernel.closure', 'being written');
}
