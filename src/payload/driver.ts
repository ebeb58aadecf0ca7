import { sha256, utf8, utf8Text } from '../binary/index.ts';
import type { Arch, Driver } from '../device/index.ts';
import { checkVermagic, readModinfo } from '../kernel/index.ts';
import type { PayloadContext } from './context.ts';
import { compileDrivers } from './driver-compile.ts';
import { type Host, hostOf, requireHostPrograms } from './driver-host.ts';
import { checkDrivers } from './driver-makefile.ts';
import { cachedPackages, type DriverPackages } from './driver-packages.ts';
import { planDrivers } from './driver-plan.ts';
import { keptFiles, type StoredFiles } from './driver-store.ts';
import type { Input } from './package.ts';

/** The kernel that shall load the drivers. */
export interface DriverKernel {
  /** Version of its Debian package: `7.2.12-1~bpo13+1`. */
  readonly version: string;
  /** What `uname -r` says there: `7.2.12+deb13-arm64`. */
  readonly release: string;
  /** Suite of the package: `trixie-backports`. */
  readonly suite: string;
  /** Vermagic of a module that came with the kernel; absent: only the release is compared. */
  readonly vermagic?: string | undefined;
}

export interface DriverRequest {
  readonly drivers: readonly Driver[];
  readonly kernel: DriverKernel;
  readonly arch: Arch;
  /** Where packages come from; the payload cache by default. */
  readonly packages?: DriverPackages;
  /** Folders of the host's programs, in the form of PATH, which is the default. */
  readonly path?: string;
  /** The machine that compiles; this one by default. */
  readonly host?: Host;
}

/** A kernel module made from source, ready for the module folder. */
export interface BuiltDriver {
  /** As in the device file: `gcc-msm8939`; the file is `gcc-msm8939.ko`. */
  readonly name: string;
  readonly data: Uint8Array;
  readonly sha256: string;
  /** Files of the kernel tree that it was made from, sorted: sources and local headers. */
  readonly sources: readonly string[];
}

export interface BuiltDrivers {
  /** In the order of the request. */
  readonly modules: readonly BuiltDriver[];
  /** The packages that had a part in them. */
  readonly inputs: readonly Input[];
}

const SOURCES = 'sources.json';

/**
 * Builds kernel modules that Debian's kernel leaves out, from Debian's source of exactly that
 * kernel, against its headers, with the compiler of its release. Everything but make and the usual
 * shell tools comes from packages in the cache; nothing is installed and nothing needs root. Built
 * modules are kept: the second time nothing is compiled.
 *
 * The same packages give the same bytes in any folder, for any user.
 *
 * @throws MissingError when a package, a source file, or make is not there; MnxError
 * `payload.driver-build` with the compiler's words; MnxError `kernel.vermagic` when the headers are
 * not this kernel's.
 */
export async function buildDrivers(context: PayloadContext, request: DriverRequest): Promise<BuiltDrivers> {
  const { drivers, kernel } = request;
  if (drivers.length === 0) return { modules: [], inputs: [] };
  checkDrivers(drivers);
  const packages = request.packages ?? cachedPackages(context);
  const plan = await planDrivers({ ...request, packages, host: request.host ?? hostOf() });
  const files = await keptFiles(context.cache, plan.result, async () => {
    const path = request.path ?? process.env['PATH'] ?? '';
    await requireHostPrograms(path);
    const { cache, report } = context;
    const built = await compileDrivers({ plan, drivers, kernel, packages, cache, path, report });
    return new Map([...built.modules, [SOURCES, utf8(`${JSON.stringify(built.sources, null, 2)}\n`)]]);
  });
  return { modules: drivers.map(({ module }) => builtDriver(files, module, kernel)), inputs: plan.inputs };
}

function builtDriver(files: StoredFiles, name: string, kernel: DriverKernel): BuiltDriver {
  const data = fileOf(files, `${name}.ko`);
  checkVermagic(readModinfo(data, name), kernel);
  const sources = JSON.parse(utf8Text(fileOf(files, SOURCES))) as Record<string, string[]>;
  return { name, data, sha256: sha256(data), sources: sources[name] ?? [] };
}

function fileOf(files: StoredFiles, name: string): Uint8Array {
  return files.get(name) ?? new Uint8Array();
}
