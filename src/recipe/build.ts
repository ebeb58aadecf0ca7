import { concat, MnxError, sha256, utf8 } from '../binary/index.ts';
import { writeTogether } from '../output/index.ts';
import type { PayloadContext } from '../payload/index.ts';
import { type Finished, findBuild, keepBuild } from './build-cache.ts';
import { buildKeyOf } from './build-key.ts';
import { readableCompressions } from './fit.ts';
import { type Gathered, gather, moduleIndex } from './gather.ts';
import { type ImageParts, type Packed, packImage, type Ramdisk } from './image.ts';
import { judgeGadget, judgeImage, refuseErrors } from './judge.ts';
import { keptBlocks } from './kept-blocks.ts';
import { keptCoverage } from './kept-coverage.ts';
import { type KeptParts, openKept } from './kept-parts.ts';
import { kernelConfig } from './kernel-config.ts';
import { encodeManifest, type ImageFact, type Manifest, sortInputs } from './manifest.ts';
import { type Plan, planBuild } from './plan.ts';
import { type MadeRamdisk, makeRamdisk } from './ramdisk.ts';
import type { BuildRequest } from './request.ts';
import { signImage } from './sign.ts';
import { readKernel } from './sources.ts';
import { vendorBootPath } from './vendor-boot.ts';

/** A finished image with its manifest. */
export interface BuildResult extends Finished {
  readonly manifestText: string;
  /** Whether it came whole from the build cache. */
  readonly cached: boolean;
}

/**
 * Builds an image: decides, gathers, judges, packs. The same inputs give the same bytes; a build that
 * was made before comes from the cache.
 *
 * @throws MnxError `recipe.refused` when the image could not work and the request does not force it.
 */
export async function build(request: BuildRequest, context: PayloadContext): Promise<BuildResult> {
  const plan = planBuild(request);
  const gathered = await gather(request, plan, context);
  const key = buildKeyOf(request, plan, gathered);
  const kept = await findBuild(context.cache, key);
  const finished = kept ?? (await buildAnew(request, plan, gathered, context));
  if (kept === undefined) await keepBuild(context.cache, key, finished);
  return { ...finished, manifestText: encodeManifest(finished.manifest), cached: kept !== undefined };
}

async function buildAnew(
  request: BuildRequest,
  plan: Plan,
  gathered: Gathered,
  context: PayloadContext,
): Promise<Finished> {
  const { report } = context;
  const kernel = await readKernel(gathered.kernel, request.device.arch);
  const index = gathered.kernel.modulesRoot === undefined ? undefined : await moduleIndex(gathered);
  const none: Ramdisk = { data: new Uint8Array(), expanded: undefined, note: undefined };
  const base: ImageParts = { request, plan, kernel, trees: gathered.trees, ramdisk: none, report };
  const keep = (kind: string): KeptParts => openKept(context.cache, plan, kind);
  const covered = [...(await keptCoverage(base, { gathered, index, keep })), ...judgeGadget(base, index)];
  refuseErrors(covered, request.force === true);
  const made = await makeRamdisk({ request, plan, gathered, index, report, keep });
  const blocks = keep('blocks');
  const fitting = await packFitting({ ...base, memory: keptBlocks(blocks) }, made);
  await blocks.save();
  const { parts } = fitting;
  const packed = signed(fitting.packed, plan, gathered);
  const judged = judgeImage(parts, packed);
  const findings = [...covered, ...made.findings, ...judged.findings];
  refuseErrors(findings, request.force === true);
  const image = packed.pieces;
  const vendorBoot = packed.vendorBoot?.pieces;
  const manifest: Manifest = {
    schema: 1,
    device: plan.device,
    variant: plan.variant,
    image: imageFact(image),
    vendorBoot: vendorBoot === undefined ? undefined : imageFact(vendorBoot),
    header: packed.header,
    layout: { kind: packed.layout.layout, because: packed.layout.because },
    inputs: sortInputs([...gathered.inputs, ...made.inputs]),
    parts: packed.parts,
    modules: made.modules,
    firmware: made.firmware,
    memory: judged.map.ranges.length === 0 ? undefined : judged.map,
    findings,
    ssh: { on: plan.ssh.on, passwordless: plan.ssh.passwordless, hostKey: made.hostKey },
    debug: plan.debug,
  };
  return { pieces: image, vendorBoot, manifest };
}

function imageFact(pieces: readonly Uint8Array[]): ImageFact {
  return { size: pieces.reduce((sum, piece) => sum + piece.length, 0), sha256: sha256(...pieces) };
}

/** The image with the first compression of the ramdisk in which it fits the partition, else with the last. */
async function packFitting(
  base: ImageParts,
  made: MadeRamdisk,
): Promise<{ parts: ImageParts; packed: Packed }> {
  const { plan, request, kernel } = base;
  const { partitions, loader } = request.device;
  const room = (partitions.boot ?? Number.POSITIVE_INFINITY) - loader.partitionReserved;
  const ways = readableCompressions(plan.compressions, kernelConfig(kernel));
  for (const [i, way] of ways.entries()) {
    const parts = { ...base, ramdisk: await made.pack(way, base.memory) };
    const packed = await packImage(parts);
    const size = packed.pieces.reduce((sum, piece) => sum + piece.length, 0);
    if (size <= room || i === ways.length - 1) return { parts, packed };
  }
  throw new MnxError('recipe.no-compression', 'the plan names no compression');
}

/** The packed images as they leave: each with a footer, where a key was named. */
function signed(packed: Packed, { avb }: Plan, { avbKey }: Gathered): Packed {
  if (avb === undefined || avbKey === undefined) return packed;
  const { vendorBoot } = packed;
  const pieces = signImage(packed.pieces, avb, avbKey);
  if (vendorBoot === undefined || avb.vendorBootSize === undefined) return { ...packed, pieces };
  const partition = { partition: 'vendor_boot', partitionSize: avb.vendorBootSize };
  return {
    ...packed,
    pieces,
    vendorBoot: { ...vendorBoot, pieces: signImage(vendorBoot.pieces, partition, avbKey) },
  };
}

/**
 * Files that a build writes: the image, vendor_boot where the header version has one, and the manifest.
 * @param path where the image goes
 */
export function outputPaths(path: string, { vendorBoot }: Pick<Plan, 'vendorBoot'>): string[] {
  return [path, ...(vendorBoot === undefined ? [] : [vendorBootPath(path)]), `${path}.json`];
}

/** Writes the images and their manifest beside them; all are whole before the first takes its name. */
export async function writeBuild(
  path: string,
  { pieces, vendorBoot, manifestText }: BuildResult,
): Promise<void> {
  await writeTogether([
    { path, pieces },
    ...(vendorBoot === undefined ? [] : [{ path: vendorBootPath(path), pieces: vendorBoot }]),
    { path: `${path}.json`, pieces: [utf8(manifestText)] },
  ]);
}

/**
 * The image as one array, for those who read it on, and so the vendor_boot that goes with it where the header
 * version has one.
 */
export function wholeImages({ pieces, vendorBoot }: BuildResult): {
  readonly image: Uint8Array;
  readonly vendorBoot?: Uint8Array;
} {
  return { image: concat(pieces), ...(vendorBoot === undefined ? {} : { vendorBoot: concat(vendorBoot) }) };
}
