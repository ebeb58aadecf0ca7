import { chmod, mkdir, open, readdir, readlink, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { isElf } from '../kernel/index.ts';
import { headersFolder, type KernelHeaders } from './driver-headers.ts';
import type { Host } from './driver-host.ts';
import { targetTriple } from './driver-toolchain.ts';

/** Folders of unpacked packages, which are only read. */
export interface UnpackedTools {
  readonly headers: string;
  readonly common: string;
  readonly kbuild: string;
  readonly compilers: readonly string[];
  readonly libraries: readonly string[];
}

export interface WorkspaceSpec {
  readonly tools: UnpackedTools;
  readonly host: Host;
  readonly release: string;
  readonly headers: Pick<KernelHeaders, 'commonPackage' | 'kbuildPackage' | 'crossCompile'>;
}

/** A private folder in which the packages lie as if they were installed. */
export interface Workspace {
  readonly root: string;
  /** Comes first in PATH: the compiler and binutils under their usual names. */
  readonly programs: string;
  /** Headers of the flavour: kbuild's object tree. */
  readonly headers: string;
  /** Headers of all flavours, with kbuild's Makefile: its source tree. */
  readonly common: string;
  /** For the drivers' sources; empty. */
  readonly sources: string;
  /** For the compiler's temporary files; empty. */
  readonly temporary: string;
}

/**
 * Lays the packages out below `root` with links into the unpacked folders, each program replaced by
 * a small shell script that runs it with the unpacked libc: Debian 13's compiler so runs on a host
 * with an older glibc, and what kbuild and gcc look for beside themselves (cc1, as) are scripts too.
 *
 * @param root an empty folder whose path make can carry: see {@link isPlainPath}.
 */
export async function createWorkspace(root: string, spec: WorkspaceSpec): Promise<Workspace> {
  const { tools, host, release } = spec;
  const { commonPackage, kbuildPackage, crossCompile } = spec.headers;
  const libraries = join(root, 'host');
  await linkLibraries([...tools.compilers, ...tools.libraries], libraries, host);
  const wrap: Wrap = (program) => wrapper(libraries, host.loader, program);
  for (const folder of tools.compilers) await mirror(join(folder, 'usr'), join(root, 'tools/usr'), wrap);
  await linkForGcc(join(root, 'tools/usr'), crossCompile);
  const kbuild = join('usr/lib', kbuildPackage);
  await mirror(join(tools.kbuild, kbuild), join(root, kbuild), wrap);
  const headers = headersFolder(root, release);
  await linkEntries(headersFolder(tools.headers, release), headers);
  const common = join(root, 'usr/src', commonPackage);
  await linkEntries(join(tools.common, 'usr/src', commonPackage), common);
  const sources = join(root, 'src');
  const temporary = join(root, 'tmp');
  await mkdir(sources);
  await mkdir(temporary);
  return { root, programs: join(root, 'tools/usr/bin'), headers, common, sources, temporary };
}

/** Whether make, sh, gcc's path mapping and the loader's path list take the path as it is. */
export function isPlainPath(path: string): boolean {
  return /^[A-Za-z0-9/._+@-]+$/.test(path);
}

type Wrap = (program: string) => string;

/**
 * `--argv0` keeps the script's own path as the program's name: gcc and modpost look for their
 * companions beside it, where the scripts are.
 */
function wrapper(libraries: string, loader: string, program: string): string {
  const run = [join(libraries, loader), '--inhibit-cache', '--library-path', libraries].map(quote).join(' ');
  return `#!/bin/sh\nexec ${run} --argv0 "$0" ${quote(program)} "$@"\n`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Copies a tree as folders and links, its programs as scripts. Documentation stays behind. */
async function mirror(from: string, to: string, wrap: Wrap): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) {
      if (basename(source) !== 'share') await mirror(source, target, wrap);
    } else if (entry.isSymbolicLink()) await symlink(await readlink(source), target);
    else if (await isProgram(source)) await writeProgram(target, wrap(source));
    else await symlink(source, target);
  }
}

/**
 * gcc looks for `as` and `ld` in `TRIPLE/bin`. Cross binutils have them there; those of the host's
 * own architecture do not, and gcc would take the host's.
 */
async function linkForGcc(usr: string, crossCompile: string): Promise<void> {
  const folder = join(usr, targetTriple(crossCompile), 'bin');
  await mkdir(folder, { recursive: true });
  const there = new Set(await readdir(folder));
  for (const tool of ['as', 'ld', 'nm'].filter((name) => !there.has(name))) {
    await symlink(join('../../bin', `${crossCompile}${tool}`), join(folder, tool));
  }
}

async function writeProgram(path: string, script: string): Promise<void> {
  await writeFile(path, script);
  await chmod(path, 0o755);
}

/** An ELF file that is not a shared library by its name. */
async function isProgram(path: string): Promise<boolean> {
  if (/\.(so|o|a)(\.|$)/.test(basename(path))) return false;
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(new Uint8Array(4));
    return isElf(buffer.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}

/** All libraries in one folder, binutils' own among them; in trixie they lie in usr/lib, older packages also used lib. */
async function linkLibraries(packages: readonly string[], to: string, host: Host): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const folder of packages) {
    for (const part of ['usr/lib', 'lib']) {
      await linkFiles(join(folder, part, host.triple), to);
    }
  }
}

async function linkFiles(from: string, to: string): Promise<void> {
  const entries = await readdir(from, { withFileTypes: true }).catch(() => []);
  for (const entry of entries.filter((found) => !found.isDirectory())) {
    const source = join(from, entry.name);
    const linked = entry.isSymbolicLink() ? await readlink(source) : source;
    await symlink(linked, join(to, entry.name));
  }
}

/** A real folder with the same entries: files and folders as links, links (scripts, tools) as they are. */
async function linkEntries(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const source = join(from, entry.name);
    await symlink(entry.isSymbolicLink() ? await readlink(source) : source, join(to, entry.name));
  }
}
