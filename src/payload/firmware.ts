import type { Dirent } from 'node:fs';
import { readdir, readFile, readlink, stat } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { MissingError, sha256, utf8 } from '../binary/index.ts';
import { expand } from '../compress/index.ts';
import type { PayloadContext } from './context.ts';
import { type Input, inputOf } from './package.ts';
import { followNothing } from './resolve.ts';
import { packageRoots } from './unpack.ts';

/** Firmware files by the names under which drivers ask for them: `qcom/a530_pm4.fw`. */
export interface FirmwarePayload {
  /** All names, sorted; the endings of compressed files are not part of them. */
  readonly names: readonly string[];
  /**
   * A file's content, expanded: what the kernel reads of itself, whatever it was built with; or the
   * name that a link leads to.
   */
  read(name: string): Promise<Uint8Array | { readonly link: string }>;
  readonly inputs: readonly Input[];
  /** Changes when a file of a folder does. */
  readonly stamp: string;
}

export interface FirmwareRequest {
  /** Folders of the user's own, searched first. */
  readonly folders: readonly string[];
  /** Debian packages, of one suite. */
  readonly packages: readonly { readonly name: string; readonly suite: string }[];
  readonly arch: string;
}

/** The largest file of linux-firmware has 30 MiB. */
const FIRMWARE_LIMIT = 256 * 1024 * 1024;
/** Where a root file system has firmware (drivers/base/firmware_loader/main.c, fw_path). */
const PLACES = ['usr/lib/firmware', 'lib/firmware'] as const;
/** drivers/base/firmware_loader/main.c: what the kernel may find compressed. */
const PACKED = /\.(xz|zst)$/;

/**
 * Firmware of folders and packages. A folder is a root file system, or the firmware itself as a checkout
 * of linux-firmware has it.
 *
 * @throws MissingError `payload.no-firmware` for a folder that cannot be read or a package without firmware
 */
export async function firmwarePayload(
  context: PayloadContext,
  { folders, packages, arch }: FirmwareRequest,
): Promise<FirmwarePayload> {
  const own: Found[] = [];
  for (const folder of folders) {
    const found = await filesOf(folder, true);
    if (found.length === 0) throw noFirmware(`there is no firmware in ${folder}`);
    own.push(...found);
  }
  const refs = packages.map(({ name, suite }) => ({ name, suite, arch }));
  const unpacked = await packageRoots(context, refs, followNothing);
  const packaged: Found[] = [];
  for (const [i, root] of unpacked.roots.entries()) {
    const found = await filesOf(root, false);
    if (found.length === 0) throw noFirmware(`the package ${packages[i]?.name} brings no firmware`);
    packaged.push(...found);
  }
  // The first that brings a name wins.
  const files = new Map([...own, ...packaged].reverse().map((one) => [one.name, one]));
  return {
    names: [...files.keys()].sort(),
    read: (name) => readFound(files.get(name), name),
    inputs: unpacked.packages.map((one) => inputOf(one, 'firmware')),
    stamp: await stampOf(own),
  };
}

interface Found {
  readonly name: string;
  readonly file: string;
  /** What a link leads to, as a name. */
  readonly link: string | undefined;
}

async function filesOf(root: string, bare: boolean): Promise<Found[]> {
  for (const place of PLACES) {
    const found = await walk(join(root, place), '');
    if (found.length > 0) return found;
  }
  return bare ? walk(root, '') : [];
}

/** Files and links below a folder. Linked folders are not entered: they may lead anywhere. */
async function walk(base: string, below: string): Promise<Found[]> {
  const entries: Dirent[] = await readdir(join(base, below), { withFileTypes: true }).catch(() => []);
  const found: Found[] = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = posix.join(below, entry.name);
    const file = join(base, path);
    if (entry.isDirectory()) found.push(...(await walk(base, path)));
    else if (entry.isFile()) found.push({ name: path.replace(PACKED, ''), file, link: undefined });
    else if (entry.isSymbolicLink()) {
      const link = linkedName(below, await readlink(file));
      if (link !== undefined) found.push({ name: path.replace(PACKED, ''), file, link });
    }
  }
  return found;
}

/** The name that a link's target has below the firmware folder; undefined when it leads out of it. */
function linkedName(folder: string, target: string): string | undefined {
  const name = target.startsWith('/')
    ? target.replace(/^\/(?:usr\/)?lib\/firmware\//, '')
    : posix.join(folder, target);
  return name.startsWith('/') || name.split('/').includes('..') ? undefined : name.replace(PACKED, '');
}

async function readFound(found: Found | undefined, name: string) {
  if (found === undefined) throw noFirmware(`no firmware ${name}`);
  if (found.link !== undefined) return { link: found.link };
  const data = new Uint8Array(await readFile(found.file));
  return PACKED.test(found.file) ? expand(data, { limit: FIRMWARE_LIMIT }) : data;
}

async function stampOf(files: readonly Found[]): Promise<string> {
  const lines: string[] = [];
  for (const { name, file, link } of files) {
    const facts = link === undefined ? await stat(file) : undefined;
    lines.push(`${name} ${link ?? `${facts?.size} ${facts?.mtimeMs}`}`);
  }
  return sha256(utf8(lines.join('\n')));
}

function noFirmware(what: string): MissingError {
  return new MissingError('payload.no-firmware', what, {
    hint: 'Name a folder such as a checkout of linux-firmware, or a Debian package such as firmware-qcom-soc.',
  });
}
