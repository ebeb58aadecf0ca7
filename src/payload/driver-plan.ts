import { MissingError } from '../binary/index.ts';
import type { Arch, Driver } from '../device/index.ts';
import { type KernelHeaders, readHeaders } from './driver-headers.ts';
import type { Host } from './driver-host.ts';
import type { DriverPackages } from './driver-packages.ts';
import { buildKey, sourceKey } from './driver-store.ts';
import { toolchainOf } from './driver-toolchain.ts';
import { debianArch, type Input, inputOf, type PackageRef, type Resolved } from './package.ts';

/** The packages of a build, by what they are for. */
export interface BuildPackages {
  readonly source: Resolved;
  readonly headers: Resolved;
  /** Headers that all flavours share. */
  readonly common: Resolved;
  /** kbuild's scripts and programs, for the host. */
  readonly kbuild: Resolved;
  readonly compilers: readonly Resolved[];
  readonly libraries: readonly Resolved[];
}

/** Everything about a build that is known before it starts. */
export interface DriverPlan {
  readonly host: Host;
  readonly headers: KernelHeaders;
  readonly packages: BuildPackages;
  /** Cache name of the modules. */
  readonly result: string;
  /** Cache name of the files taken out of the source. */
  readonly picked: string;
  readonly inputs: readonly Input[];
}

export interface PlanRequest {
  readonly drivers: readonly Driver[];
  readonly kernel: { readonly version: string; readonly release: string; readonly suite: string };
  readonly arch: Arch;
  readonly packages: DriverPackages;
  readonly host: Host;
}

/**
 * Decides every package by name and content. The headers come first: they name the rest (the shared
 * headers, kbuild, and the compiler that built the kernel).
 */
export async function planDrivers(request: PlanRequest): Promise<DriverPlan> {
  const { kernel, packages, drivers, host } = request;
  const target = debianArch(request.arch);
  const ofKernel = (name: string, arch = target): PackageRef => ({
    name,
    suite: kernel.suite,
    arch,
    version: kernel.version,
  });
  const source = await findOne(packages, ofKernel(sourcePackage(kernel.version)));
  const own = await findOne(packages, ofKernel(`linux-headers-${kernel.release}`));
  const [unpacked = ''] = await packages.unpack([own]);
  const headers = await readHeaders(unpacked, kernel.release);
  const tools = toolchainOf(headers, host, kernel.suite);
  const found: BuildPackages = {
    source,
    headers: own,
    common: await findOne(packages, ofKernel(headers.commonPackage)),
    kbuild: await findOne(packages, ofKernel(headers.kbuildPackage, host.arch)),
    compilers: await packages.find(tools.compilers),
    libraries: await packages.find(tools.libraries),
  };
  const identity = { release: kernel.release, drivers, packages: allOf(found) };
  const sources = drivers.flatMap((driver) => driver.sources);
  return {
    host,
    headers,
    packages: found,
    result: buildKey(identity),
    picked: sourceKey(source, sources),
    inputs: inputsOf(found),
  };
}

async function findOne(packages: DriverPackages, wanted: PackageRef): Promise<Resolved> {
  const [found] = await packages.find([wanted]);
  if (found !== undefined) return found;
  throw new MissingError('payload.no-package', `no package ${wanted.name} ${wanted.version ?? ''}`);
}

/** `7.2.12-1~bpo13+1` -> `linux-source-7.2`. */
export function sourcePackage(version: string): string {
  return `linux-source-${version.split(/[.-]/).slice(0, 2).join('.')}`;
}

function allOf({ source, headers, common, kbuild, compilers, libraries }: BuildPackages): Resolved[] {
  return [source, headers, common, kbuild, ...compilers, ...libraries];
}

function inputsOf(found: BuildPackages): Input[] {
  const as = (role: string, ...packages: readonly Resolved[]) => packages.map((one) => inputOf(one, role));
  return [
    ...as('driver-source', found.source),
    ...as('driver-headers', found.headers, found.common, found.kbuild),
    ...as('driver-compiler', ...found.compilers, ...found.libraries),
  ];
}
