import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readElf, stripDebug } from '../../src/kernel/index.ts';

const run = (tool: string, args: readonly string[]) =>
  spawnSync(tool, args, { encoding: 'utf8', env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C' } });
const missing = ['gcc', 'strip', 'readelf'].filter((tool) => run(tool, ['--version']).status !== 0);
if (missing.length > 0) console.log(`skipped: ${missing.join(', ')} not installed (Debian: gcc, binutils)`);

const folder = mkdtempSync(join(tmpdir(), 'mnx-strip-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SOURCE = `
static int counter = 3;
int table[4] = {1, 2, 3, 4};
__attribute__((noinline)) static int step(int by) { counter += by; return table[by & 3]; }
__attribute__((section(".init.text"))) int start(int n) { return step(n) + counter; }
#define MACRO(x) (x)
int main(void) { return MACRO(start(2)) == 8 ? 0 : 1; }
`;

/** Name, content and kind of the sections, without those that hold numbers of other sections. */
function contents(file: Uint8Array): (readonly [string, string])[] {
  return readElf(file)
    .sections.filter(({ name }) => !/^\.(symtab|strtab|shstrtab|rela?\..*|group)$/.test(name))
    .map(({ name, data }) => [name, Buffer.from(data).toString('hex')] as const);
}

describe.skipIf(missing.length > 0)('stripDebug against binutils', () => {
  it.each([
    ['plain', ['-g', '-O1']],
    ['with section groups', ['-g3', '-O2', '-ffunction-sections', '-fdebug-types-section']],
    ['32 bit', ['-m32', '-g', '-O1']],
  ])('%s', (name, flags) => {
    const base = join(folder, name.replaceAll(' ', '-'));
    writeFileSync(`${base}.c`, SOURCE);
    expect(run('gcc', [...flags, '-fno-pie', '-c', `${base}.c`, '-o', `${base}.o`]).stderr).toBe('');
    const whole = readFileSync(`${base}.o`);
    const ours = stripDebug(whole);
    writeFileSync(`${base}.ours.o`, ours);
    expect(run('strip', ['-g', `${base}.o`, '-o', `${base}.theirs.o`]).stderr).toBe('');
    expect(contents(ours)).toEqual(contents(readFileSync(`${base}.theirs.o`)));
    expect(readElf(ours).sections.some(({ name: section }) => section.includes('debug'))).toBe(false);
    const dump = run('readelf', ['-aW', `${base}.ours.o`]);
    expect(dump.stderr).toBe('');
    expect(stripDebug(ours)).toBe(ours);
    if (!flags.includes('-m32')) {
      expect(run('gcc', ['-no-pie', `${base}.ours.o`, '-o', `${base}.run`]).stderr).toBe('');
      expect(run(`${base}.run`, []).status).toBe(0);
    }
  });
});
