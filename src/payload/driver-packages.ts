import { rm } from 'node:fs/promises';
import type { PayloadContext } from './context.ts';
import { fetchPackages } from './fetch.ts';
import type { PackageRef, Resolved } from './package.ts';
import { resolvePackages } from './resolve.ts';
import { unpackPackage } from './unpack.ts';

/** How the driver build gets at Debian packages. */
export interface DriverPackages {
  /**
   * Finds packages without downloading them, one for each request, in order.
   *
   * @throws MissingError when one is not there.
   */
  find(wanted: readonly PackageRef[]): Promise<readonly Resolved[]>;
  /** Downloads what the cache lacks and unpacks; the folder of each package, in order. */
  unpack(packages: readonly Resolved[]): Promise<readonly string[]>;
  /** Removes an unpacked package from which everything needed was taken. */
  dropUnpacked(folder: string): Promise<void>;
}

/** Packages by way of the payload cache. */
export function cachedPackages(context: PayloadContext): DriverPackages {
  return {
    find: (wanted) => resolvePackages(context, wanted),
    async unpack(packages) {
      await fetchPackages(context, packages);
      const folders: string[] = [];
      for (const found of packages) folders.push(await unpackPackage(context, found));
      return folders;
    },
    dropUnpacked: (folder) => rm(folder, { recursive: true, force: true }),
  };
}
