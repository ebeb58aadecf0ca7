import {
  baseName,
  compatibleOf,
  type Fdt,
  type FdtNode,
  findNode,
  hasProperty,
  resolvePath,
  textOf,
} from '../devicetree/index.ts';

/** What a phone must have to be of use in stage-1. */
export type Role = 'storage' | 'usb' | 'console';

/** A node that has a role. */
export interface RoleNode {
  readonly path: string;
  /** Whether the role is lost with this node alone: soldered storage, the only console. */
  readonly essential: boolean;
}

const MMC_NAMES: ReadonlySet<string> = new Set(['mmc', 'sdhci', 'mshc', 'dwmmc']);
const DISK_NAMES: ReadonlySet<string> = new Set(['ufs', 'ufshc', 'nvme', 'sata', 'nand', 'nand-controller']);

/**
 * A host of memory cards or of soldered memory. A host that says it has neither card (`no-sd`) nor
 * memory (`no-mmc`), or that describes a radio on its slot, serves SDIO only.
 */
export function storageHost(path: string, node: FdtNode): RoleNode | undefined {
  const name = baseName(node);
  if (DISK_NAMES.has(name)) return { path, essential: true };
  if (!MMC_NAMES.has(name)) return undefined;
  const radio = node.children.some(
    (child) => hasProperty(child, 'reg') && !compatibleOf(child).includes('mmc-card'),
  );
  if (radio || (hasProperty(node, 'no-sd') && hasProperty(node, 'no-mmc'))) return undefined;
  return { path, essential: hasProperty(node, 'non-removable') };
}

/** Hosts that can never be a gadget. */
const HOST_ONLY = /(ehci|ohci|uhci|xhci)/;

/**
 * A USB controller that can be a gadget: `dr_mode` peripheral or otg, or not given, which drivers read
 * as otg. Of a wrapper around a controller the controller inside counts.
 */
export function gadgetController(path: string, node: FdtNode): RoleNode | undefined {
  const name = baseName(node);
  if (name !== 'usb' && name !== 'dwc3' && name !== 'usb-otg') return undefined;
  if (compatibleOf(node).some((entry) => HOST_ONLY.test(entry))) return undefined;
  if (textOf(node, 'dr_mode') === 'host') return undefined;
  const wraps = node.children.some((child) => ['usb', 'dwc3'].includes(baseName(child)));
  return wraps ? undefined : { path, essential: false };
}

/** The serial port of `/chosen/stdout-path`; undefined when the tree names none. */
export function consolePath(fdt: Fdt): string | undefined {
  const chosen = findNode(fdt, '/chosen');
  const text = chosen && (textOf(chosen, 'stdout-path') ?? textOf(chosen, 'linux,stdout-path'));
  return text === undefined ? undefined : resolvePath(fdt, text);
}
