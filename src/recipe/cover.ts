import { UsageError } from '../binary/index.ts';
import type { Device } from '../device/index.ts';
import { readFdt } from '../devicetree/index.ts';
import type { ModuleIndex } from '../kernel/index.ts';
import { type Coverage, compatiblesIn, coverage } from '../lint/index.ts';
import type { PayloadContext } from '../payload/index.ts';
import { gather, moduleIndex } from './gather.ts';
import { planBuild } from './plan.ts';
import type { BuildRequest } from './request.ts';
import { readKernel } from './sources.ts';

/** What a device tree finds in one kernel. */
export interface CoverageOf {
  readonly dtb: Uint8Array;
  readonly index: ModuleIndex;
  readonly image: Uint8Array;
}

/** Coverage of a tree by a kernel's modules, its built-in drivers, and what the image itself knows. */
export function coverageOf({ dtb, index, image }: CoverageOf): Coverage {
  return coverage({ fdt: readFdt(dtb), index, knownToImage: compatiblesIn(image) });
}

/** A device's coverage, with the kernel that it was computed for. */
export interface DeviceCoverage {
  readonly device: Device;
  readonly release: string;
  /** Drivers that were built beside the kernel. */
  readonly drivers: readonly string[];
  readonly coverage: Coverage;
}

/**
 * `mnx device coverage`: brings the kernel and the tree of a build, builds its drivers, and judges.
 * @param bare leaves the added drivers out: what the distribution's kernel drives by itself.
 */
export async function deviceCoverage(
  request: BuildRequest,
  context: PayloadContext,
  { bare = false }: { bare?: boolean } = {},
): Promise<DeviceCoverage> {
  const plan = planBuild(request);
  const gathered = await gather(
    request,
    { ...plan, programs: [], ...(bare ? { drivers: [] } : {}) },
    context,
  );
  const [dtb] = gathered.trees.dtbs;
  if (dtb === undefined) {
    throw new UsageError('recipe.no-tree', `${request.device.id} has no single device tree to judge`, {
      hint: 'Name one with --dtb FILE.',
    });
  }
  const { image } = await readKernel(gathered.kernel, request.device.arch);
  return {
    device: request.device,
    release: gathered.kernel.release,
    drivers: gathered.drivers.map(({ name }) => name),
    coverage: coverageOf({ dtb, index: await moduleIndex(gathered), image }),
  };
}
