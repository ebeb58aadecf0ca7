import type { Command } from 'commander';
import { afterAll, describe, expect, it } from 'vitest';
import { program } from '../../src/cli/program.ts';
import { desk, mnx } from './mnx.ts';

const { env, folder, clear } = desk();
afterAll(clear);
const here = { env, cwd: folder };

function pathsBelow(command: Command, path: readonly string[] = []): string[][] {
  return [[...path], ...command.commands.flatMap((child) => pathsBelow(child, [...path, child.name()]))];
}

const PATHS = pathsBelow(program());

describe('help', () => {
  it('knows the commands that are promised', () => {
    const names = PATHS.map((path) => path.join(' '));
    for (const name of [
      'bootimg',
      'initramfs',
      'initramfs list',
      'initramfs check',
      'initramfs extract',
      'unpack',
      'pack',
      'splash',
      'devices',
      'device show',
      'device check',
      'device coverage',
      'fetch',
      'cache list',
      'cache clean',
      'emulate',
      'ssh',
      'completion',
    ])
      expect(names).toContain(name);
  });

  it.each(PATHS.map((path) => [path.join(' '), path]))('mnx %s --help has examples', async (_, path) => {
    const { code, stdout, stderr } = await mnx([...path, '--help'], here);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^Usage: mnx/);
    const examples = stdout.split('\nExamples:\n')[1] ?? '';
    expect(examples).toMatch(/^ {2}mnx /);
    // A list of forty options is read by nobody.
    const groups = stdout.split('\n\n').map((group) => group.match(/^ {2}(?:-\w, )?--/gm)?.length ?? 0);
    expect(Math.max(...groups)).toBeLessThanOrEqual(24);
    const longest = stdout.split('\n').reduce((most, line) => Math.max(most, line.length), 0);
    expect(longest).toBeLessThanOrEqual(100);
  });

  it('parses every example that help shows', () => {
    const texts = PATHS.map((path) => {
      let text = '';
      const command = path.reduce<Command | undefined>(
        (at, word) => at?.commands.find((child) => child.name() === word),
        program(),
      );
      command?.configureOutput({ writeOut: (part) => (text += part) }).outputHelp();
      return text;
    });
    const examples = texts.flatMap(
      (text) => (text.split('\nExamples:\n')[1] ?? '').match(/^ {2}mnx .*$/gm) ?? [],
    );
    expect(examples.length).toBeGreaterThan(PATHS.length);
    for (const example of examples) {
      const [line = ''] = example.trim().split(/ {2,}| [|>] /);
      const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)]
        .map((found) => found[1] ?? found[2] ?? '')
        .slice(1);
      expect(() => parseOnly(words), line).not.toThrow();
    }
  });

  it('prints the version', async () => {
    const { code, stdout } = await mnx(['--version'], here);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

/** Runs the parser and no command. */
function parseOnly(words: readonly string[]): void {
  const root = program();
  const silence = (command: Command): void => {
    command.action(() => {});
    command.commands.forEach(silence);
  };
  root.commands.forEach(silence);
  root.parse([...words], { from: 'user' });
}
