import type { KeyObject } from 'node:crypto';
import { basename } from 'node:path';
import { sha256, utf8 } from '../binary/index.ts';
import type { Driver } from '../device/index.ts';
import {
  authorizedKeys,
  type Brought,
  type Entry,
  type Hook,
  packCpio,
  publicBlob,
  readOverlay,
  stepNamed,
  stepNames,
} from '../initramfs/index.ts';
import { checkVermagic, type ModuleIndex, readModinfo, withModules } from '../kernel/index.ts';
import {
  type BuiltDriver,
  buildDrivers,
  debianArch,
  type FirmwarePayload,
  firmwarePayload,
  type Input,
  type KernelPayload,
  type PayloadContext,
  type ProgramPayload,
  programPayload,
} from '../payload/index.ts';
import { frameFiles, THEMES } from '../splash/index.ts';
import { packageFolder } from './build-cache.ts';
import { withCrashLog } from './crash-log.ts';
import { hostKey, ownHostKey } from './host-key.ts';
import { sortInputs } from './manifest.ts';
import { missingDrivers } from './module-choice.ts';
import { type OwnPrograms, ownPrograms } from './own-programs.ts';
import type { Plan } from './plan.ts';
import type { BuildRequest } from './request.ts';
import { keyInput } from './sign.ts';
import { type DeviceTrees, findKernel, findTrees, inputOfBytes, readInput } from './sources.ts';

/** Everything that goes into a build, found and hashed; little of it read yet. */
export interface Gathered {
  readonly kernel: KernelPayload;
  readonly trees: DeviceTrees;
  readonly drivers: readonly BuiltDriver[];
  readonly programs: ProgramPayload | undefined;
  /** Absent where nothing was named that has any. */
  readonly firmware: FirmwarePayload | undefined;
  /** Programs of a root file system of the user's own. */
  readonly own: Brought | undefined;
  readonly hostKey: KeyObject | undefined;
  readonly overlay: readonly Entry[];
  readonly hooks: readonly Hook[];
  readonly picture: Uint8Array | string | undefined;
  readonly ramdisk: Uint8Array | undefined;
  /** PEM text of the key that signs. */
  readonly avbKey: Uint8Array | undefined;
  /** Sorted, each once. */
  readonly inputs: readonly Input[];
}

/** Folder of drivers in the module tree, as DKMS has it. */
const DRIVER_FOLDER = 'updates';

/** Finds every input of a plan: the user's own first, then the cache, then the network. */
export async function gather(request: BuildRequest, plan: Plan, context: PayloadContext): Promise<Gathered> {
  // First, as it may be refused, and all else takes time.
  const ownKey = await ownHostKey(plan.ssh.hostKey);
  const kernel = await findKernel(request, plan, context);
  const trees = prepared(await findTrees(request, plan, kernel), plan);
  const drivers = await findDrivers(request, plan.drivers, kernel, context);
  const programs = await findPrograms(request, plan, context);
  const firmware = await findFirmware(request, plan, context);
  const brought = await findOwnPrograms(request, plan, programs);
  const own = await ownFiles(plan);
  const key = plan.ssh.on ? await hostKey(request.device.id, ownKey) : undefined;
  const avbKey = plan.avb === undefined ? undefined : await readInput(plan.avb.key);
  return {
    kernel,
    trees,
    drivers: drivers.modules,
    programs,
    firmware,
    own: brought?.brought,
    hostKey: key,
    ...own.found,
    avbKey,
    inputs: sortInputs([
      ...kernel.inputs,
      ...trees.inputs,
      ...drivers.inputs,
      ...(programs?.inputs ?? []),
      ...(firmware?.inputs ?? []),
      ...(brought === undefined ? [] : [brought.input]),
      ...own.inputs,
      ...keyInputs(plan, key),
      ...(avbKey === undefined ? [] : [keyInput(avbKey)]),
    ]),
  };
}

/** The trees as they go into the image; what came in stays an input as it was. */
function prepared(trees: DeviceTrees, { crashLog }: Plan): DeviceTrees {
  if (crashLog === undefined) return trees;
  return { ...trees, dtbs: trees.dtbs.map((dtb) => withCrashLog(dtb, crashLog)) };
}

async function findDrivers(
  request: BuildRequest,
  named: readonly Driver[],
  kernel: KernelPayload,
  context: PayloadContext,
): Promise<{ modules: readonly BuiltDriver[]; inputs: readonly Input[] }> {
  const [main] = kernel.packages;
  if (named.length === 0 || main === undefined) return { modules: [], inputs: [] };
  const drivers = missingDrivers(named, await kernel.index());
  if (drivers.length === 0) return { modules: [], inputs: [] };
  return buildDrivers(context, {
    drivers,
    arch: request.device.arch,
    kernel: { version: main.version, release: kernel.release, suite: main.suite },
  });
}

