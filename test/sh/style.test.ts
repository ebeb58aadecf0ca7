import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inStage1, installed, lines, SHELLS, STAGE1, shellFiles } from './shell.ts';

const init = join(STAGE1, 'init');
const steps = shellFiles('steps');
const libraries = shellFiles('lib');
const guests = resolve(import.meta.dirname, '../boot/guest');
const programs = readdirSync(join(STAGE1, 'bin')).map((name) => join(STAGE1, 'bin', name));
const all = [init, join(STAGE1, 'hook.sh'), join(STAGE1, 'failed.sh'), ...programs, ...libraries, ...steps];

function output(program: string, args: readonly string[], input?: string): string {
  const run = spawnSync(program, args, { encoding: 'utf8', ...(input === undefined ? {} : { input }) });
  return run.stdout + run.stderr;
}

/** All of stage-1 as the one program that it is: libraries, steps, init. */
function joined(): string {
  const texts = [...libraries, ...steps, init].map((path) =>
    readFileSync(path, 'utf8').replace(/^#!.*\n/, ''),
  );
  return `#!/bin/sh\n${texts.join('\n')}`;
}

describe('the text of stage-1', () => {
  it.skipIf(!installed('shellcheck'))('is clean in shellcheck, each file and all of them joined', () => {
    expect(output('shellcheck', [...all, join(guests, 'gadget-host.sh')])).toBe('');
    // Joined, a name that nobody sets or reads shows. SC1090: sourcing by variable; SC2317: each
    // step replaces step_run.
    const strict = ['-s', 'sh', '--norc', '-e', 'SC3043,SC1090,SC2317', '-'];
    expect(output('shellcheck', strict, joined())).toBe('');
  });

  it.skipIf(!installed('shfmt'))('is laid out as shfmt does it', () => {
    // As .editorconfig has it, for editors as well.
    expect(output('shfmt', ['-d', STAGE1, guests])).toBe('');
  });

  it.each(SHELLS)('is read by $name', ({ command: [program, ...args] }) => {
    for (const path of all) expect(output(program, [...args, '-n', path])).toBe('');
  });

  it('tells in its first lines what each part is', () => {
    for (const path of [...libraries, ...steps]) {
      const [first, second] = readFileSync(path, 'utf8').split('\n');
      expect(first, path).toBe('# shellcheck shell=sh');
      expect(second, path).toMatch(new RegExp(`^# ${basename(path)}: .{20}`));
    }
  });
});

describe.each(SHELLS)('the steps under $name', (shell) => {
  it.each(steps.map((path) => [basename(path, '.sh'), path] as const))('%s declares itself', (_, path) => {
    const script = `step_run() { echo missing; }; step_load '${path}'
      echo "$step_does|$step_needs|$step_limit|$step_inline"; command -v step_run`;
    const run = inStage1(shell, script);
    const [does, needs, limit, inline] = (lines(run.stdout)[0] ?? '').split('|');
    expect(does?.length).toBeGreaterThan(8);
    expect(Number(limit)).toBeGreaterThan(0);
    expect(['yes', 'no']).toContain(inline);
    const earlier = steps.slice(0, steps.indexOf(path)).map((other) => basename(other, '.sh'));
    for (const name of (needs ?? '').split(' ').filter((word) => word !== ''))
      expect(earlier).toContain(name);
    expect(readFileSync(path, 'utf8')).toMatch(/^step_run\(\) \{$/m);
  });
});
