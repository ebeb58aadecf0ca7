import { readFile } from 'node:fs/promises';
import { MissingError, MnxError, sha256, utf8 } from '../binary/index.ts';
import { expand } from '../compress/index.ts';
import { readFdt } from '../devicetree/index.ts';
import {
  buildInitramfs,
  type Contribution,
  type InitramfsParts,
  type ModuleFiles,
  type Reason,
} from '../initramfs/index.ts';
import { type ModuleIndex, moduleTables, parseKernelConfig } from '../kernel/index.ts';
import type { Finding } from '../lint/index.ts';
import {
  type Input,
  type OnProgress,
  type PayloadContext,
  type ProgramPayload,
  sysroot,
} from '../payload/index.ts';
import { animationPlan, prepareSplash, splashFiles } from '../splash/index.ts';
import { stage2Conf } from '../stage2/index.ts';
import { packageFolder } from './build-cache.ts';
import { type Compression, compressRamdisk, readableCompressions } from './fit.ts';
import { type Gathered, gather, moduleIndex, readModule } from './gather.ts';
import type { Ramdisk } from './image.ts';
import { ASKED, chooseModules } from './module-choice.ts';
import { type Plan, planBuild } from './plan.ts';
import type { BuildRequest } from './request.ts';
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
}

/** A ramdisk with what is in it. */
export interface MadeRamdisk {
  /** Compresses it; one that the user brought stays as it is. */
  pack(way: Compression): Promise<Ramdisk>;
  /** Names of the modules inside, in load order. */
  readonly modules: readonly string[];
  readonly findings: readonly Finding[];
  readonly contributions: readonly Contribution[];
  /** Why each path of the archive is there, and by which chain each module came in. */
  readonly why: {
    readonly paths: ReadonlyMap<string, Reason>;
    readonly modules: ReadonlyMap<string, string>;
  };
  /** The modules inside, where no package names them. */
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
  const made = await makeRamdisk({ request, plan, gathered, index, report: context.report });
  const { configText } = gathered.kernel;
  const config = configText === undefined ? undefined : parseKernelConfig(configText);
  const [way] = readableCompressions(plan.compressions, config);
  if (way === undefined) throw new MnxError('recipe.no-compression', 'the plan names no compression');
  return { ...made, ramdisk: await made.pack(way) };
}

/** Puts stage-1 together, or takes the ramdisk that the user brings. */
export async function makeRamdisk(parts: RamdiskParts): Promise<MadeRamdisk> {
  const { request, plan, gathered, report } = parts;
  if (gathered.ramdisk !== undefined) {
    const ramdisk = { data: gathered.ramdisk, expanded: undefined, note: 'yours' };
    return {
      pack: async () => ramdisk,
      modules: [],
      findings: [],
      contributions: [],
      why: NO_REASONS,
      inputs: [],
    };
  }
  const programs = gathered.programs;
  if (programs === undefined) throw new MnxError('recipe.no-programs', 'the plan names no programs');
  const chosen = await takeModules(parts);
  const splash = await drawSplash(parts);
  report({ label: 'Packing the ramdisk', done: 0, total: 0 });
  const { archive, contributions, reasons } = await buildInitramfs({
    device: request.device,
    stage1: packageFolder('stage1'),
    busybox: await readProgram(programs, 'usr/bin/busybox'),
    programs: {
      sysroots: programs.sysroot.roots,
      paths: await programPaths(programs, request.packages ?? []),
    },
    ...splash,
    ssh: {
      keys: plan.ssh.keys,
      passwordless: plan.ssh.passwordless,
      ...(gathered.hostKey === undefined ? {} : { hostKey: gathered.hostKey }),
    },
    stage2: stage2Conf(plan.stage2),
    release: plan.release,
    hooks: gathered.hooks,
    ...(chosen === undefined ? {} : { modules: chosen.files }),
    ...(plan.overlay === undefined ? {} : { overlay: plan.overlay }),
  });
  const note = `${chosen?.names.length ?? 0} modules`;
  return {
    pack: async (way) => ({
      data: await compressRamdisk(archive, way),
      expanded: archive.length,
      note: way.codec === 'gzip' ? note : `${note}, ${way.codec}`,
    }),
    modules: chosen?.names ?? [],
    findings: chosen?.findings ?? [],
    contributions,
    why: { paths: reasons, modules: chosen?.why ?? new Map() },
    inputs: chosen === undefined ? [] : moduleInputs(gathered, chosen.files),
  };
}

