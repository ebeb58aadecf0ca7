import { dirname, join } from 'node:path';
import { MnxError, UsageError } from '../binary/index.ts';
import { faultError, faultsOf, nearest, readSource } from '../toml/index.ts';
import type { Loader, Placement } from './device.ts';
import { findBeside, namesIn } from './folder.ts';
import { type LoaderFile, loaderFile } from './loader-schema.ts';

/**
 * Reads `loaders/NAME.toml`, beside the device file or shipped.
 * @param from file whose folder is looked at first
 * @throws UsageError `device.loader` naming the nearest loader; MnxError for a broken file.
 */
export function readLoader(name: string, from: string, folder: string): Loader {
  const found = findBeside(from, `loaders/${name}`, folder);
  if (found === undefined) {
    const known = [...namesIn(join(dirname(from), 'loaders')), ...namesIn(join(folder, 'loaders'))];
    const meant = nearest(name, known);
    throw new UsageError('device.loader', `there is no loader ${name}`, {
      hint:
        meant === undefined
          ? `Known loaders: ${[...new Set(known)].sort().join(', ')}.`
          : `Did you mean ${meant}?`,
    });
  }
  const source = readSource(found.file, found.name);
  for (const fault of faultsOf(loaderFile, source)) throw faultError(fault);
  const table = source.table as LoaderFile;
  if ((table.addresses === 'forced') !== (table.placement !== undefined)) {
    throw new MnxError(
      'device.loader-placement',
      `${found.name}: [placement] belongs to addresses = "forced", and only there`,
      {
        exitCode: 3,
      },
    );
  }
  return loaderOf(name, table);
}

function loaderOf(id: string, table: LoaderFile): Loader {
  return {
    id,
    name: table.name,
    kind: table.kind,
    reach: table.reach,
    addresses: table.addresses,
    headerVersions: table.header_versions,
    cmdlineLimit: table.cmdline_limit,
    dtb: table.dtb,
    needsMsmId: table.needs_msm_id ?? false,
    maxPageSize: table.max_page_size,
    maxDownload: table.max_download,
    partitionReserved: table.partition_reserved ?? 0,
    placement: table.placement === undefined ? undefined : placementOf(table.placement),
  };
}

function placementOf(table: NonNullable<LoaderFile['placement']>): Placement {
  return {
    base: table.base,
    tags: table.tags,
    ramdisk: table.ramdisk,
    mapped: table.mapped,
    reserved: table.reserved,
    fdtSlack: table.fdt_slack,
    copyOrder: table.copy_order,
    window: table.window,
  };
}
