import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A loader that reads boot.img and vendor_boot, as Qualcomm's ABL does. */
const LOADER = `name = "GKI loader"
kind = "android"
addresses = "loader"
header_versions = [0, 2, 3, 4]
cmdline_limit = 2047
dtb = ["section", "append"]
`;

const DEVICE = `name = "GKI Phone"
manufacturer = "Example"
soc = "sm8450"
arch = "aarch64"
loader = "gki"

[support]
level = "untested"
reason = "a test"

[kernel]
compression = "none"

[bootimg]
header_version = 4
dialect = "aosp"
page_size = 4096
base = 0x8000_0000
kernel_offset = 0x0008_0000
ramdisk_offset = 0x0200_0000
tags_offset = 0x01e0_0000
dtb_offset = 0x01f0_0000
dtb = "section"
board = "mnx"
cmdline = ["console=ttyMSM0,115200"]
BOOTCONFIG
[partitions]
PARTITIONS
`;

export interface GkiPhone {
  /** Lines of its boot configuration; none when absent. */
  readonly bootconfig?: readonly string[];
  /** Bytes of the vendor_boot partition; unknown when absent. */
  readonly vendorBoot?: number;
}

/**
 * Writes a device file of header version 4, and the loader beside it.
 * @returns the path of the device file
 */
export function gkiPhone(folder: string, { bootconfig = [], vendorBoot }: GkiPhone = {}): string {
  mkdirSync(join(folder, 'loaders'), { recursive: true });
  writeFileSync(join(folder, 'loaders', 'gki.toml'), LOADER);
  const lines = bootconfig.length === 0 ? '' : `bootconfig = ${JSON.stringify(bootconfig)}\n`;
  const sizes = ['boot = 0x0600_0000', ...(vendorBoot === undefined ? [] : [`vendor_boot = ${vendorBoot}`])];
  const text = DEVICE.replace('BOOTCONFIG\n', lines).replace('PARTITIONS', sizes.join('\n'));
  const file = join(folder, 'phone.toml');
  writeFileSync(file, text);
  return file;
}
