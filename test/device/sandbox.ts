import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Writes definition files into a folder of the test's own and returns its path. */
export function sandbox(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'mnx-device-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

/** A device that is sound on its own, with one part replaced. */
export function deviceText(replace: Readonly<Record<string, string>> = {}): string {
  const parts: Record<string, string> = {
    head: 'name = "Phone"\nmanufacturer = "Maker"\nsoc = "msm8916"\narch = "aarch64"\nloader = "qcom-lk"',
    support: '[support]\nlevel = "untested"\nreason = "a test"',
    kernel: '[kernel]\ncompression = "none"',
    bootimg:
      '[bootimg]\npage_size = 2048\nbase = 0x8000_0000\nkernel_offset = 0x8000\nramdisk_offset = 0x0100_0000\ntags_offset = 0x100\ndtb = "qcdt"',
    partitions: '[partitions]\nboot = 0x0200_0000',
    screen: '[screen]\nwidth = 720\nheight = 1280',
    more: '',
    ...replace,
  };
  return `${Object.values(parts).join('\n\n')}\n`;
}
