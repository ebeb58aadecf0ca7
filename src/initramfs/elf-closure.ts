import { readFile, stat } from 'node:fs/promises';
import { FormatError, MissingError, MnxError } from '../binary/index.ts';
import type { Arch } from '../device/index.ts';
import { ELF_MACHINE, type Elf, isElf, readElf } from '../kernel/index.ts';
import { byPath, type Entry, parentOf } from './entry.ts';
import { type Located, Sysroot } from './sysroot.ts';

/** Programs to be taken from unpacked packages, for a device of another architecture than this machine. */
export interface ClosureRequest {
  /** Folders searched in order, each an unpacked package or a whole root. */
  readonly sysroots: readonly string[];
  /** Paths inside them: `usr/sbin/dropbear`. */
  readonly programs: readonly string[];
  /** What each is for; of those without, only that they are programs. */
  readonly because?: ReadonlyMap<string, string>;
  /**
   * A folder that programs are looked for in before the others. Libraries are taken from it last: what runs with an
   * older C library runs with the newer one that the other programs bring, and there is room for one only.
   */
  readonly own?: string;
  readonly arch: Arch;
  /** Is told of each path when it comes in: what for, and the path that wanted it. */
  readonly onEntry?: (path: string, reason: Reason) => void;
}

/** Why something is in an archive. */
export interface Reason {
  /** `interpreter of`, or all of it where nothing else wanted it: `overlay`. */
  readonly because: string;
  /** The path of the archive that wanted it, whose own reason goes on from there. */
  readonly of?: string;
}

/** Where the dynamic linker looks without a cache: Debian's multiarch folder, then the plain ones. */
const LIBRARY_FOLDERS: Readonly<Record<Arch, readonly string[]>> = {
  aarch64: ['usr/lib/aarch64-linux-gnu', 'usr/lib64', 'usr/lib'],
  armv7: ['usr/lib/arm-linux-gnueabihf', 'usr/lib'],
  x86_64: ['usr/lib/x86_64-linux-gnu', 'usr/lib64', 'usr/lib'],
};

/**
 * Programs with everything that they need to start: interpreter, DT_NEEDED libraries with theirs,
 * by DT_RUNPATH or DT_RPATH with `$ORIGIN` and then the linker's own folders, and the links on the
 * way (`libz.so.1 -> libz.so.1.3.1`). The files are read, never run. A script brings its interpreter when the sysroots
 * have it. Paths are those of the merged layout (`usr/lib/...`).
 *
 * @returns entries sorted by path.
 * @throws MissingError `initramfs.program`, `initramfs.library` naming who needs it;
 * MnxError `initramfs.machine` when a program is for another processor; FormatError when an ELF file is damaged.
 */
export async function elfClosure(request: ClosureRequest): Promise<Entry[]> {
  const { sysroots, programs, because, own, arch, onEntry } = request;
  const root = new Sysroot(own === undefined ? sysroots : [...sysroots, own]);
  const first = own === undefined ? root : new Sysroot([own, ...sysroots]);
  const closure = new Closure(root, arch, onEntry ?? (() => {}));
  for (const program of programs) {
    await closure.addProgram(program, first, because?.get(program) ?? 'a program of this build');
  }
  return closure.entries();
}

/** A file that has been read. */
interface Loaded {
  readonly data: Uint8Array;
  readonly elf: Elf | undefined;
}

class Closure {
  readonly #root: Sysroot;
  readonly #arch: Arch;
  readonly #onEntry: NonNullable<ClosureRequest['onEntry']>;
  readonly #entries = new Map<string, Entry>();
  readonly #loaded = new Map<string, Loaded>();

  constructor(root: Sysroot, arch: Arch, onEntry: NonNullable<ClosureRequest['onEntry']>) {
    this.#root = root;
    this.#arch = arch;
    this.#onEntry = onEntry;
  }

