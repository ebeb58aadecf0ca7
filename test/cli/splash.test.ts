import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { desk, mnx } from './mnx.ts';

const table = desk();
afterAll(() => table.clear());

describe('mnx splash', () => {
  it('draws the test card, reads its dump back and tells what the device file should say', async () => {
    const cwd = table.fresh('splash');
    const at = { env: table.env, cwd };
    const drawn = await mnx(
      [
        'splash',
        '--device',
        'asus-flo',
        '--theme',
        'testcard',
        '--preview',
        'p.png',
        '--html',
        'p.html',
        '-o',
        '.',
      ],
      at,
    );
    expect(drawn.code).toBe(0);
    const decoded = await mnx(['splash', 'decode', 'boot.raw', '--device', 'asus-flo', '-o', 'd.png'], at);
    expect(decoded.code).toBe(0);
    expect(readFileSync(join(cwd, 'd.png')).equals(readFileSync(join(cwd, 'p.png')))).toBe(true);
    expect(readFileSync(join(cwd, 'p.html'), 'utf8')).not.toMatch(/(?:src|href)="(?!data:)/);
    const right = await mnx(['splash', 'doctor', 'boot.raw', '--device', 'asus-flo'], at);
    expect(right.stdout).toContain('the dump is what its file says');
    const wrong = await mnx(['splash', 'doctor', 'boot.raw', '--device', 'asus-z00t'], at);
    expect(wrong.stdout).toContain('differs width: the file says 1080, the dump 1200');
    expect(wrong.stdout).toContain('\nstride = 4800\nformat = "BGRA8888"\nrotation = 0\n');
  });

  it('says what a dump lacks', async () => {
    const at = { env: table.env, cwd: table.fresh('lacking') };
    const none = await mnx(['splash', 'doctor', 'nowhere.raw'], at);
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('cannot read nowhere.raw')]);
  });
});
