import { mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MnxError } from '../binary/index.ts';
import type { Driver } from '../device/index.ts';
import { writeFailure } from './atomic.ts';
import type { Cache } from './cache.ts';
import { makeModules } from './driver-make.ts';
import { driverMakefile, objectOf } from './driver-makefile.ts';
import type { DriverPackages } from './driver-packages.ts';
import type { DriverPlan } from './driver-plan.ts';
import { pickSources, type SourceTree, sourceClosure } from './driver-source.ts';
import { keptFiles, writeFiles } from './driver-store.ts';
import { stripModules } from './driver-strip.ts';
import { tarballReader } from './driver-tarball.ts';
import { createWorkspace, isPlainPath, type Workspace } from './driver-workspace.ts';
import type { OnProgress } from './progress.ts';

export interface CompileRequest {
  readonly plan: DriverPlan;
  readonly drivers: readonly Driver[];
  readonly kernel: { readonly release: string };
  readonly packages: DriverPackages;
  readonly cache: Cache;
  /** Folders of the host's programs, as in PATH. */
  readonly path: string;
  readonly report: OnProgress;
}

export interface Compiled {
  /** `gcc-msm8939.ko` and its bytes. */
  readonly modules: ReadonlyMap<string, Uint8Array>;
  /** Files of the kernel tree by module, sorted. */
  readonly sources: Readonly<Record<string, readonly string[]>>;
}

/** Compiles in a private folder, which is removed afterwards; a failed build leaves its log in the cache. */
export async function compileDrivers(request: CompileRequest): Promise<Compiled> {
  const { drivers, cache } = request;
  const tree = await sourcesOf(request);
  return inPrivateFolder(cache, async (root) => {
    const workspace = await layOut(request, root);
    await writeFiles(workspace.sources, tree);
    await writeFile(join(workspace.sources, 'Makefile'), driverMakefile(drivers));
    await makeAndStrip(request, workspace);
    const modules = new Map<string, Uint8Array>();
    for (const file of drivers.map(({ module }) => `${module}.ko`)) {
      modules.set(file, await moduleFile(workspace, file));
    }
    return { modules, sources: sourceLists(drivers, tree) };
  });
}

async function moduleFile(workspace: Workspace, file: string): Promise<Uint8Array> {
  const data = await readFile(join(workspace.sources, file)).catch((cause: unknown) => {
    throw new MnxError('payload.driver-build', `make said nothing wrong and made no ${file}`, { cause });
  });
  return new Uint8Array(data);
}

function sourceLists(drivers: readonly Driver[], tree: SourceTree): Compiled['sources'] {
  return Object.fromEntries(
    drivers.map(({ module, sources }) => [module, sourceClosure(tree, sources).files]),
  );
}

/** The drivers' files; they are kept, so that the source package is opened once per kernel. */
async function sourcesOf({ plan, drivers, packages, cache, report }: CompileRequest): Promise<SourceTree> {
  const { source } = plan.packages;
  return keptFiles(cache, plan.picked, async () => {
    const [folder = ''] = await packages.unpack([source]);
    report({ label: `Reading ${source.name}`, done: 0, total: 0 });
    const archive = join(folder, 'usr/src', `${source.name}.tar.xz`);
    const wanted = drivers.flatMap(({ sources }) => sources);
    const tree = await pickSources(tarballReader(archive), wanted);
    await packages.dropUnpacked(folder);
    return tree;
  });
}

async function layOut({ plan, packages, kernel }: CompileRequest, root: string): Promise<Workspace> {
  const { headers, common, kbuild, compilers, libraries } = plan.packages;
  const unpackOne = async (one: typeof headers) => (await packages.unpack([one]))[0] ?? '';
  return createWorkspace(root, {
    tools: {
      headers: await unpackOne(headers),
      common: await unpackOne(common),
      kbuild: await unpackOne(kbuild),
      compilers: await packages.unpack(compilers),
      libraries: await packages.unpack(libraries),
    },
    host: plan.host,
    release: kernel.release,
    headers: plan.headers,
  });
}

async function makeAndStrip(request: CompileRequest, workspace: Workspace): Promise<void> {
  const { plan, drivers, path, report, cache } = request;
  const log = await cache.path('drivers', `${plan.result}.log`);
  const modules = drivers.map(({ module }) => module);
  const onLine = announcer(drivers, report);
  await makeModules({ workspace, arch: plan.headers.arch, modules, path, log, onLine });
  const files = modules.map((module) => `${module}.ko`);
  await stripModules(workspace, plan.headers.crossCompile, { files, path });
  await rm(log);
}

/** Reports each driver when kbuild starts on the first of its objects. */
function announcer(drivers: readonly Driver[], report: OnProgress): (line: string) => void {
  const waiting = new Map(drivers.map(({ module, sources }) => [module, new Set(sources.map(objectOf))]));
  return (line) => {
    const object = /^ *(?:CC|AS) \[M\] +(\S+)$/.exec(line)?.[1];
    if (object === undefined) return;
    const module = [...waiting].find(([, objects]) => objects.has(object))?.[0];
    if (module === undefined) return;
    const done = drivers.length - waiting.size;
    waiting.delete(module);
    report({ label: `Building ${module}`, done, total: drivers.length, unit: 'steps' });
  };
}

/**
 * Works in the cache, or in the system's temporary folder when the cache's path has characters that
 * make cannot carry (spaces, `:`, `#`).
 */
async function inPrivateFolder<T>(cache: Cache, work: (root: string) => Promise<T>): Promise<T> {
  const own = await realpath(await cache.temporary());
  const roots = [own];
  try {
    if (isPlainPath(own)) return await work(own);
    const other = await mkdtemp(join(await realpath(tmpdir()), 'mnx-driver-'));
    roots.push(other);
    if (isPlainPath(other)) return await work(other);
  } catch (error) {
    throw writeFailure(error, own);
  } finally {
    for (const root of roots) await rm(root, { recursive: true, force: true });
  }
  throw new MnxError('payload.driver-folder', `make cannot work below ${cache.root}, nor below ${tmpdir()}`, {
    hint: 'Name a cache folder without spaces and special characters with MNX_CACHE.',
  });
}
