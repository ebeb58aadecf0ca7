import { MissingError } from '../binary/index.ts';
import type { Arch } from '../device/index.ts';
import type { PayloadContext } from './context.ts';
import type { KernelPayload } from './kernel.ts';
import { kernelFromFile } from './kernel-file.ts';
import { kernelFromPackage } from './kernel-package.ts';
import { kernelFromTree } from './kernel-tree.ts';

/** Every way to name a kernel; the most particular one is taken. */
export interface KernelRequest {
  readonly arch: Arch;
  /** Kernel package and suite. */
  readonly package?: { readonly name: string; readonly suite: string } | undefined;
  /** Kernel file of the user's; wins over the package. */
  readonly kernel?: string | undefined;
  /** lib/modules/RELEASE folder of the user's, beside `kernel`. */
  readonly modules?: string | undefined;
  /** `.config` that `kernel` was built with. */
  readonly config?: string | undefined;
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
export async function kernelPayload(context: PayloadContext, request: KernelRequest): Promise<KernelPayload> {
  const payload = await findKernel(context, request);
  // Several ask for the index, which is tens of thousands of strings.
  let index: ReturnType<KernelPayload['index']> | undefined;
  return {
    ...payload,
    index() {
      index ??= payload.index();
      return index;
    },
  };
}

async function findKernel(context: PayloadContext, request: KernelRequest): Promise<KernelPayload> {
  const { arch, kernelTree, kernel, ...beside } = request;
  if (kernelTree !== undefined) return kernelFromTree(context, { tree: kernelTree, arch });
  if (kernel !== undefined) return kernelFromFile(context, { kernel, ...beside });
  if (request.package !== undefined) return kernelFromPackage(context, { ...request.package, arch });
  throw new MissingError('payload.no-kernel', 'no kernel is named, and the device has no kernel package', {
    hint: 'Give --kernel FILE, or --kernel-tree DIR for kernel, modules and device trees at once.',
  });
}
