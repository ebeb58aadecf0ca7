import { readFile } from 'node:fs/promises';
import { MissingError, MnxError, sha256, utf8 } from '../binary/index.ts';
import { type BlockMemory, expand } from '../compress/index.ts';
import { type Fdt, readFdt } from '../devicetree/index.ts';
import {
  buildInitramfs,
  type Contribution,
  hostKeyFingerprint,
  type ModuleFiles,
  type Reason,
  stepNamed,
} from '../initramfs/index.ts';
import {
  type KernelConfig,
  type ModuleIndex,
  type ModuleRecord,
  moduleTables,
  needsSignatures,
  withoutSignature,
} from '../kernel/index.ts';
import { checkRamdisk, checkRamdiskOption, type Finding } from '../lint/index.ts';
import {
  type Input,
  type OnProgress,
  type PayloadContext,
  type ProgramPayload,
  sysroot,
} from '../payload/index.ts';
import { rootNeeds, stage2Conf } from '../stage2/index.ts';
import { packageFolder } from './build-cache.ts';
import { deviceNeeds } from './device-needs.ts';
import {
  type ChosenFirmware,
  chooseFirmware,
  type FirmwareFacts,
  firmwareFacts,
  firmwareInputs,
  wantedFirmware,
} from './firmware.ts';
import { type Compression, compressRamdisk, readableCompressions } from './fit.ts';
import { type Gathered, gather, kernelKey, moduleIndex, readModule } from './gather.ts';
import type { Ramdisk } from './image.ts';
import { refuseErrors } from './judge.ts';
import { type KeptParts, openKept, partKey } from './kept-parts.ts';
import { configBeside, kernelConfig } from './kernel-config.ts';
import { ASKED, chooseModules, ROOT } from './module-choice.ts';
import { ADB, type Plan, planBuild } from './plan.ts';
import type { BuildRequest } from './request.ts';
import { readKernel } from './sources.ts';
import { splashPart } from './splash-part.ts';
import { stepNames } from './step-names.ts';

/** A module expands to less than this. */
const NO_REASONS: MadeRamdisk['why'] = { paths: new Map(), modules: new Map() };
const MODULE_LIMIT = 256 * 1024 * 1024;

/** What a ramdisk is made from. */
export interface RamdiskParts {
  readonly request: BuildRequest;
  readonly plan: Plan;
  readonly gathered: Gathered;
  /** Absent: the kernel came without modules. */
  readonly index: ModuleIndex | undefined;
  readonly report: OnProgress;
  /** What former builds of the device have made, by kind. */
  readonly keep: (kind: string) => KeptParts;
}

/** A ramdisk with what is in it. */
export interface MadeRamdisk {
  /** Compresses it; one that the user brought stays as it is. */
  pack(way: Compression, memory?: BlockMemory): Promise<Ramdisk>;
  /** Names of the modules inside, in load order. */
  readonly modules: readonly string[];
  readonly findings: readonly Finding[];
  readonly contributions: readonly Contribution[];
  /** Why each path of the archive is there, and by which chain each module came in. */
  readonly why: {
    readonly paths: ReadonlyMap<string, Reason>;
    readonly modules: ReadonlyMap<string, string>;
  };
  /** Absent when no driver wants any. */
  readonly firmware?: FirmwareFacts | undefined;
  /** `SHA256:...` by which ssh knows the phone; absent where nobody may log in. */
  readonly hostKey?: string | undefined;
  /** The modules and the firmware inside, where no package names them. */
  readonly inputs: readonly Input[];
}

/** The ramdisk of a request alone: `mnx initramfs`. */
export async function buildRamdisk(
  request: BuildRequest,
  context: PayloadContext,
): Promise<MadeRamdisk & { readonly ramdisk: Ramdisk }> {
  const plan = planBuild(request);
  const gathered = await gather(request, plan, context);
  const index = gathered.kernel.modulesRoot === undefined ? undefined : await moduleIndex(gathered);
  const keep = (kind: string): KeptParts => openKept(context.cache, plan, kind);
  const made = await makeRamdisk({ request, plan, gathered, index, report: context.report, keep });
  const config = await configOf(gathered, request);
  const [way] = readableCompressions(plan.compressions, config);
  if (way === undefined) throw new MnxError('recipe.no-compression', 'the plan names no compression');
  if (config !== undefined) refuseErrors(checkRamdiskOption(config, way.codec), request.force === true);
  return { ...made, ramdisk: await made.pack(way) };
}

