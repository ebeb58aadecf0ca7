import { sha256, utf8 } from '../binary/index.ts';
import type { Device } from '../device/index.ts';
import { compatibleOf, type Fdt, isReachable, stringsOf, walk } from '../devicetree/index.ts';
import type { Entry, Reason } from '../initramfs/index.ts';
import type { ModuleIndex, ModuleSet } from '../kernel/index.ts';
import type { FirmwarePayload, Input } from '../payload/index.ts';

/** A file that a driver will ask for: its name, or a pattern as `brcm/brcmfmac*-sdio.*.txt`. */
export interface WantedFirmware {
  readonly name: string;
  /** The chain by which it is wanted. */
  readonly by: string;
}

/** Firmware as it goes into an archive. */
export interface ChosenFirmware {
  readonly entries: readonly Entry[];
  /** Why each path is there. */
  readonly reasons: ReadonlyMap<string, Reason>;
  /** Names that nobody brings, with the chain by which they are wanted; sorted. */
  readonly missing: readonly WantedFirmware[];
}

/** The drivers' firmware: what is inside, and what nobody brought, with the chain by which it is wanted. */
export interface FirmwareFacts {
  readonly inside: readonly string[];
  readonly missing: readonly WantedFirmware[];
}

const FOLDER = 'usr/lib/firmware';

/**
 * What the drivers of an image ask for: `firmware=` in the `.modinfo` of its modules and of those built-in
 * ones that the device wants, `firmware-name` in the enabled nodes of its tree, and the device file's list.
 */
export function wantedFirmware(
  { modules, builtin, why }: ModuleSet,
  index: Pick<ModuleIndex, 'builtin'>,
  device: Pick<Device, 'id' | 'firmware'>,
  fdt: Fdt | undefined,
): WantedFirmware[] {
  return [
    ...modules.flatMap(({ name, firmware }) =>
      firmware.map((file) => ({ name: file, by: chainOf(name, why.get(name)) })),
    ),
    ...builtin.flatMap((name) =>
      (index.builtin.get(name)?.firmware ?? []).map((file) => ({
        name: file,
        by: `the firmware of ${name}, which is built in`,
      })),
    ),
    ...(fdt === undefined ? [] : namedByTree(fdt)),
    ...device.firmware.files.map((name) => ({ name, by: `the firmware of ${device.id}` })),
  ];
}

function chainOf(module: string, why: string | undefined): string {
  return `the firmware of ${module}${why === undefined ? '' : ` <- ${why}`}`;
}

function namedByTree(fdt: Fdt): WantedFirmware[] {
  const wanted: WantedFirmware[] = [];
  for (const placed of walk(fdt)) {
    if (!isReachable(placed)) continue;
    const compatible = compatibleOf(placed.node).join(', ');
    const by = `firmware-name of ${placed.path}${compatible === '' ? '' : ` (${compatible})`}`;
    for (const name of stringsOf(placed.node, 'firmware-name')) wanted.push({ name, by });
  }
  return wanted;
}

/**
 * Takes what is wanted and there. Of an `.mdt`, which is only the head of a Qualcomm image, the pieces
 * `.b00` and on come along: drivers/soc/qcom/mdt_loader.c asks for them by that name.
 */
export async function chooseFirmware(
  wanted: readonly WantedFirmware[],
  payload: FirmwarePayload | undefined,
): Promise<ChosenFirmware> {
  const chosen = new Map<string, string>();
  const missing = new Map<string, WantedFirmware>();
  for (const { name, by } of wanted) {
    const found = matching(name, payload?.names ?? []);
    for (const one of found) if (!chosen.has(one)) chosen.set(one, by);
    if (found.length === 0 && !missing.has(name)) missing.set(name, { name, by });
  }
  const entries: Entry[] = [];
  const reasons = new Map<string, Reason>();
  // A Map gives out what is added while it is walked.
  for (const [name, by] of chosen) {
    const path = `${FOLDER}/${name}`;
    reasons.set(path, { because: by });
    const content = await payload?.read(name);
    if (content === undefined) continue;
    if (content instanceof Uint8Array) entries.push({ type: 'file', path, mode: 0o644, data: content });
    else {
      entries.push({ type: 'symlink', path, mode: 0o777, target: `/lib/firmware/${content.link}` });
      if (payload?.names.includes(content.link) && !chosen.has(content.link)) {
        chosen.set(content.link, `a link to it: ${name} <- ${by}`);
      }
    }
  }
  return {
    entries: entries.sort((a, b) => (a.path < b.path ? -1 : 1)),
    reasons,
    missing: [...missing.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

function matching(name: string, names: readonly string[]): string[] {
  const heads = names.filter(patternOf(name));
  return heads.flatMap((head) => {
    if (!head.endsWith('.mdt')) return [head];
    const stem = head.slice(0, -'mdt'.length);
    return [head, ...names.filter((one) => one.startsWith(stem) && /\.b\d\d$/.test(one))];
  });
}

/** Names are plain but for some drivers' `*` and `?` (MODULE_FIRMWARE of brcmfmac). */
function patternOf(name: string): (candidate: string) => boolean {
  if (!/[*?]/.test(name)) return (candidate) => candidate === name;
  const escaped = name.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  const pattern = new RegExp(`^${escaped.replaceAll('*', '[^/]*').replaceAll('?', '[^/]')}$`);
  return (candidate) => pattern.test(candidate);
}

/** What of the drivers' firmware is inside, and what nobody brought. */
export function firmwareFacts({ entries, missing }: ChosenFirmware): FirmwareFacts | undefined {
  if (entries.length + missing.length === 0) return undefined;
  return { inside: entries.map(({ path }) => path.slice(FOLDER.length + 1)), missing };
}

/** Files of folders, as one input: by name and content. Packages are inputs themselves. */
export function firmwareInputs({ entries }: ChosenFirmware): Input[] {
  const lines = entries.map((entry) => `${entry.path} ${entry.type === 'file' ? sha256(entry.data) : ''}\n`);
  return [{ role: 'firmware', name: 'firmware', version: '', sha256: sha256(utf8(lines.join(''))) }];
}
