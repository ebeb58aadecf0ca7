import { hex } from '../binary/index.ts';
import type { BuildRequest, BuildResult, Manifest, Plan } from '../recipe/index.ts';
import { paint, size, table, wrapped } from './terminal.ts';

interface Build {
  readonly result: BuildResult;
  readonly request: BuildRequest;
  readonly plan: Plan;
}

/** Where the image went, and how the user named the device: a name or a file. */
interface Written {
  readonly output: string;
  readonly named: string;
}

/** What `mnx bootimg` says when it is done: the image, where it is, what to type next. */
export function bootimgReport(build: Build, { output, named }: Written): string[] {
  const { manifest, cached } = build.result;
  const unchanged = cached ? ', unchanged since the last build' : '';
  return [
    ...imageReport(build),
    `${paint('green', 'wrote')} ${output} (${size(manifest.image.size)}) and ${output}.json${unchanged}`,
    ...nextLines(build, { output, named }),
  ];
}

/** An image for people: its parts, the memory of the device, the partition, who may log in. */
export function imageReport({ result: { manifest }, request, plan }: Build): string[] {
  return [
    headline(request, manifest),
    '',
    ...partLines(manifest),
    '',
    ...memoryLines(manifest),
    ...partitionLine(request, manifest),
    ...signatureLine(manifest, plan),
    ...accessLines(plan),
    ...findingLines(manifest),
  ];
}

function headline({ device }: BuildRequest, manifest: Manifest): string {
  const variant = manifest.variant === undefined ? '' : `, variant ${manifest.variant}`;
  const maker = device.name.startsWith(device.manufacturer) ? '' : `${device.manufacturer} `;
  return paint('bold', `${maker}${device.name} (${device.id}${variant})`);
}

function partLines({ parts, header }: Manifest): string[] {
  const rows = parts.map(({ name, size: bytes, expanded, note }) => [
    `  ${name}`,
    size(bytes),
    expanded === undefined ? '' : `from ${size(expanded)}`,
    note ?? '',
  ]);
  return [`Header version ${header['version']}, page ${header['pageSize']}`, ...table(rows, [1])];
}

function memoryLines({ layout, memory }: Manifest): string[] {
  const [first = '', ...rest] = wrapped(`${layout.kind}: ${layout.because}`, 'Layout '.length);
  const lines = [`Layout ${first}`, ...rest.map((line) => `  ${line}`)];
  if (memory === undefined) return [...lines, ''];
  const rows = memory.ranges.map(({ name, start, end, note }) => [
    `  ${hex(start, 8)} .. ${hex(end, 8)}`,
    name,
    size(end - start),
    note,
  ]);
  return [...lines, ...table(rows, [2]), ''];
}

function partitionLine({ device }: BuildRequest, { image }: Manifest): string[] {
  const partition = device.partitions.boot;
  if (partition === undefined) return [];
  const room = partition - device.loader.partitionReserved;
  const share = Math.round((image.size / room) * 100);
  const reserved = device.loader.partitionReserved;
  const kept = reserved > 0 ? ` (${size(partition)}, ${device.loader.name} keeps ${size(reserved)})` : '';
  return [`Boot partition: ${share} % of ${size(room)}${kept}`];
}

function signatureLine({ inputs }: Manifest, { avb }: Plan): string[] {
  const key = inputs.find(({ role }) => role === 'avb-key');
  if (avb === undefined || key === undefined) return [];
  return [`AVB: signed for ${avb.partition}, public key ${key.sha256.slice(0, 16)}...`];
}

function accessLines({ ssh, ramdisk }: Plan): string[] {
  if (ramdisk !== undefined) return [];
  const lines = [
    `SSH: ${ssh.on ? `on, for ${ssh.because}` : 'off, because no key was named (--ssh-key FILE)'}`,
  ];
  if (ssh.passwordless) {
    lines.push(
      `${paint('yellow', 'warning:')} --passwordless: anyone on the cable is root; the splash says so too`,
    );
  }
  return lines;
}

function findingLines({ findings }: Manifest): string[] {
  const shown = findings.filter(({ level }) => level !== 'note');
  const lines = shown.flatMap(({ level, code, what, why, todo }) => [
    `${paint(level === 'error' ? 'red' : 'yellow', `${level}:`)} ${what} [${code}]`,
    `  ${why}`,
    `  ${todo}`,
  ]);
  return [...lines, ''];
}

function nextLines({ request, plan }: Build, { output, named }: Written): string[] {
  const { loader } = request.device;
  if (loader.kind === 'direct') return ['', `Next: ${paint('cyan', `mnx emulate --device ${named}`)}`];
  const verb = request.purpose === 'flash' ? `fastboot flash boot ${output}` : `fastboot boot ${output}`;
  return [
    '',
    'Next:',
    `  ${paint('cyan', verb)}`,
    ...(loader.reach === undefined ? [] : wrapped(loader.reach, 4).map((line) => `    ${line}`)),
    ...(plan.ssh.on ? [`  ${paint('cyan', `mnx ssh --device ${named}`)}`, '    when the splash shows'] : []),
  ];
}
