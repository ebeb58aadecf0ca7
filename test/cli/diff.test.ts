import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { bootFile } from '../inspect/samples.ts';
import { desk, documentOf, mnx } from './mnx.ts';

const { env, fresh, clear } = desk();
afterAll(clear);

function folder(): string {
  const cwd = fresh();
  writeFileSync(join(cwd, 'a.img'), bootFile({ cmdline: 'quiet loglevel=4' }));
  writeFileSync(join(cwd, 'b.img'), bootFile({ cmdline: 'loglevel=7 splash' }, { board: 'mnx' }));
  return cwd;
}

describe('mnx diff', () => {
  it('exits 1 and shows signs, names and values in columns', async () => {
    const run = await mnx(['diff', 'a.img', 'b.img'], { env, cwd: folder() });
    expect(run).toMatchObject({ code: 1, stderr: '' });
    expect(run.stdout).toBe(
      [
        'command line',
        '  - quiet',
        '  ~ loglevel  loglevel=4 -> loglevel=7',
        '  + splash',
        '',
        'file',
        '  + board  mnx',
        '',
      ].join('\n'),
    );
  });

  it('exits 0 for equal files and says so', async () => {
    const cwd = folder();
    const run = await mnx(['diff', 'a.img', 'a.img'], { env, cwd });
    expect(run).toMatchObject({ code: 0, stdout: 'a.img and a.img are equal, byte for byte\n' });
    const json = await mnx(['diff', 'a.img', 'a.img', '--json'], { env, cwd });
    expect(documentOf(json)).toEqual({ a: 'a.img', b: 'a.img', equal: true, differences: [] });
  });

  it('gives one document', async () => {
    const run = await mnx(['diff', 'a.img', 'b.img', '--json'], { env, cwd: folder() });
    expect(run.code).toBe(1);
    expect(documentOf(run)).toMatchObject({
      equal: false,
      differences: [
        { where: '', kind: 'word', change: 'removed', name: 'quiet' },
        { kind: 'word', change: 'changed', name: 'loglevel', from: 'loglevel=4', to: 'loglevel=7' },
        { kind: 'word', change: 'added', name: 'splash' },
        { kind: 'field', change: 'added', name: 'board', to: 'mnx' },
      ],
    });
  });

  it('exits 2 when a file is missing', async () => {
    expect((await mnx(['diff', 'a.img', 'c.img'], { env, cwd: folder() })).code).toBe(2);
  });
});