/** A kernel without its configuration beside it may hold one, and is read for that. */
async function configOf({ kernel }: Gathered, { device }: BuildRequest): Promise<KernelConfig | undefined> {
  return configBeside(kernel) ?? kernelConfig(await readKernel(kernel, device.arch));
}

/** Puts stage-1 together, or takes the ramdisk that the user brings. */
export async function makeRamdisk(parts: RamdiskParts): Promise<MadeRamdisk> {
  const { request, plan, gathered, report } = parts;
  if (gathered.ramdisk !== undefined) {
    const ramdisk = { data: gathered.ramdisk, expanded: undefined, note: 'yours' };
    return {
      pack: async () => ramdisk,
      modules: [],
      findings: await checkRamdisk({ bytes: gathered.ramdisk, where: 'ramdisk' }),
      contributions: [],
      why: NO_REASONS,
      inputs: [],
    };
  }
  const programs = gathered.programs;
  if (programs === undefined) throw new MnxError('recipe.no-programs', 'the plan names no programs');
  const chosen = await takeModules(parts);
  const { firmware } = chosen ?? (await withoutModules(parts));
  const splash = await splashPart(parts);
  const because = await packedPrograms(parts, programs);
  report({ label: 'Packing the ramdisk', done: 0, total: 0 });
  const { archive, contributions, reasons } = await buildInitramfs({
    device: request.device,
    stage1: packageFolder('stage1'),
    busybox: await readProgram(programs, 'usr/bin/busybox'),
    programs: { sysroots: programs.sysroot.roots, paths: [...because.keys()], because },
    splash,
    ssh: {
      keys: plan.ssh.keys,
      passwordless: plan.ssh.passwordless,
      ...(gathered.hostKey === undefined ? {} : { hostKey: gathered.hostKey }),
    },
    stage2: stage2Conf(plan.stage2),
    release: plan.release,
    debug: plan.debug,
    ...(plan.probe === undefined ? {} : { probe: stepNamed(plan.probe, await stepNames()) }),
    hooks: gathered.hooks,
    ...(chosen === undefined ? {} : { modules: chosen.files }),
    brought: [...(gathered.own === undefined ? [] : [gathered.own]), { from: 'firmware', ...firmware }],
    ...(plan.overlay === undefined ? {} : { overlay: plan.overlay }),
  });
  const note = `${chosen?.names.length ?? 0} modules`;
  return {
    pack: async (way, memory) => ({
      data: await compressRamdisk(archive, way, memory),
      expanded: archive.length,
      note: way.codec === 'gzip' ? note : `${note}, ${way.codec}`,
    }),
    modules: chosen?.names ?? [],
    findings: [...(chosen?.findings ?? []), ...adbFindings(plan)],
    contributions,
    why: { paths: reasons, modules: chosen?.why ?? new Map() },
    firmware: firmwareFacts(firmware),
    hostKey: gathered.hostKey === undefined ? undefined : hostKeyFingerprint(gathered.hostKey),
    inputs: [
      ...(chosen === undefined ? [] : moduleInputs(gathered, chosen.files)),
      ...(plan.firmware.folders.length === 0 ? [] : firmwareInputs(firmware)),
    ],
  };
}

/** adb opens a shell to anyone on the cable, which an image that is not for debugging must not. */
function adbFindings({ adb }: Plan): Finding[] {
  if (adb !== 'no-debug') return [];
  return [
    {
      code: 'recipe.adb',
      level: 'warning',
      what: 'adb stays away, which the device has among its usb.extras',
      where: 'usb.extras',
      why: 'adbd gives a root shell to anyone on the cable, without a key',
      todo: 'add --debug for your own phone',
    },
  ];
}

/** Modules of a folder or a build tree, as one input: by path and content. */
function moduleInputs({ kernel }: Gathered, { release, files }: ModuleFiles): Input[] {
  if (kernel.origin === 'package') return [];
  const lines = files.map(({ record, data }) => `${record.path} ${sha256(data)}\n`).sort();
  return [{ role: 'modules', name: 'modules', version: release, sha256: sha256(utf8(lines.join(''))) }];
}

/** Of a kernel without modules: what device tree and device file name. */
async function withoutModules({ request, gathered }: RamdiskParts): Promise<{ firmware: ChosenFirmware }> {
  const none = { modules: [], weak: new Set<string>(), builtin: [], missing: [], why: new Map() };
  const wanted = wantedFirmware(none, { builtin: new Map() }, request.device, treeOf(gathered));
  return { firmware: await chooseFirmware(wanted, gathered.firmware) };
}

