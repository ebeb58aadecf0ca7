import { Command } from 'commander';
import type { Coverage, Finding, NodeCoverage } from '../lint/index.ts';
import type { DeviceCoverage } from '../recipe/index.ts';
import { type BuildFlags, payloadSource, requestOf, withPayloads } from './build-options.ts';
import { paint, say, sayJson, table } from './terminal.ts';

interface CoverageFlags extends Omit<BuildFlags, 'device'> {
  readonly bare?: boolean;
  readonly all?: boolean;
  readonly json?: boolean;
}

/** `mnx device coverage`: which nodes of a phone's device tree a kernel drives, and what stays dark. */
export function deviceCoverage(): Command {
  return withPayloads(new Command('coverage'))
    .description('say which driver serves each enabled node of the device tree, and what stays dark')
    .argument('<name|file>')
    .option('--variant <name>', 'a variant of the device')
    .option('--bare', "judge the distribution's kernel without the device's added drivers")
    .option('--all', 'list the nodes that are served as well')
    .option('--kernel-tree <folder>', 'judge a kernel build tree')
    .option('--kernel <file>', 'judge a kernel of your own (with --dtb, --modules)')
    .option('--modules <folder>', 'its modules')
    .option('--dtb <file>', 'another device tree', (value, all: string[] = []) => [...all, value])
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Examples:
  mnx device coverage asus-z00t
  mnx device coverage asus-z00t --bare      what the packaged kernel alone cannot drive
  mnx device coverage oneplus-enchilada --json

Exits 1 when storage, USB gadget or console stay dark.`,
    )
    .action(run);
}

async function run(name: string, flags: CoverageFlags): Promise<void> {
  const { deviceCoverage: judge } = await import('../recipe/index.ts');
  const { hasErrors, requireRoles } = await import('../lint/index.ts');
  const { withProgress } = await import('./progress.ts');
  const all = { ...flags, device: name };
  const request = await requestOf(all);
  const result = await withProgress(async (progress) =>
    judge(request, await payloadSource(all, progress), { bare: flags.bare === true }),
  );
  const findings = requireRoles(result.coverage, ['storage', 'usb', 'console']);
  if (flags.json) sayJson(asJson(result, findings));
  else for (const line of page(result, findings, flags.all === true)) say(line);
  if (hasErrors(findings)) process.exitCode = 1;
}

function asJson({ device, release, drivers, coverage }: DeviceCoverage, findings: readonly Finding[]) {
  const { nodes, blockers } = coverage;
  return { device: device.id, release, drivers, nodes, blockers, findings };
}

function page(
  { device, release, drivers, coverage }: DeviceCoverage,
  findings: readonly Finding[],
  all: boolean,
): string[] {
  const served = coverage.nodes.filter(({ dark }) => dark === undefined);
  const added = drivers.length === 0 ? '' : ` with ${drivers.join(', ')}`;
  return [
    paint('bold', `${device.id} on Linux ${release}${added}`),
    `${coverage.nodes.length} enabled nodes: ${served.length} served, ${coverage.dark.length} dark`,
    '',
    ...(all ? [...nodeRows(served, servedBy), ''] : []),
    ...darkLines(coverage),
    ...roleLines(findings),
  ];
}

function nodeRows(nodes: readonly NodeCoverage[], last: (node: NodeCoverage) => string): string[] {
  return table(nodes.map((node) => [`  ${node.path}`, node.compatible[0] ?? '', last(node)]));
}

function servedBy({ service }: NodeCoverage): string {
  if (service.drivers.length > 0) return `${service.by} ${service.drivers.join(', ')}`;
  return service.why === undefined ? service.by : `${service.by}: ${service.why}`;
}

function darkLines({ dark, blockers }: Coverage): string[] {
  if (dark.length === 0) return [paint('green', 'Nothing stays dark.'), ''];
  const awaited = blockers.flatMap(({ path, compatible, waiting }) => [
    `  ${paint('red', path)} (${compatible[0]}): ${waiting.length} nodes wait for it`,
    ...waiting.map((node) => `    ${node}`),
  ]);
  return [
    ...(awaited.length === 0 ? [] : [paint('bold', 'Without a driver, and awaited:'), ...awaited, '']),
    paint('bold', 'Dark:'),
    ...nodeRows(dark, darkBecause),
    '',
  ];
}

function darkBecause({ dark }: NodeCoverage): string {
  if (dark === undefined || dark.cause === 'driver') return 'no driver';
  return dark.cause === 'parent' ? `below ${dark.on.join(', ')}` : `waits for ${dark.on.join(', ')}`;
}

function roleLines(findings: readonly Finding[]): string[] {
  const loud = findings.filter(({ level }) => level !== 'note');
  if (loud.length === 0) return [paint('green', 'Storage, USB gadget and console are driven.')];
  return loud.flatMap(({ level, what, why, todo }) => [
    `${paint(level === 'error' ? 'red' : 'yellow', `${level}:`)} ${what}`,
    `  ${why}; ${todo}`,
  ]);
}
