import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { buildDtbo, buildQcdt, writeFdt } from '../../src/devicetree/index.ts';
import { tree } from '../devicetree/sample.ts';
import { desk, documentOf, listing, mnx } from './mnx.ts';

const { env, fresh, clear } = desk();
afterAll(clear);

const board = (variant: number, more = {}): Uint8Array =>
  writeFdt(
    tree({ model: `board ${variant}`, 'qcom,msm-id': [239, 0], 'qcom,board-id': [variant, 0], ...more }),
  );

function folderWith(files: Readonly<Record<string, Uint8Array>>): string {
  const cwd = fresh();
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(cwd, name), bytes);
  return cwd;
}

const read = (cwd: string, name: string): Uint8Array => new Uint8Array(readFileSync(join(cwd, name)));

describe('mnx dt', () => {
  it('takes a table apart into a new folder, or not at all', async () => {
    const cwd = folderWith({ 'dt.img': buildQcdt([board(8)]) });
    mkdirSync(join(cwd, 'trees'));
    writeFileSync(join(cwd, 'trees', 'mine.dtb'), 'mine');
    const run = await mnx(['dt', 'unpack', 'dt.img', '-d', 'trees'], { env, cwd });
    expect(run).toMatchObject({ code: 2, stderr: expect.stringContaining('is not empty') });
    expect(listing(cwd)).toEqual(['dt.img', 'trees']);
    expect(listing(join(cwd, 'trees'))).toEqual(['mine.dtb']);
  });

  it('builds the table of buildQcdt and takes it apart into the same trees', async () => {
    const [a, b] = [board(8), board(11)];
    const cwd = folderWith({ 'b.dtb': b, 'a.dtb': a });
    const built = await mnx(['dt', 'build', 'b.dtb', 'a.dtb', '-o', 'dt.img', '--page-size', '4096'], {
      env,
      cwd,
    });
    expect(built).toMatchObject({ code: 0, stderr: '' });
    expect(built.stdout).toContain('qcdt version 2, 2 entries');
    expect(read(cwd, 'dt.img')).toEqual(buildQcdt([b, a], { pageSize: 4096 }));
    const unpacked = await mnx(['dt', 'unpack', 'dt.img', '-d', 'out/trees', '--json'], { env, cwd });
    expect(documentOf(unpacked)).toMatchObject({
      format: 'qcdt',
      version: 2,
      entries: [
        { ids: { platform: 239, variant: 8 }, file: 'dt-0.dtb' },
        { ids: { platform: 239, variant: 11 }, file: 'dt-1.dtb' },
      ],
    });
    expect(listing(join(cwd, 'out/trees'))).toEqual(['dt-0.dtb', 'dt-1.dtb']);
    expect(read(cwd, 'out/trees/dt-0.dtb')).toEqual(a);
    expect(read(cwd, 'out/trees/dt-1.dtb')).toEqual(b);
  });

  it.each(['1', '2', '3'] as const)('writes version %s', async (version) => {
    const cwd = folderWith({ 'a.dtb': board(8) });
    await mnx(['dt', 'build', 'a.dtb', '-o', 'dt.img', '--table-version', version], { env, cwd });
    expect(read(cwd, 'dt.img')).toEqual(buildQcdt([board(8)], { version: Number(version) as 1 | 2 | 3 }));
  });

  it('says what a tree lacks, and what is no table', async () => {
    const cwd = folderWith({ 'plain.dtb': writeFdt(tree({ model: 'x' })), text: Buffer.from('some text') });
    const build = await mnx(['dt', 'build', 'plain.dtb', '-o', 'dt.img'], { env, cwd });
    expect(build.code).toBe(2);
    expect(build.stderr).toContain('qcom,msm-id');
    const unpack = await mnx(['dt', 'unpack', 'text', '-d', 'out'], { env, cwd });
    expect(unpack.code).toBe(2);
    expect(unpack.stderr).toContain('no table of device trees');
    expect(listing(cwd)).toEqual(['plain.dtb', 'text']);
  });
});

describe('mnx dtbo', () => {
  it('gives each overlay its own numbers, in version 0', async () => {
    const [a, b] = [board(1), board(2)];
    const cwd = folderWith({ 'a.dtbo': a, 'b.dtbo': b });
    const args = [
      '--rev',
      '3',
      'a.dtbo',
      '--id',
      '0x10',
      '--custom3=7',
      'b.dtbo',
      '--id=/:qcom,board-id',
      '--rev=4',
    ];
    const run = await mnx(['dtbo', 'build', '-o', 'dtbo.img', ...args], { env, cwd });
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(read(cwd, 'dtbo.img')).toEqual(
      buildDtbo([
        { blob: a, id: 0x10, rev: 3, custom: [0, 0, 0, 7] },
        { blob: b, id: 2, rev: 4 },
      ]),
    );
  });

  it('packs in version 1, and unpacks what was packed', async () => {
    const [a, b] = [board(1), board(2)];
    const cwd = folderWith({ 'a.dtbo': a, 'b.dtbo': b });
    const args = [
      '--table-version',
      '1',
      'a.dtbo',
      '--compress',
      'zlib',
      'b.dtbo',
      '--compress',
      'gzip',
      '--id',
      '9',
    ];
    const run = await mnx(['dtbo', 'build', ...args, '-o', 'dtbo.img', '--json'], { env, cwd });
    expect(documentOf(run)).toMatchObject({
      kind: 'dtbo',
      version: 1,
      entries: [{ compression: 'zlib' }, { compression: 'gzip', id: 9 }],
    });
    const unpacked = await mnx(['dtbo', 'unpack', 'dtbo.img', '-d', 'out'], { env, cwd });
    expect(unpacked).toMatchObject({ code: 0, stderr: '' });
    expect(read(cwd, 'out/dtbo-0.dtbo')).toEqual(a);
    expect(read(cwd, 'out/dtbo-1.dtbo')).toEqual(b);
  });

  it.each([
    ['a.dtbo', '--compress', 'gzip'],
    ['a.dtbo', '--id', 'seven'],
    ['a.dtbo', '--id', '/:absent'],
    ['a.dtbo', '--wrong', '1'],
    ['a.dtbo', '--id'],
    ['--id', '1'],
  ])('refuses %s %s %s', async (...args) => {
    const cwd = folderWith({ 'a.dtbo': board(1) });
    const run = await mnx(['dtbo', 'build', '-o', 'dtbo.img', ...args], { env, cwd });
    expect(run.code).toBe(2);
    expect(listing(cwd)).toEqual(['a.dtbo']);
  });
});
