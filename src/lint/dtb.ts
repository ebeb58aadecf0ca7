import type { BootimgSpec, Loader } from '../device/index.ts';
import { compatibleOf, type Fdt, findNode, hasProperty, textOf } from '../devicetree/index.ts';
import type { Finding } from './finding.ts';

export interface DtbFacts {
  /** How the image carries its device trees. */
  readonly way: BootimgSpec['dtb'];
  /** The trees that are in it, for `append` and `section`; a QCDT's are chosen by its own table. */
  readonly trees: readonly Fdt[];
  readonly loader: Pick<Loader, 'name' | 'dtb' | 'needsMsmId' | 'placement'>;
}

const MSM_ID = 'qcom,msm-id';

/** Whether the loader will find a device tree in the image and can complete it. */
export function checkDtb(facts: DtbFacts): Finding[] {
  const { way, trees, loader } = facts;
  if (!loader.dtb.includes(way)) {
    return [way === 'none' ? noneFinding(loader.dtb.join(' or ')) : wayFinding(facts)];
  }
  if (way === 'none' || way === 'qcdt') return [];
  if (trees.length === 0) return [noneFinding(way)];
  const findings = [idFinding(facts), choiceFinding(facts)].filter((finding) => finding !== undefined);
  return loader.placement === undefined
    ? findings
    : [...findings, ...trees.flatMap((tree) => nodeFindings(tree, loader.name))];
}

function wayFinding({ way, loader }: DtbFacts): Finding {
  return {
    code: 'lint.dtb-way',
    level: 'error',
    what: `the image carries its device tree as ${way}, ${loader.name} reads ${loader.dtb.join(', ') || 'none'}`,
    where: 'dtb',
    why: "it answers 'dtb not found', or starts a kernel that knows no hardware",
    todo: `set dtb = "${loader.dtb[0] ?? 'none'}" in [bootimg] of the device file, or name another loader`,
  };
}

function noneFinding(way: string): Finding {
  return {
    code: 'lint.dtb-missing',
    level: 'error',
    what: `the image should carry a device tree (${way}) and has none`,
    where: 'dtb',
    why: "the loader answers 'dtb not found'",
    todo: 'name the DTB with --dtb, or in [kernel] of the device file',
  };
}

/**
 * lk compares a DTB's ids with the board's and takes none without (app/aboot/dev_tree); ABL does so behind
 * the kernel and in vendor_boot (LocateDeviceTree.c, GetSocDtb).
 */
function idFinding({ way, trees, loader }: DtbFacts): Finding | undefined {
  if (way === 'qcdt' || !loader.needsMsmId) return undefined;
  if (trees.some((tree) => hasProperty(tree.root, MSM_ID))) return undefined;
  return {
    code: 'lint.dtb-msm-id',
    level: 'error',
    what: `${describe(trees)} has no ${MSM_ID}, which ${loader.name} compares with the board`,
    where: 'dtb',
    why: "fastboot answers 'dtb not found'",
    todo: 'boot it from a loader that takes any single DTB (lk2nd), or use a QCDT made for the board',
  };
}

function choiceFinding({ trees, loader }: DtbFacts): Finding | undefined {
  const bare = trees.filter((tree) => !hasProperty(tree.root, MSM_ID));
  if (trees.length < 2 || bare.length === 0 || loader.needsMsmId) return undefined;
  return {
    code: 'lint.dtb-choice',
    level: 'warning',
    what: `${bare.length} of ${trees.length} device trees have no ${MSM_ID}: ${describe(bare)}`,
    where: 'dtb',
    why: `${loader.name} takes a single DTB as it is, but chooses among several by their ids`,
    todo: 'put in the one DTB of this device',
  };
}

/** Nodes that the loader fills in and does not make (lk2nd update_device_tree). */
function nodeFindings(tree: Fdt, loader: string): Finding[] {
  return ['/memory', '/chosen']
    .filter((path) => findNode(tree, path) === undefined)
    .map((path) => ({
      code: 'lint.dtb-node',
      level: 'error',
      what: `${describe([tree])} has no ${path} node`,
      where: 'dtb',
      why: `${loader} writes memory, command line and initrd there and stops without it`,
      todo: `add an empty ${path} node to the device tree`,
    }));
}

function describe(trees: readonly Fdt[]): string {
  return trees
    .map((tree) => compatibleOf(tree.root)[0] ?? textOf(tree.root, 'model') ?? 'a device tree without a name')
    .join(', ');
}
