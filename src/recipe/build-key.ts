import { buildKey } from './build-cache.ts';
import type { Gathered } from './gather.ts';
import type { Plan } from './plan.ts';
import type { BuildRequest } from './request.ts';

/**
 * Names a build by all that shapes it: the device as merged, the plan without paths, and the hash of
 * every input. Two users with equal files share a name whatever their files are called.
 */
export function buildKeyOf(
  { device, force, headerVersion }: BuildRequest,
  plan: Plan,
  { inputs }: Gathered,
): string {
  const { kernel, dtb, ramdisk, overlay, splash, ...rest } = plan;
  return buildKey({
    device: { ...device, sources: [] },
    plan: {
      ...rest,
      kernel: kernel.from,
      dtb: dtb.from,
      ramdisk: ramdisk !== undefined,
      overlay: overlay !== undefined,
      splash: splash === undefined ? undefined : { own: splash.picture !== undefined, banner: splash.banner },
    },
    inputs,
    force,
    headerVersion,
  });
}
