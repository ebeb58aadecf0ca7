import { findNode } from '../devicetree/index.ts';
import type { Coverage } from './coverage.ts';
import type { Finding } from './finding.ts';
import type { NodeCoverage } from './node-coverage.ts';
import { consolePath, gadgetController, type Role, type RoleNode, storageHost } from './roles.ts';

const NAMES: Readonly<Record<Role, { readonly what: string; readonly lost: string }>> = {
  storage: { what: 'storage', lost: 'stage-1 finds no disk and no root' },
  usb: { what: 'USB gadget', lost: 'there is no network over the cable and no SSH' },
  console: { what: 'console', lost: 'the kernel and stage-1 say nothing on the serial port' },
};

/** The enabled nodes that have a role, dark or not. */
export function roleNodes(coverage: Coverage, role: Role): (NodeCoverage & RoleNode)[] {
  const found: (NodeCoverage & RoleNode)[] = [];
  for (const node of coverage.nodes) {
    const place = placeOf(coverage, role, node.path);
    if (place !== undefined) found.push({ ...node, ...place });
  }
  return found;
}

function placeOf(coverage: Coverage, role: Role, path: string): RoleNode | undefined {
  if (role === 'console') {
    return consolePath(coverage.fdt) === path ? { path, essential: true } : undefined;
  }
  const node = findNode(coverage.fdt, path);
  if (node === undefined) return undefined;
  return role === 'storage' ? storageHost(path, node) : gadgetController(path, node);
}

/**
 * Holds the coverage against what stage-1 needs. A role is lost, an error, when an essential node of
 * it is dark or all of its nodes are; a dark node beside a lit one is a warning. A role that the tree
 * does not mention at all is a note: the device may have it on a bus that announces itself.
 */
export function requireRoles(coverage: Coverage, roles: readonly Role[]): Finding[] {
  return roles.flatMap((role) => {
    const nodes = roleNodes(coverage, role);
    if (nodes.length === 0) return [absent(role)];
    const allDark = nodes.every((node) => node.dark !== undefined);
    return nodes
      .filter((node) => node.dark !== undefined)
      .map((node) => {
        const level = allDark || node.essential ? 'error' : 'warning';
        const why =
          level === 'error' ? NAMES[role].lost : `another ${NAMES[role].what} node works, this one does not`;
        return { code: `lint.${role}-dark`, level, why, ...darkNode(coverage, NAMES[role].what, node) };
      });
  });
}

function absent(role: Role): Finding {
  return {
    code: `lint.${role}-absent`,
    level: 'note',
    what: `the device tree describes no enabled ${NAMES[role].what}`,
    where: role === 'console' ? '/chosen' : '/',
    why: `unless it is found on a bus that announces its devices, ${NAMES[role].lost}`,
    todo: 'nothing, when the device has it elsewhere',
  };
}

/** Why a node that somebody counts on stays dark, and what to do about it. */
export function darkNode(
  coverage: Coverage,
  name: string,
  { path, dark }: NodeCoverage,
): Pick<Finding, 'what' | 'where' | 'todo'> {
  const roots = (dark?.roots ?? []).map((root) => described(coverage, root));
  return {
    what:
      dark?.cause === 'driver'
        ? `${name} ${described(coverage, path)} has no driver in this kernel`
        : `${name} ${path} waits for ${roots.join(', ')}, which this kernel has no driver for`,
    where: path,
    todo: 'add the driver to `drivers` of the device file, or take a kernel that has it',
  };
}

function described(coverage: Coverage, path: string): string {
  const compatible = coverage.nodes.find((node) => node.path === path)?.compatible[0];
  return compatible === undefined ? path : `${path} (${compatible})`;
}
