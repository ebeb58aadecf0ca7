import { sha256, utf8, utf8Text } from '../binary/index.ts';
import type { ModuleIndex } from '../kernel/index.ts';
import type { Finding } from '../lint/index.ts';
import { codeDigest } from './build-cache.ts';
import { kernelKey, type NamedKernel } from './gather.ts';
import type { ImageParts } from './image.ts';
import { judgeCoverage } from './judge.ts';
import { type KeptParts, partKey } from './kept-parts.ts';

/** What coverage is judged from beside an image's parts, and where its findings are kept. */
export interface CoverageParts {
  readonly gathered: NamedKernel;
  readonly index: ModuleIndex | undefined;
  readonly keep: (kind: string) => KeptParts;
}

/** Rooms whose code decides what is found. */
const ROOMS = ['devicetree', 'kernel', 'lint', 'recipe'];

/**
 * {@link judgeCoverage}, or what a former build of this kernel and this tree was told: whether each node has a
 * driver takes a search through the whole kernel.
 */
export async function keptCoverage(
  parts: ImageParts,
  { gathered, index, keep }: CoverageParts,
): Promise<Finding[]> {
  const { request, plan, trees } = parts;
  const key = partKey({
    code: ROOMS.map((room) => codeDigest(room)),
    kernel: kernelKey(gathered),
    trees: trees.dtbs.map((dtb) => sha256(dtb)),
    machine: request.machineDtb !== undefined,
    debug: plan.debug,
    shell: request.device.keys.shell,
  });
  const kept = keep('coverage');
  const known = kept.get(key);
  if (known !== undefined) return JSON.parse(utf8Text(known)) as Finding[];
  const findings = judgeCoverage(parts, index);
  kept.set(key, utf8(JSON.stringify(findings)));
  await kept.save();
  return findings;
}
