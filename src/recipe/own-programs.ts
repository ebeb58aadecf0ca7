import { MissingError, sha256 } from '../binary/index.ts';
import type { Arch } from '../device/index.ts';
import { type Brought, elfClosure, packCpio, type Reason } from '../initramfs/index.ts';
import { type Input, sysroot } from '../payload/index.ts';
import type { SysrootPlan } from './plan.ts';

/** Programs of a root file system of the user's own, as they go into an archive. */
export interface OwnPrograms {
  readonly brought: Brought;
  readonly input: Input;
}

/** Where a program that is named without its folder may be. */
const FOLDERS = ['usr/bin', 'usr/sbin', 'usr/local/bin', 'usr/local/sbin'] as const;

/**
 * Programs of a folder with what they need to start: their libraries from the packages where those have them, else
 * from the folder as well.
 * @param roots folders of the packages whose programs are inside
 * @throws MissingError `recipe.no-program` for a name that the folder has not, `initramfs.library` for what neither has;
 * MnxError `initramfs.machine` when a program is for another processor
 */
export async function ownPrograms(
  { folder, programs }: SysrootPlan,
  roots: readonly string[],
  arch: Arch,
): Promise<OwnPrograms> {
  const paths: string[] = [];
  for (const name of programs) paths.push(await pathOf(folder, name));
  const reasons = new Map<string, Reason>();
  const entries = await elfClosure({
    sysroots: roots,
    own: folder,
    programs: paths,
    arch,
    onEntry: (path, reason) => reasons.has(path) || reasons.set(path, reason),
  });
  return {
    brought: { from: 'sysroot', entries, reasons },
    // By content: the folder's own name says nothing of it.
    input: { role: 'sysroot', name: programs.join(' '), version: '', sha256: sha256(packCpio(entries)) },
  };
}

async function pathOf(folder: string, name: string): Promise<string> {
  const own = sysroot([folder]);
  const candidates = name.includes('/') ? [name] : FOLDERS.map((place) => `${place}/${name}`);
  for (const path of candidates) if ((await own.find(path)) !== undefined) return path;
  throw new MissingError('recipe.no-program', `${folder} has no program ${name}`, {
    hint: 'Give its path below the folder: --program opt/tool/bin/tool.',
  });
}
