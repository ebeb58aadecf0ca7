import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { pngChunk } from '../../src/splash/png-chunks.ts';
import { desk, listing, mnx } from './mnx.ts';

const table = desk();
afterAll(() => table.clear());

const png = () =>
  sharp({ create: { width: 64, height: 64, channels: 3, background: '#123456' } })
    .png()
    .toBuffer();

/** A sound PNG with a chunk behind its header. */
async function withChunk(type: string, data: Uint8Array): Promise<Buffer> {
  const sound = await png();
  return Buffer.concat([sound.subarray(0, 33), pngChunk(type, data), sound.subarray(33)]);
}

const ascii = (text: string) => Buffer.from(text, 'latin1');
/** 64 MiB of zeros in 64 kB. */
const bomb = () => deflateSync(Buffer.alloc(64 * 1024 * 1024));

async function huge(width: number, height: number): Promise<Buffer> {
  const sound = await png();
  const header = Buffer.from(sound.subarray(16, 29));
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  return Buffer.concat([sound.subarray(0, 8), pngChunk('IHDR', header), sound.subarray(33)]);
}

const svg = (body: string, front = '') =>
  ascii(`${front}<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8">${body}</svg>`);

const BAD: readonly (readonly [string, () => Promise<Buffer> | Buffer, RegExp])[] = [
  ['a PNG without its second half', async () => (await png()).subarray(0, 100), /damaged PNG file: it ends/],
  ['a PNG of 65535 x 65535', () => huge(65535, 65535), /pixel limit/],
  [
    'a huge profile',
    () => withChunk('iCCP', Buffer.concat([ascii('x\0\0'), bomb()])),
    /more than \d+ bytes in its iCCP chunk/,
  ],
  [
    'a huge text',
    () => withChunk('zTXt', Buffer.concat([ascii('x\0\0'), bomb()])),
    /more than \d+ bytes in its zTXt chunk/,
  ],
  [
    'a huge Unicode text',
    () => withChunk('iTXt', Buffer.concat([ascii('x\0\x01\0en\0x\0'), bomb()])),
    /more than \d+ bytes in its iTXt chunk/,
  ],
  [
    'a text that does not expand',
    () => withChunk('iTXt', ascii('x\0\x01\0en\0x\0no zlib data')),
    /its iTXt chunk does not expand/,
  ],
  ['an SVG that shows another file', () => svg('<image href="/etc/passwd"/>'), /refers to another file/],
  ['an SVG of another host', () => svg('<use href="http://example.org/a.svg#b"/>'), /refers to another file/],
  [
    'an SVG with a style sheet',
    () => svg('<rect/>', '<?xml-stylesheet href="a.css"?>'),
    /refers to another file/,
  ],
  [
    'an SVG that reads a file as an entity',
    () => svg('&x;', '<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
    /declares entities/,
  ],
  [
    'a GIF without frames',
    () => Buffer.from('47494638396102000100800000ff00000000ff3b', 'hex'),
    /damaged GIF file/,
  ],
  ['nothing', () => Buffer.alloc(0), /the file is empty/],
];

describe('a bad picture', () => {
  it.each(BAD)('that is %s is refused in one line, and nothing is written', async (name, make, message) => {
    const cwd = table.fresh(name.replace(/\W+/g, '-'));
    writeFileSync(join(cwd, 'picture'), await make());
    const out = ['--preview', 'p.png', '--html', 'p.html', '-o', 'frames'];
    const run = await mnx(['splash', '--device', 'asus-z00t', '--image', 'picture', ...out], {
      env: table.env,
      cwd,
    });
    expect([run.code, run.stdout]).toEqual([3, '']);
    const [first = '', ...others] = run.stderr.trim().split('\n');
    expect(first).toMatch(message);
    expect(others.length).toBeLessThanOrEqual(1);
    expect(run.stderr).not.toMatch(/\n\s+at /);
    expect(listing(cwd)).toEqual(['picture']);
  });

  it('and a folder without frames leave what was there', async () => {
    const cwd = table.fresh('no-frames');
    mkdirSync(join(cwd, 'empty'));
    writeFileSync(join(cwd, 'p.png'), 'mine');
    const args = ['splash', '--device', 'asus-z00t', '--image', 'empty', '--preview', 'p.png'];
    const run = await mnx(args, { env: table.env, cwd });
    expect([run.code, run.stderr]).toEqual([2, expect.stringContaining('the folder empty holds no frames')]);
    expect(existsSync(join(cwd, 'p.png'))).toBe(true);
    expect(listing(cwd)).toEqual(['empty', 'p.png']);
  });
});

describe('mnx splash', () => {
  it('shows messages, progress and error screens, and says what there is', async () => {
    const at = { env: table.env, cwd: table.fresh('moments') };
    const splash = (...more: string[]) =>
      mnx(['splash', '--device', 'asus-flo', '--preview', 'p.png', ...more], at);
    for (const more of [
      ['--message', 'root', '--at', '40%'],
      ['--message', 'Hello', '--at', '7'],
      ['--error', 'kexec', '--step', '90-stage2'],
    ]) {
      expect((await splash(...more)).code).toBe(0);
    }
    const none = await splash('--error', 'nosuch');
    expect([none.code, none.stderr]).toEqual([
      2,
      expect.stringMatching(/has no error nosuch[\s\S]*root-not-found/),
    ]);
    expect((await splash('--at', '101')).code).toBe(2);
    expect((await splash('--message', '漢')).code).toBe(3);
  });
});
