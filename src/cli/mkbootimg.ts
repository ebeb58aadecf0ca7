import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { UsageError } from '../binary/index.ts';
import { type MkbootimgRequest, parseMkbootimg } from './mkbootimg-flags.ts';
import { say } from './terminal.ts';

/** `mnx mkbootimg`: AOSP's flags in, AOSP's bytes out (mkbootimg.py of Android 14). */
export function mkbootimgCommand(): Command {
  return new Command('mkbootimg')
    .description("make boot.img and vendor_boot.img with the flags of AOSP's mkbootimg")
    .usage('[AOSP flags] -o boot.img')
    .argument('[flags...]', 'as listed below')
    .allowUnknownOption()
    .addHelpText('after', FLAGS)
    .action((args: string[]) => run(parseMkbootimg(args)));
}

const FLAGS = `
Parts:
  --kernel --ramdisk --second --dtb FILE
  --recovery_dtbo FILE, or --recovery_acpio FILE
Numbers, decimal or 0x:
  --header_version --pagesize --base --kernel_offset --ramdisk_offset
  --second_offset --tags_offset --dtb_offset N
Texts:
  --cmdline --vendor_cmdline --board --os_version --os_patch_level TEXT
Output:
  -o, --output FILE    boot image
  --vendor_boot FILE   vendor_boot image, with --header_version 3 or 4
  --id                 print the image id
vendor_boot:
  --vendor_ramdisk --vendor_bootconfig FILE
  for v4 any number of groups that end with the file:
  [--ramdisk_type none|platform|recovery|dlkm|N] --ramdisk_name NAME
  [--board_id0 N ... --board_id15 N] --vendor_ramdisk_fragment FILE

Examples:
  mnx mkbootimg --kernel Image.gz --ramdisk initrd --base 0x80000000 --id -o boot.img
  mnx mkbootimg --header_version 4 --vendor_ramdisk initrd --pagesize 4096 --vendor_boot v.img`;

async function run(request: MkbootimgRequest): Promise<void> {
  const { idOf, makeBoot, makeVendorBoot } = await import('./mkbootimg-image.ts');
  const { writeBootImage, writeVendorBootImage } = await import('../bootimg/index.ts');
  const { writeAtomically } = await import('../recipe/index.ts');
  const files = await readFiles(request);
  const { output, vendorBoot } = request;
  const vendor = vendorBoot === undefined ? [] : writeVendorBootImage(makeVendorBoot(request, files));
  const image = output === undefined ? undefined : makeBoot(request, files);
  if (vendorBoot !== undefined) await writeAtomically(vendorBoot, vendor);
  if (output === undefined || image === undefined) return;
  const pieces = writeBootImage(image);
  await writeAtomically(output, pieces);
  const id = request.id ? idOf(image, pieces) : undefined;
  if (id !== undefined) say(`0x${Buffer.from(id).toString('hex')}`);
}

async function readFiles(request: MkbootimgRequest): Promise<ReadonlyMap<string, Uint8Array>> {
  const names = [...Object.values(request.files), ...request.fragments.map(({ file }) => file)];
  const files = new Map<string, Uint8Array>();
  for (const name of new Set(names)) files.set(name, await readPart(name));
  return files;
}

function readPart(file: string): Promise<Uint8Array> {
  return readFile(file).catch((cause: unknown) => {
    throw new UsageError('cli.no-part', `cannot read ${file}`, { cause });
  });
}
