import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { addHashFooter, makeVbmeta } from '../../src/avb/index.ts';
import { concat } from '../../src/binary/index.ts';
import { ramp } from '../bootimg/sample.ts';
import { desk, listing, mnx } from './mnx.ts';

const { env, fresh, clear } = desk();
afterAll(clear);

const IMAGE = ramp(20_000, 31, 7);
const PEM = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
  type: 'pkcs1',
  format: 'pem',
});

function here(): string {
  const cwd = fresh();
  writeFileSync(join(cwd, 'a.img'), IMAGE);
  writeFileSync(join(cwd, 'key.pem'), PEM);
  return cwd;
}

const read = (cwd: string, name: string): Uint8Array => new Uint8Array(readFileSync(join(cwd, name)));

describe('mnx avb', () => {
  it('adds a footer, renews it and takes it off', async () => {
    const cwd = here();
    const args = [
      '--partition',
      'boot',
      '--partition-size',
      '0x100000',
      '--salt',
      '00112233',
      '--prop',
      'a:b:c',
    ];
    const key = ['--avb-key', 'key.pem', '--rollback-index', '7'];
    const run = await mnx(['avb', 'footer', 'add', 'a.img', ...args, ...key, '-o', 'b.img'], { env, cwd });
    expect(run).toMatchObject({ code: 0, stderr: '' });
    const options = {
      partitionName: 'boot',
      partitionSize: 0x100000,
      salt: Uint8Array.of(0, 0x11, 0x22, 0x33),
      props: [['a', 'b:c']] as const,
      rollbackIndex: 7n,
      key: PEM,
    };
    expect(read(cwd, 'b.img')).toEqual(concat(addHashFooter(IMAGE, options)));
    expect((await mnx(['verify', 'b.img', '--avb-key', 'key.pem'], { env, cwd })).code).toBe(0);
    expect((await mnx(['avb', 'footer', 'erase', 'b.img', '--in-place'], { env, cwd })).code).toBe(0);
    expect(read(cwd, 'b.img')).toEqual(IMAGE);
  });

  it('makes the vbmeta that turns verification off, and signed ones', async () => {
    const cwd = here();
    expect((await mnx(['avb', 'vbmeta', '--flags', '3', '-o', 'v.img'], { env, cwd })).code).toBe(0);
    expect(read(cwd, 'v.img')).toEqual(makeVbmeta({ flags: 3, padding: 4096 }));
    const signed = await mnx(['avb', 'vbmeta', '--avb-key', 'key.pem', '-o', 's.img'], { env, cwd });
    expect(signed.code).toBe(0);
    expect(read(cwd, 's.img')).toEqual(makeVbmeta({ key: PEM, flags: 0, padding: 4096 }));
  });

  it.each([
    ['footer', 'add', 'a.img', '--partition', 'boot'],
    ['footer', 'add', 'a.img', '--partition', 'boot', '--in-place', '--salt', 'xyz'],
    ['footer', 'add', 'a.img', '--partition', 'boot', '--in-place', '--partition-size', '5000'],
    ['footer', 'add', 'a.img', '--in-place'],
    ['vbmeta', '-o', 'v.img', '--prop', 'nothing'],
    ['vbmeta', '-o', 'v.img', '--avb-key', 'a.img'],
  ])('refuses %s %s %s %s', async (...args) => {
    const cwd = here();
    expect((await mnx(['avb', ...args], { env, cwd })).code).toBe(2);
    expect(read(cwd, 'a.img')).toEqual(IMAGE);
    expect(listing(cwd)).toEqual(['a.img', 'key.pem']);
  });
});
