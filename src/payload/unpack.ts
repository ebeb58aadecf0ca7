import { lstat, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { PayloadContext } from './context.ts';
import { unpackDeb } from './deb.ts';
import { checkDeb, fetchPackages } from './fetch.ts';
import type { PackageRef, Resolved } from './package.ts';
import { type Follow, resolvePackages } from './resolve.ts';
import { type Sysroot, sysroot } from './sysroot.ts';

/** Packages on disk, each in its own folder. */
export interface PackageRoots {
  readonly packages: readonly Resolved[];
  /** Folder of each package's files, in the order of `packages`. */
  readonly roots: readonly string[];
  /** All of them seen as one file system. */
  readonly sysroot: Sysroot;
}

/**
 * Unpacks a .deb of the cache into its own folder of the cache, named by the .deb's hash; done once. The
 * .deb is held against its hash before anything is unpacked.
 *
 * Packages are kept apart and looked at through a {@link Sysroot}, not merged: each is unpacked once however
 * many closures it is part of, and its folder needs no other name than its hash.
 *
 * @returns the folder
 * @throws FormatError `payload.tampered`, `payload.deb`, `payload.member` before anything stands under the final name
 */
export async function unpackPackage(context: PayloadContext, resolved: Resolved): Promise<string> {
  return context.cache.folder('unpacked', resolved.sha256, async (folder) => {
    const [path = ''] = await fetchPackages(context, [resolved]);
    await checkDeb(path, resolved).catch(async (error: unknown) => {
      // So that the next try fetches it anew.
      await rm(path, { force: true });
      throw error;
    });
    const label = `Unpacking ${resolved.name} ${resolved.version}`;
    await unpackDeb(path, folder, (done, total) => context.report({ label, done, total }));
  });
}

/** Resolves, fetches and unpacks in one go. */
export async function packageRoots(
  context: PayloadContext,
  wanted: readonly PackageRef[],
  follow?: Follow,
): Promise<PackageRoots> {
  const packages = await resolvePackages(context, wanted, follow);
  const missing: Resolved[] = [];
  for (const one of packages) {
    if (!(await isUnpacked(context, one))) missing.push(one);
  }
  await fetchPackages(context, missing);
  const roots: string[] = [];
  for (const one of packages) roots.push(await unpackPackage(context, one));
  return { packages, roots, sysroot: sysroot(roots) };
}

async function isUnpacked({ cache }: PayloadContext, { sha256 }: Resolved): Promise<boolean> {
  return lstat(join(cache.root, 'unpacked', sha256)).then(
    () => true,
    () => false,
  );
}
