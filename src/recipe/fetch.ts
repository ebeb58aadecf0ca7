import type { PayloadContext } from '../payload/index.ts';
import { gather, moduleIndex } from './gather.ts';
import { planBuild } from './plan.ts';
import type { BuildRequest } from './request.ts';

/** Brings everything that a build of this request will need, drivers and module index included. */
export async function fetchPayloads(request: BuildRequest, context: PayloadContext): Promise<void> {
  const gathered = await gather(request, planBuild(request), context);
  if (gathered.kernel.modulesRoot !== undefined) await moduleIndex(gathered);
}
