import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/** Folder of one test file: disks, keys, pictures; gone when the file is done. */
export const desk = mkdtempSync(join(tmpdir(), 'mnx-boot-'));

// Host keys belong to the test, not to the person who runs it.
process.env['MNX_STATE'] = join(desk, 'state');

afterAll(() => rmSync(desk, { recursive: true, force: true }));

/** Path of a file on the desk. */
export function onDesk(name: string): string {
  return join(desk, name);
}
