import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { listing, run } from './mnx.ts';

const root = mkdtempSync(join(tmpdir(), 'mnx-interrupted-'));
afterAll(() => rmSync(root, { recursive: true }));
const OUTPUT = pathToFileURL(resolve(import.meta.dirname, '../../dist/output/index.js')).href;

/** Programs that stop in the middle of an output, say so, and wait to be ended. */
const HALFWAY = {
  'a file': `
    async function* pieces() { yield new Uint8Array(9); await halfway(); }
    await writeAtomically('whole.img', pieces());`,
  'a folder': `
    await makeFolder('whole', async (folder) => { writeFileSync(folder + '/part', 'x'); await halfway(); });`,
};

describe.each(Object.entries(HALFWAY))('a program that is ended in the middle of %s', (_, program) => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('by %s leaves nothing of it', async (signal) => {
    const cwd = mkdtempSync(join(root, 'work-'));
    const text = `
      import { writeFileSync } from 'node:fs';
      import { makeFolder, writeAtomically } from '${OUTPUT}';
      const halfway = () => new Promise(() => { setInterval(() => {}, 1000); process.stdout.write('halfway'); });
      ${program}`;
    let began: string[] = [];
    const ended = await run(process.execPath, ['--input-type=module', '-e', text], {
      env: { PATH: process.env['PATH'] },
      cwd,
      attend: (child) =>
        child.stdout?.once('data', () => {
          began = listing(cwd);
          child.kill(signal);
        }),
    });
    expect(began).toEqual([expect.stringMatching(/^\.mnx-whole/)]);
    expect(ended).toMatchObject({ code: null, signal, stderr: '' });
    expect(listing(cwd)).toEqual([]);
  });
});