async function findPrograms(
  request: BuildRequest,
  plan: Plan,
  context: PayloadContext,
): Promise<ProgramPayload | undefined> {
  const [first] = plan.programs;
  if (first === undefined) return undefined;
  return programPayload(context, {
    packages: plan.programs.map(({ name }) => name),
    suite: first.suite,
    arch: debianArch(request.device.arch),
  });
}

async function findOwnPrograms(
  { device }: BuildRequest,
  { sysroot }: Plan,
  programs: ProgramPayload | undefined,
): Promise<OwnPrograms | undefined> {
  if (sysroot === undefined) return undefined;
  return ownPrograms(sysroot, programs?.sysroot.roots ?? [], device.arch);
}

async function findFirmware(
  request: BuildRequest,
  { firmware }: Plan,
  context: PayloadContext,
): Promise<FirmwarePayload | undefined> {
  const { folders, packages } = firmware;
  if (folders.length + packages.length === 0) return undefined;
  return firmwarePayload(context, { folders, packages, arch: debianArch(request.device.arch) });
}

interface OwnFiles {
  readonly found: Pick<Gathered, 'overlay' | 'hooks' | 'picture' | 'ramdisk'>;
  readonly inputs: readonly Input[];
}

/** Files and folders that the user named. */
async function ownFiles({ overlay, hooks, splash, ramdisk }: Plan): Promise<OwnFiles> {
  const inputs: Input[] = [];
  const read = async (role: string, path: string | undefined): Promise<Uint8Array | undefined> => {
    if (path === undefined) return undefined;
    const bytes = await readInput(path);
    inputs.push(inputOfBytes(role, basename(path), bytes));
    return bytes;
  };
  const entries = overlay === undefined ? [] : await readOverlay(overlay);
  if (overlay !== undefined) inputs.push(inputOfBytes('overlay', basename(overlay), packCpio(entries)));
  const picture = await ownPicture(splash?.picture, read, inputs);
  const theme = splash?.theme;
  if (theme !== undefined && !THEMES.includes(theme)) inputs.push(await folderInput('theme', theme));
  const steps = hooks.length === 0 ? [] : await stepNames(packageFolder('stage1'));
  const found: Hook[] = [];
  for (const { step, path } of hooks) {
    const data = (await read('hook', path)) ?? new Uint8Array();
    found.push({ step: stepNamed(step, steps), name: basename(path), data });
  }
  return {
    found: { overlay: entries, hooks: found, picture, ramdisk: await read('ramdisk', ramdisk) },
    inputs,
  };
}

/** A picture's bytes; of a folder of frames its path, and the hash of all. */
async function ownPicture(
  path: string | undefined,
  read: (role: string, path: string | undefined) => Promise<Uint8Array | undefined>,
  inputs: Input[],
): Promise<Uint8Array | string | undefined> {
  if (path === undefined || (await frameFiles(path)) === undefined) return read('splash', path);
  inputs.push(await folderInput('splash', path));
  return path;
}

async function folderInput(role: string, path: string): Promise<Input> {
  return inputOfBytes(role, basename(path), packCpio(await readOverlay(path)));
}

/** Keys by their hash: the manifest says that the same keys were used, and not whose they are. */
function keyInputs({ ssh }: Plan, key: KeyObject | undefined): Input[] {
  const inputs: Input[] = [];
  if (ssh.keys.length > 0) {
    inputs.push({
      role: 'ssh-keys',
      name: 'authorized_keys',
      version: '',
      sha256: sha256(utf8(authorizedKeys(ssh.keys))),
    });
  }
  if (key !== undefined) {
    const name = key.asymmetricKeyType ?? '';
    inputs.push({ role: 'host-key', name, version: '', sha256: sha256(publicBlob(key)) });
  }
  return inputs;
}

/** The kernel's modules and the drivers that were built for it. */
export async function moduleIndex({ kernel, drivers }: Gathered): Promise<ModuleIndex> {
  const index = await kernel.index();
  const [shipped] = index.modules.values();
  const built = drivers.map(({ name, data }) => ({
    ...readModinfo(data, name),
    path: `${DRIVER_FOLDER}/${name}.ko`,
  }));
  for (const driver of built) {
    checkVermagic(driver, { release: index.release, vermagic: shipped?.vermagic });
  }
  return withModules(index, built);
}

/** A kernel by all that may change what is made from it. */
export interface NamedKernel {
  readonly kernel: Pick<KernelPayload, 'stamp' | 'inputs'>;
  readonly drivers: readonly Pick<BuiltDriver, 'name' | 'data'>[];
}

/** What names a kernel and the drivers beside it in the key of what is made from them. */
export function kernelKey({ kernel, drivers }: NamedKernel): unknown[] {
  return [kernel.stamp, kernel.inputs, drivers.map(({ name, data }) => [name, sha256(data)])];
}

/** A module's bytes by its path in the index, wherever it came from. */
export async function readModule({ kernel, drivers }: Gathered, path: string): Promise<Uint8Array> {
  const driver = drivers.find(({ name }) => path === `${DRIVER_FOLDER}/${name}.ko`);
  return driver === undefined ? kernel.readModule(path) : driver.data;
}
