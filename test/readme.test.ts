import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readBootImage, writeBootImage } from '../src/bootimg/index.ts';
import { imageWith, PARTS } from './bootimg/sample.ts';

const ROOT = resolve(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'mnx-readme-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('README', () => {
  it('shows a program that reads, changes and writes an image in ten lines', () => {
    const [, code = ''] =
      /```js\n(.*?mnx\/bootimg.*?)```/s.exec(readFileSync(join(ROOT, 'README.md'), 'utf8')) ?? [];
    expect(code.trim().split('\n').length).toBeLessThanOrEqual(10);
    const room = JSON.stringify(join(ROOT, 'dist/bootimg/index.js'));
    writeFileSync(join(folder, 'example.mjs'), code.replace("'mnx/bootimg'", room));
    const image = imageWith(
      {},
      { cmdline: 'quiet', parts: { kernel: PARTS.kernel, ramdisk: PARTS.ramdisk } },
    );
    writeFileSync(join(folder, 'boot.img'), Buffer.concat(writeBootImage(image)));
    const said = execFileSync(process.execPath, ['example.mjs'], { cwd: folder, encoding: 'utf8' });
    expect(said).toContain('quiet');
    const louder = new Uint8Array(readFileSync(join(folder, 'louder.img')));
    const wanted = Buffer.concat(writeBootImage({ ...image, cmdline: 'quiet loglevel=7' }));
    expect(Buffer.from(louder).equals(wanted)).toBe(true);
    expect(readBootImage(louder).id.kind).toBe('sha1');
  });
});
