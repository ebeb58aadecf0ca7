import { readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { FormatError } from '../binary/index.ts';

/** What an unpacked linux-headers package says of the tree that it belongs to. */
export interface KernelHeaders {
  /** Folder of the headers of this flavour, with .config and Module.symvers. */
  readonly folder: string;
  /** Package of the headers that all flavours share: `linux-headers-7.2.12+deb13-common`. */
  readonly commonPackage: string;
  /** Package of kbuild's scripts and programs: `linux-kbuild-7.2.12+deb13`. */
  readonly kbuildPackage: string;
  /** kbuild's name of the architecture: `arm64`. */
  readonly arch: string;
  /** Prefix of the tools' names: `aarch64-linux-gnu-`. */
  readonly crossCompile: string;
  /** Major version of the gcc that built the kernel. */
  readonly gcc: string;
}

/** Where a linux-headers package keeps its folder. */
export function headersFolder(unpacked: string, release: string): string {
  return join(unpacked, 'usr/src', `linux-headers-${release}`);
}

/**
 * Reads the Makefile, .kernelvariables and the link `scripts`, in which Debian's linux-headers name the
 * packages and the compiler that they belong to (as in linux-headers-7.2.12+deb13-arm64).
 *
 * @throws FormatError `payload.linux-headers` when one does not say what it should.
 */
export async function readHeaders(unpacked: string, release: string): Promise<KernelHeaders> {
  const folder = headersFolder(unpacked, release);
  const makefile = await textOf(folder, 'Makefile');
  const variables = await textOf(folder, '.kernelvariables');
  const scripts = await readlink(join(folder, 'scripts')).catch((error: unknown) => {
    throw fault('scripts', 'a link to the linux-kbuild package', error);
  });
  return {
    folder,
    commonPackage: pick(makefile, /\/usr\/src\/(linux-headers-[^/\s]+)\/Makefile/, 'Makefile'),
    kbuildPackage: pick(scripts, /lib\/(linux-kbuild-[^/\s]+)\/scripts/, 'scripts'),
    arch: pick(variables, /^override ARCH *= *(\S+)$/m, '.kernelvariables ARCH'),
    crossCompile: pick(variables, /^override CROSS_COMPILE *= *(\S+-)$/m, '.kernelvariables CROSS_COMPILE'),
    gcc: pick(variables, /^CC *=.*\bgcc-([0-9]+)$/m, '.kernelvariables CC'),
  };
}

async function textOf(folder: string, name: string): Promise<string> {
  return readFile(join(folder, name), 'utf8').catch((error: unknown) => {
    throw fault(name, "a file of Debian's linux-headers", error);
  });
}

function pick(text: string, pattern: RegExp, name: string): string {
  const found = pattern.exec(text)?.[1];
  if (found === undefined) throw fault(name, `something that matches ${pattern.source}`);
  return found;
}

function fault(name: string, wanted: string, cause?: unknown): FormatError {
  const got = cause === undefined ? 'other text' : 'no such file';
  return new FormatError(
    'payload.linux-headers',
    { field: `linux-headers ${name}`, offset: 0, got, wanted },
    { cause, hint: 'Drivers are built against the linux-headers packages of Debian kernels.' },
  );
}