/** Modules of a folder or a build tree, as one input: by path and content. */
function moduleInputs({ kernel }: Gathered, { release, files }: ModuleFiles): Input[] {
  if (kernel.origin === 'package') return [];
  const lines = files.map(({ record, data }) => `${record.path} ${sha256(data)}\n`).sort();
  return [{ role: 'modules', name: 'modules', version: release, sha256: sha256(utf8(lines.join(''))) }];
}

interface TakenModules {
  readonly files: ModuleFiles;
  readonly names: readonly string[];
  readonly why: ReadonlyMap<string, string>;
  readonly findings: readonly Finding[];
}

async function takeModules({
  request,
  gathered,
  index,
  report,
}: RamdiskParts): Promise<TakenModules | undefined> {
  if (index === undefined) return undefined;
  const [dtb] = gathered.trees.dtbs;
  const fdt = dtb === undefined ? undefined : readFdt(dtb);
  const set = chooseModules(index, request.device, fdt, request.moreModules);
  const lacking = set.missing.find(({ wantedBy }) => wantedBy === ASKED);
  if (lacking !== undefined) {
    throw new MissingError('recipe.no-module', `the kernel has no module ${lacking.name}`, {
      hint: 'Correct --module, or take a kernel that has it.',
    });
  }
  const files: ModuleFiles['files'][number][] = [];
  for (const record of set.modules) {
    report({ label: 'Expanding modules', done: files.length, total: set.modules.length, unit: 'steps' });
    const data = await expand(await readModule(gathered, record.path), { limit: MODULE_LIMIT });
    files.push({ record, data });
  }
  return {
    files: { release: index.release, files, tables: moduleTables(index, set.modules), weak: set.weak },
    why: set.why,
    names: set.modules.map(({ name }) => name),
    findings: set.missing.map(({ name, wantedBy }) => ({
      code: 'recipe.module-missing',
      level: 'warning',
      what: `the kernel has no module ${name}`,
      where: wantedBy,
      why: 'what needs it will not work in stage-1',
      todo: 'correct `modules` of the device file, or take a kernel that has it',
    })),
  };
}

/** A picture of the user's own wins over the theme's. */
async function drawSplash(parts: RamdiskParts): Promise<Pick<InitramfsParts, 'splash' | 'animation'>> {
  const { request, plan, gathered, report } = parts;
  const { screen, usb } = request.device;
  if (plan.splash === undefined || screen === undefined) return {};
  report({ label: 'Rendering the splash', done: 0, total: 0 });
  const { picture } = gathered;
  const { banner, theme } = plan.splash;
  const splash = await prepareSplash({
    screen,
    steps: await stepNames(),
    address: usb.address,
    ssh: plan.ssh.on,
    ...(picture === undefined ? {} : { image: picture }),
    ...(theme === undefined ? {} : { theme }),
    ...(banner === undefined ? {} : { banner }),
  });
  const animation = animationPlan(splash);
  return { splash: splashFiles(splash), ...(animation === undefined ? {} : { animation }) };
}

async function readProgram({ sysroot }: ProgramPayload, path: string): Promise<Uint8Array> {
  const file = await sysroot.find(path);
  if (file === undefined) throw new MissingError('recipe.no-program', `no package brings ${path}`);
  return new Uint8Array(await readFile(file));
}

/** dropbear's programs, and every program of the packages that the user asked for. */
async function programPaths(programs: ProgramPayload, packages: readonly string[]): Promise<string[]> {
  const asked: string[] = [];
  for (const name of packages) {
    const own = sysroot([programs.rootOf(name)]);
    const found = [...(await own.list('/usr/bin')), ...(await own.list('/usr/sbin'))];
    if (found.length === 0) {
      throw new MissingError('recipe.no-program', `package ${name} has no programs`, {
        hint: 'Name the package that holds the program itself.',
      });
    }
    asked.push(...found.map((path) => path.slice(1)));
  }
  return ['usr/sbin/dropbear', 'usr/bin/dropbearkey', ...asked];
}
