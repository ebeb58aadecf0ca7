import { hex } from '../binary/index.ts';
import type { BuildRequest, BuildResult, Manifest, Plan } from '../recipe/index.ts';
import { accessLines, findingLines } from './access-lines.ts';
import { firmwareLines } from './firmware-lines.ts';
import { paint, shellWord, size, table, wrapped } from './terminal.ts';

interface Build {
  readonly result: BuildResult;
  readonly request: BuildRequest;
  readonly plan: Plan;
}

/** Where the files went, and how the user named the device: a name or a file. */
interface Written {
  readonly output: string;
  /** What was written with it: vendor_boot, where the header version has one, and the manifest last. */
  readonly beside: readonly string[];
  readonly named: string;
}

/** What `mnx bootimg` says when it is done: the image, where it is, what to type next. */
export function bootimgReport(build: Build, written: Written): string[] {
  const { manifest, cached } = build.result;
  const unchanged = cached ? ', unchanged since the last build' : '';
  const { output, beside } = written;
  const files = [
    `${output} (${size(manifest.image.size)})`,
    ...(manifest.vendorBoot === undefined ? [] : [`${beside[0]} (${size(manifest.vendorBoot.size)})`]),
  ].join(', ');
  return [
    ...imageReport(build),
    `${paint('green', 'wrote')} ${files} and ${beside.at(-1)}${unchanged}`,
    ...nextLines(build, written),
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
    ...firmwareLines(manifest.firmware),
    ...accessLines(plan, request.device, manifest.ssh.hostKey),
    ...findingLines(manifest.findings),
    '',
  ];
}

function headline({ device }: BuildRequest, manifest: Manifest): string {
  const variant = manifest.variant === undefined ? '' : `, variant ${manifest.variant}`;
  const maker = device.name.startsWith(device.manufacturer) ? '' : `${device.manufacturer} `;
  return paint('bold', `${maker}${device.name} (${device.id}${variant})`);
}

function partLines({ parts, header, vendorBoot }: Manifest): string[] {
  const rows = (of: Manifest['parts'][number]['image']) =>
    table(parts.filter(({ image }) => image === of).map(partRow), [1]);
  const first = [`Header version ${header['version']}, page ${header['pageSize']}`, ...rows(undefined)];
  if (vendorBoot === undefined) return first;
  const words = header['vendorCmdline'] === '' ? '' : `, command line ${header['vendorCmdline']}`;
  const empty = parts.some(({ image }) => image === 'vendor_boot') ? [] : ['  nothing but its header'];
  return [
    ...first,
    `vendor_boot, page ${header['vendorPageSize']}${words}`,
    ...rows('vendor_boot'),
    ...empty,
  ];
}

function partRow({ name, size: bytes, expanded, note }: Manifest['parts'][number]): string[] {
  return [`  ${name}`, size(bytes), expanded === undefined ? '' : `from ${size(expanded)}`, note ?? ''];
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

function partitionLine({ device }: BuildRequest, { image, vendorBoot }: Manifest): string[] {
  const vendorSize = device.partitions.vendorBoot;
  if (vendorBoot === undefined || vendorSize === undefined) return bootPartitionLine(device, image.size);
  const share = Math.round((vendorBoot.size / vendorSize) * 100);
  return [
    ...bootPartitionLine(device, image.size),
    `vendor_boot partition: ${share} % of ${size(vendorSize)}`,
  ];
}

function bootPartitionLine(device: BuildRequest['device'], bytes: number): string[] {
  const partition = device.partitions.boot;
  if (partition === undefined) return [];
  const room = partition - device.loader.partitionReserved;
  const share = Math.round((bytes / room) * 100);
  const reserved = device.loader.partitionReserved;
  const kept = reserved > 0 ? ` (${size(partition)}, ${device.loader.name} keeps ${size(reserved)})` : '';
  return [`Boot partition: ${share} % of ${size(room)}${kept}`];
}

function signatureLine({ inputs }: Manifest, { avb }: Plan): string[] {
  const key = inputs.find(({ role }) => role === 'avb-key');
  if (avb === undefined || key === undefined) return [];
  const partitions = avb.vendorBootSize === undefined ? avb.partition : `${avb.partition} and vendor_boot`;
  return [`AVB: signed for ${partitions}, public key ${key.sha256.slice(0, 16)}...`];
}

function nextLines({ request, plan }: Build, { output, beside, named }: Written): string[] {
  const { loader } = request.device;
  if (loader.kind === 'direct') {
    const pair = plan.vendorBoot === undefined ? '' : ` --image ${shellWord(output)}`;
    return ['', `Next: ${paint('cyan', `mnx emulate --device ${shellWord(named)}${pair}`)}`];
  }
  const vendorBoot = plan.vendorBoot === undefined ? undefined : beside[0];
  const words = fastbootWords(request.purpose, output, vendorBoot);
  return [
    '',
    'Next:',
    `  ${paint('cyan', ['fastboot', ...words].map(shellWord).join(' '))}`,
    ...(request.purpose === 'boot' && vendorBoot !== undefined
      ? wrapped(vendorBootAdvice(`fastboot flash vendor_boot ${shellWord(vendorBoot)}`), 4).map(
          (line) => `    ${line}`,
        )
      : []),
    ...(loader.reach === undefined ? [] : wrapped(loader.reach, 4).map((line) => `    ${line}`)),
    ...(plan.ssh.on
      ? [`  ${paint('cyan', `mnx ssh --device ${shellWord(named)}`)}`, '    when the splash shows']
      : []),
  ];
}

/**
 * What fastboot is told: one run for both images, so that it stops at the first that fails.
 * @param vendorBoot the file of vendor_boot, where the header version has one
 */
export function fastbootWords(
  purpose: 'boot' | 'flash',
  image: string,
  vendorBoot: string | undefined,
): string[] {
  if (purpose === 'boot') return ['boot', image];
  const pair = vendorBoot === undefined ? [] : ['flash', 'vendor_boot', vendorBoot];
  return [...pair, 'flash', 'boot', image];
}

/** fastboot sends boot.img alone, and loaders read vendor_boot from the phone (ABL, CmdBoot). */
export function vendorBootAdvice(command: string): string {
  return (
    'the loader takes vendor_boot from the phone, and with it the device tree: write that of this build once, ' +
    `and again when the tree changes: ${command}`
  );
}
