import type { ModuleIndex } from '../kernel/index.ts';
import type { Input, Resolved } from './package.ts';

/** A kernel with what belongs to it, wherever it came from. Paths are on this machine. */
export interface KernelPayload {
  /** `7.2.12+deb13-arm64`; empty when only an image without a version string is known. */
  readonly release: string;
  readonly origin: 'package' | 'tree' | 'file';
  /** Kernel image file, as it came: maybe compressed, maybe with device trees behind it. */
  readonly image: string;
  /** Folder that module paths count from (/lib/modules/RELEASE, or a build tree); undefined without modules. */
  readonly modulesRoot: string | undefined;
  /** Folder of `qcom/*.dtb`; undefined without device trees. */
  readonly dtbRoot: string | undefined;
  /** The kernel's .config, where it is known. */
  readonly configText: string | undefined;
  /** Reads all modules the first time, later from the cache. */
  index(): Promise<ModuleIndex>;
  /**
   * A module by its path in the index, as it goes on the device: as shipped (maybe compressed) from a
   * package or folder, without debug data and with its vermagic checked from a build tree.
   */
  readModule(path: string): Promise<Uint8Array>;
  /** Packages or files, hashed, for the manifest. Modules of a folder or tree are not among them. */
  readonly inputs: readonly Input[];
  /** The packages when it came from some, the one that was asked for first. */
  readonly packages: readonly Resolved[];
  /**
   * Changes whenever a file behind this payload may have changed: for keys of build caches. It is made of
   * hashes for packages, but of sizes and times for folders and trees, so it does not belong in a manifest.
   */
  readonly stamp: string;
}