function treeOf({ trees }: Gathered): Fdt | undefined {
  const [dtb] = trees.dtbs;
  return dtb === undefined ? undefined : readFdt(dtb);
}

interface TakenModules {
  readonly files: ModuleFiles;
  readonly names: readonly string[];
  readonly why: ReadonlyMap<string, string>;
  readonly findings: readonly Finding[];
  readonly firmware: ChosenFirmware;
}

async function takeModules(parts: RamdiskParts): Promise<TakenModules | undefined> {
  const { request, plan, gathered, index } = parts;
  if (index === undefined) return undefined;
  const fdt = treeOf(gathered);
  const set = chooseModules(index, request.device, fdt, {
    asked: plan.moreModules,
    onDemand: rootNeeds(plan.root).modules,
    debug: plan.debug,
    adb: plan.adb === 'inside',
  });
  const lacking = set.missing.find(({ wantedBy }) => wantedBy === ASKED);
  if (lacking !== undefined) {
    throw new MissingError('recipe.no-module', `the kernel has no module ${lacking.name}`, {
      hint: 'Correct --module, or take a kernel that has it.',
    });
  }
  const files = await expandedModules(set.modules, parts);
  const wanted = wantedFirmware(set, index, request.device, fdt);
  return {
    firmware: await chooseFirmware(wanted, gathered.firmware),
    files: { release: index.release, files, tables: moduleTables(index, set.modules), weak: set.weak },
    why: set.why,
    names: set.modules.map(({ name }) => name),
    findings: set.missing.map(({ name, wantedBy }) => ({
      code: 'recipe.module-missing',
      level: 'warning',
      what: `the kernel has no module ${name}`,
      where: wantedBy,
      why: 'what needs it will not work in stage-1',
      todo:
        wantedBy === ROOT
          ? 'name another root, or take a kernel that has it'
          : 'correct `modules` of the device file, or take a kernel that has it',
    })),
  };
}

/**
 * Modules as the archive has them; what a former build of this kernel has expanded is taken over. Signatures
 * stay away where the kernel can do without: it takes longer to check one than to load the module, and of
 * all bytes they alone cannot be compressed.
 */
async function expandedModules(
  modules: readonly ModuleRecord[],
  { plan, gathered, report, keep }: RamdiskParts,
): Promise<ModuleFiles['files']> {
  const kept = keep('modules');
  const about = kernelKey(gathered);
  const config = configBeside(gathered.kernel);
  const signed = needsSignatures(config, plan.cmdline);
  const files: ModuleFiles['files'][number][] = [];
  for (const record of modules) {
    const key = partKey([...about, record.path]);
    let data = kept.get(key);
    if (data === undefined) {
      report({ label: 'Expanding modules', done: files.length, total: modules.length, unit: 'steps' });
      data = await expand(await readModule(gathered, record.path), { limit: MODULE_LIMIT });
      kept.set(key, data);
    }
    files.push({ record, data: signed ? data : withoutSignature(data) });
  }
  await kept.save();
  return files;
}

async function readProgram({ sysroot }: ProgramPayload, path: string): Promise<Uint8Array> {
  const file = await sysroot.find(path);
  if (file === undefined) throw new MissingError('recipe.no-program', `no package brings ${path}`);
  return new Uint8Array(await readFile(file));
}

/** The programs beside busybox, and what each is for. The first reason counts. */
async function packedPrograms(
  { request: { device, packages = [] }, plan }: RamdiskParts,
  programs: ProgramPayload,
): Promise<Map<string, string>> {
  const out = new Map<string, string>();
  const add = (paths: readonly string[], because: string): void => {
    for (const path of paths) if (!out.has(path)) out.set(path, because);
  };
  add(['usr/sbin/dropbear', 'usr/bin/dropbearkey'], 'SSH');
  for (const name of packages)
    add(await programsOf(programs, name), `the package ${name}, which was asked for`);
  add(deviceNeeds(device).programs, `the device ${device.id}`);
  if (plan.adb === 'inside') add([ADB.program], `the USB gadget of ${device.id}`);
  add(rootNeeds(plan.root).programs, `the root ${plan.root}`);
  return out;
}

/** Every program of a package that the user asked for. */
async function programsOf(programs: ProgramPayload, name: string): Promise<string[]> {
  const own = sysroot([programs.rootOf(name)]);
  const found = [...(await own.list('/usr/bin')), ...(await own.list('/usr/sbin'))];
  if (found.length === 0) {
    throw new MissingError('recipe.no-program', `package ${name} has no programs`, {
      hint: 'Name the package that holds the program itself.',
    });
  }
  return found.map((path) => path.slice(1));
}
