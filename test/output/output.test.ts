import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { checkOutput, discardUnfinished, writeAtomically, writeTogether } from '../../src/output/output.ts';

const root = mkdtempSync(join(tmpdir(), 'mnx-output-'));
afterAll(() => rmSync(root, { recursive: true }));

function fresh(): string {
  return mkdtempSync(join(root, 'out-'));
}

const bytes = (text: string) => new Uint8Array(Buffer.from(text));

/** Pieces behind which the disk fails. */
function* broken(pieces: readonly Uint8Array[]): Generator<Uint8Array> {
  yield* pieces;
  throw new Error('the disk fails');
}

describe('writeAtomically', () => {
  it('writes pieces as one file, in place of an old one', async () => {
    const path = join(fresh(), 'a.img');
    writeFileSync(path, 'what was there, longer than what comes');
    await writeAtomically(path, [bytes('one '), new Uint8Array(), bytes('two')]);
    expect(readFileSync(path, 'utf8')).toBe('one two');
  });

  it('leaves the old content whole when anything fails, and nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.option(fc.string(), { nil: undefined }),
        fc.array(fc.uint8Array({ maxLength: 9 }), { maxLength: 3 }),
        fc.boolean(),
        async (old, pieces, fails) => {
          const folder = fresh();
          const path = join(folder, 'a.img');
          if (old !== undefined) writeFileSync(path, old);
          const all = fails ? broken(pieces) : pieces;
          const ended = await writeAtomically(path, all).then(
            () => 'written',
            () => 'failed',
          );
          expect(ended).toBe(fails ? 'failed' : 'written');
          const wanted = fails ? old && Buffer.from(old) : Buffer.concat(pieces);
          expect(readdirSync(folder)).toEqual(fails && old === undefined ? [] : ['a.img']);
          if (wanted !== undefined) expect(Buffer.compare(readFileSync(path), Buffer.from(wanted))).toBe(0);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('shows a reader either the old content or the new', async () => {
    const path = join(fresh(), 'a.img');
    const contents = ['a', 'b'].map((letter) => letter.repeat(300_000));
    await writeAtomically(path, [bytes(contents[0] ?? '')]);
    let writing = true;
    const writes = (async () => {
      for (let i = 0; i < 10; i++) await writeAtomically(path, [bytes(contents[i % 2] ?? '')]);
      writing = false;
    })();
    while (writing) {
      expect(contents.includes(readFileSync(path, 'utf8'))).toBe(true);
      await new Promise(setImmediate);
    }
    await writes;
  });

  it('follows a symbolic link and leaves it one', async () => {
    const folder = fresh();
    writeFileSync(join(folder, 'real.img'), 'old');
    symlinkSync('real.img', join(folder, 'link.img'));
    await writeAtomically(join(folder, 'link.img'), [bytes('new')]);
    expect(lstatSync(join(folder, 'link.img')).isSymbolicLink()).toBe(true);
    expect(readFileSync(join(folder, 'real.img'), 'utf8')).toBe('new');
  });

  it('leaves the mode to the umask', async () => {
    const path = join(fresh(), 'a.img');
    const before = process.umask();
    await writeAtomically(path, [bytes('x')]);
    expect(statSync(path).mode & 0o777).toBe(0o666 & ~before);
  });
});

describe('writeTogether', () => {
  it('gives no file its name when one of them cannot be written', async () => {
    const folder = fresh();
    writeFileSync(join(folder, 'b'), 'old');
    const outputs = [
      { path: join(folder, 'a'), pieces: [bytes('new')] },
      { path: join(folder, 'b'), pieces: broken([bytes('new')]) },
    ];
    await expect(writeTogether(outputs)).rejects.toThrow('the disk fails');
    expect(readdirSync(folder)).toEqual(['b']);
    expect(readFileSync(join(folder, 'b'), 'utf8')).toBe('old');
  });
});

describe('discardUnfinished', () => {
  it('removes what is half-written at once', async () => {
    const folder = fresh();
    const large = new Uint8Array(4 * 1024 * 1024);
    const writing = writeAtomically(join(folder, 'a.img'), [large, large, large]).catch(
      (error: Error) => error,
    );
    while (readdirSync(folder).length === 0) await new Promise(setImmediate);
    expect(readdirSync(folder)[0]).toMatch(/^\.mnx-a\.img-/);
    discardUnfinished();
    expect(readdirSync(folder)).toEqual([]);
    expect(await writing).toBeInstanceOf(Error);
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('checkOutput', () => {
  it('gives the absolute path', async () => {
    const folder = fresh();
    expect(await checkOutput(join(folder, '.', 'a.img'))).toBe(join(folder, 'a.img'));
  });

  it.each([
    ['a folder', (folder: string) => folder, 'recipe.output-is-folder'],
    ['a device', () => '/dev/null', 'recipe.output-not-file'],
    ['a folder that is not there', (folder: string) => join(folder, 'no', 'a.img'), 'recipe.output-folder'],
  ])('refuses %s', async (_, path, code) => {
    await expect(checkOutput(path(fresh()))).rejects.toMatchObject({ code, exitCode: 2 });
  });

  it('refuses a file in place of the folder', async () => {
    const folder = fresh();
    writeFileSync(join(folder, 'file'), '');
    mkdirSync(join(folder, 'folder'));
    await expect(checkOutput(join(folder, 'file', 'a.img'))).rejects.toMatchObject({
      code: 'recipe.output-folder',
    });
    await expect(checkOutput(join(folder, 'folder', 'a.img'))).resolves.toContain('a.img');
  });
});