  entries(): Entry[] {
    return [...this.#entries.values()].sort(byPath);
  }

  async addProgram(path: string, root: Sysroot, because: string): Promise<void> {
    const located = await root.locate(path);
    if (located === undefined) {
      throw new MissingError('initramfs.program', `no program ${path} in the packages`, {
        hint: 'Name the package that brings it.',
      });
    }
    const { elf } = await this.#load(located);
    if (elf !== undefined && !this.#matches(elf)) throw this.#foreign(located.path, elf);
    await this.#addNeeds(located, { because });
  }

  /** Adds a file and everything that it needs; what is there already is not looked at again. */
  async #addNeeds(located: Located, reason: Reason): Promise<void> {
    if (this.#entries.has(located.path)) return this.#addLinks(located);
    const { data, elf } = await this.#load(located);
    this.#onEntry(located.path, reason);
    await this.#addFile(located, data);
    const { path } = located;
    if (elf?.interpreter !== undefined) await this.#addInterpreter(path, elf.interpreter);
    for (const name of elf?.dynamic?.needed ?? []) {
      const library = await this.#library(name, path, elf);
      await this.#addNeeds(library, { because: 'a library (NEEDED) of', of: path });
    }
  }

  #addLinks({ links, path }: Located): void {
    for (const link of links) {
      this.#entries.set(link.path, link);
      this.#onEntry(link.path, { because: 'a link to', of: path });
    }
  }

  async #addFile(located: Located, data: Uint8Array): Promise<void> {
    this.#addLinks(located);
    const mode = (await stat(located.file)).mode & 0o100 ? 0o755 : 0o644;
    this.#entries.set(located.path, { type: 'file', path: located.path, mode, data });
    const script = shebang(data);
    const interpreter = script === undefined ? undefined : await this.#root.locate(script);
    if (interpreter === undefined) return;
    await this.#addNeeds(interpreter, { because: 'the interpreter (#!) of', of: located.path });
  }

  async #addInterpreter(program: string, interpreter: string): Promise<void> {
    const located = await this.#root.locate(interpreter);
    if (located === undefined) throw missing(program, interpreter);
    await this.#addNeeds(located, { because: 'the interpreter of', of: program });
  }

  /** As ld.so searches: a file for another processor is passed over. */
  async #library(name: string, user: string, elf: Elf | undefined): Promise<Located> {
    const own = (elf?.dynamic?.runpath ?? '').split(':').filter((folder) => folder !== '');
    const folders = [...own.map((folder) => this.#expanded(folder, user)), ...LIBRARY_FOLDERS[this.#arch]];
    const candidates = name.includes('/') ? [name] : folders.map((folder) => `${folder}/${name}`);
    for (const path of candidates) {
      const located = await this.#root.locate(path);
      const found = located && (await this.#load(located)).elf;
      if (located !== undefined && found !== undefined && this.#matches(found)) return located;
    }
    throw missing(user, name);
  }

  /** ld.so(8), "Dynamic string tokens". */
  #expanded(folder: string, user: string): string {
    const [multiarch = ''] = LIBRARY_FOLDERS[this.#arch];
    return folder
      .replace(/\$\{ORIGIN\}|\$ORIGIN\b/g, `/${parentOf(user)}`)
      .replace(/\$\{LIB\}|\$LIB\b/g, multiarch.replace(/^usr\//, ''));
  }

  #matches(elf: Elf): boolean {
    return elf.machine === ELF_MACHINE[this.#arch];
  }

  #foreign(path: string, elf: Elf): MnxError {
    const name = Object.entries(ELF_MACHINE).find(([, machine]) => machine === elf.machine)?.[0];
    return new MnxError(
      'initramfs.machine',
      `${path} is for ${name ?? `machine ${elf.machine}`}, the device is ${this.#arch}`,
      {
        hint: `Take the package of the architecture of the device.`,
      },
    );
  }

  async #load({ path, file }: Located): Promise<Loaded> {
    const known = this.#loaded.get(path);
    if (known !== undefined) return known;
    const data = new Uint8Array(await readFile(file));
    const loaded = { data, elf: isElf(data) ? readNamed(path, data) : undefined };
    this.#loaded.set(path, loaded);
    return loaded;
  }
}

function readNamed(path: string, data: Uint8Array): Elf {
  try {
    return readElf(data);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    const { field, offset, got, wanted } = error;
    throw new FormatError(error.code, { field: `${path}: ${field}`, offset, got, wanted }, { cause: error });
  }
}

function missing(user: string, name: string): MissingError {
  return new MissingError('initramfs.library', `${user} needs ${name}, which no package here brings`, {
    hint: 'Add the package that holds the library.',
  });
}

/** The interpreter that a script names in its first line. */
function shebang(data: Uint8Array): string | undefined {
  const line = Buffer.from(data.subarray(0, 256)).toString('latin1').split('\n')[0] ?? '';
  return /^#! *(\/\S+)/.exec(line)?.[1];
}
