import type { Arch } from '../device/index.ts';
import type { ModuleIndex } from '../kernel/index.ts';
import type { PayloadContext } from './context.ts';
import type { Input, Resolved } from './package.ts';

/** A kernel with what belongs to it, wherever it came from. Paths are on this machine. */
export interface KernelPayload {
  /** `7.2.12+deb13-arm64`; empty when only an image without a version string is known. */
  readonly release: string;
  /** Kernel image file. */
  readonly image: string;
  /** What `release` was read from, for messages: `package linux-image-arm64`, `build tree`, `file`. */
  readonly origin: 'package' | 'tree' | 'file';
  /** Folder with `kernel/`, as /lib/modules/RELEASE; undefined without modules. */
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
  /** Packages or files, hashed, for the manifest. */
  readonly inputs: readonly Input[];
  /** The packages when it came from some (driver builds need name and version). */
  readonly packages: readonly Resolved[];
}

export interface KernelRequest {
  readonly arch: Arch;
  /** Kernel package and suite. */
  readonly package?: { readonly name: string; readonly suite: string } | undefined;
  /** Kernel file of the user's; wins over the package. */
  readonly kernel?: string | undefined;
  /** lib/modules/RELEASE folder of the user's, beside `kernel`. */
  readonly modules?: string | undefined;
  /** Folder of DTBs of the user's, beside `kernel`. */
  readonly dtbRoot?: string | undefined;
  /** Kernel build tree (`O=`); wins over everything. */
  readonly kernelTree?: string | undefined;
}

/**
 * The kernel that a request names: build tree, file or package, in this order.
 *
 * @throws MissingError `payload.no-kernel` when it names none
 */
export async function kernelPayload(
  _context: PayloadContext,
  _request: KernelRequest,
): Promise<KernelPayload> {
  throw new Error('being written');
}

export async function kernelFromPackage(
  _context: PayloadContext,
  _request: { readonly name: string; readonly suite: string; readonly arch: Arch },
): Promise<KernelPayload> {
  throw new Error('being written');
}

export async function kernelFromTree(
  _context: PayloadContext,
  _request: { readonly tree: string; readonly arch: Arch },
): Promise<KernelPayload> {
  throw new Error('being written');
}

export async function kernelFromFile(
  _context: PayloadContext,
  _request: { readonly kernel: string; readonly modules?: string; readonly dtbRoot?: string },
): Promise<KernelPayload> {
  throw new Error('being written');
}

/**
 * The file of a device tree by its name below the kernel's folder: `qcom/msm8939-asus-z00t.dtb`.
 *
 * @throws MissingError `payload.no-dtb` with the nearest names
 */
export async function dtbPath(_kernel: KernelPayload, _name: string): Promise<string> {
  throw new Error('being written');
}
