import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where `mkbootimg` and `unpack_bootimg` are when not on the PATH. */
const FOLDER = process.env['MNX_MKBOOTIMG_DIR'];

/** AOSP's program, from the folder that the environment names or from the PATH. */
export function tool(name: string): string {
  return FOLDER === undefined ? name : join(FOLDER, name);
}

/**
 * Whether mkbootimg 34 is there. It writes v4 and a v3 header size of 1580; the 29.0.6 of Debian 12
 * does neither and is no oracle. Says in one line when it is missing.
 */
export function haveMkbootimg(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'mnx-mkbootimg-'));
  try {
    const out = join(folder, 'boot.img');
    execFileSync(tool('mkbootimg'), ['--header_version', '4', '-o', out], { stdio: 'ignore' });
    if (readFileSync(out).readUInt32LE(20) === 1584) return true;
  } catch {
    // Not installed, or too old to know version 4.
  } finally {
    rmSync(folder, { recursive: true });
  }
  console.log('skipped: no mkbootimg 34 (Debian package mkbootimg, or MNX_MKBOOTIMG_DIR)');
  return false;
}
