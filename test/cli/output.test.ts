import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { desk, MAIN, mnx, run } from './mnx.ts';
import { phoneFiles } from './phone-files.ts';

const { env, fresh, clear } = desk();
afterAll(clear);
const cwd = fresh();
const here = { env, cwd };
const own = phoneFiles(fresh('own'));

const ESCAPE = '\u001b';
/** To the first column, and the line away. */
const REDRAW = `\r${ESCAPE}[2K`;

/** Runs a line of sh in which "$@" is mnx. */
function shell(line: string, more: NodeJS.ProcessEnv = {}) {
  return run('bash', ['-c', line, 'bash', process.execPath, MAIN], { env: { ...env, ...more }, cwd });
}

describe('in a pipe', () => {
  it('nothing has escape codes, whatever TERM says', async () => {
    const coloured = { ...env, TERM: 'xterm-256color', COLORTERM: 'truecolor' };
    const commands = [
      ['--help'],
      ['devices'],
      ['device', 'show', 'asus-z00t'],
      ['bootimg', '--device', 'nobody'],
      ['bootimg', '--device', 'asus-z00t', '--dry-run'],
      ['bootimg', '--device', 'asus-z00t', ...own, '-o', 'piped.img'],
    ];
    for (const args of commands) {
      const { stdout, stderr } = await mnx(args, { env: coloured, cwd });
      expect(stdout + stderr).not.toBe('');
      expect(stdout + stderr, args.join(' ')).not.toContain(ESCAPE);
      expect(stdout + stderr, args.join(' ')).not.toContain('\r');
    }
  });

  it('progress is one line per step', async () => {
    const { stderr } = await mnx(['bootimg', '--device', 'asus-z00t', ...own, '-o', 'b.img'], {
      env: { ...env, MNX_CACHE: fresh('cache') },
      cwd,
    });
    expect(stderr).toBe('Compressing the kernel\n');
  });
});

describe('on a terminal', () => {
  const script = existsSync('/usr/bin/script');
  if (!script) console.log('skipped: no script (Debian package bsdutils)');
  const terminal = (args: string, more: NodeJS.ProcessEnv = {}) =>
    run('script', ['-qec', `stty cols 100 rows 30; "${process.execPath}" "${MAIN}" ${args}`, '/dev/null'], {
      env: { ...env, TERM: 'xterm', ...more },
      cwd,
    });

  it.skipIf(!script)('there are colours, unless NO_COLOR or a dumb terminal forbids them', async () => {
    expect((await terminal('devices')).stdout).toContain(`${ESCAPE}[1mDEVICE`);
    expect((await terminal('devices', { NO_COLOR: '1' })).stdout).not.toContain(ESCAPE);
    expect((await terminal('devices', { TERM: 'dumb' })).stdout).not.toContain(ESCAPE);
  });

  it.skipIf(!script)('progress is one line that is drawn again and taken away', async () => {
    const args = ['bootimg', '--device', 'asus-z00t', ...own, '-o', 'tty.img'].join(' ');
    const { code, stdout } = await terminal(args, { MNX_CACHE: fresh('cache') });
    expect(code).toBe(0);
    const end = stdout.lastIndexOf(REDRAW) + REDRAW.length;
    const steps = stdout.slice(0, end).split(REDRAW);
    expect(steps).toContainEqual(expect.stringMatching(/^Compressing the kernel [━╌]+ .* of 1\.00 MiB$/));
    expect(steps.join('')).not.toContain('\n');
    const page = stripVTControlCharacters(stdout.slice(end)).split('\r\n');
    expect(page[0]).toContain('asus-z00t');
    for (const line of page) expect(line.length, line).toBeLessThanOrEqual(100);
  });
});

describe('an output that goes away', () => {
  it('ends quietly when the reader has gone', async () => {
    const { stdout, stderr } = await shell(
      `"$@" device show asus-z00t --json | true; echo "\${PIPESTATUS[0]}"`,
    );
    expect({ stdout, stderr }).toEqual({ stdout: '0\n', stderr: '' });
  });

  it('gives its lines to head', async () => {
    const { stdout, stderr } = await shell('"$@" devices | head -1');
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^DEVICE .*\n$/);
  });

  it.skipIf(!existsSync('/dev/full'))('says in one line that the disk is full, and exits 1', async () => {
    const { stdout, stderr } = await shell('"$@" devices >/dev/full; echo $?');
    expect(stdout).toBe('1\n');
    expect(stderr).toMatch(/^error: the output cannot be written: ENOSPC.*\n$/);
  });

  it('runs with its outputs closed', async () => {
    const { stdout } = await shell('"$@" devices >&- 2>&-; echo $?');
    expect(stdout).toBe('0\n');
  });
});

describe('starting', () => {
  /** Prints every native library that is opened: sharp cannot be loaded without its own. */
  const RECORDER = `const { dlopen } = process; process.dlopen = function (module, file, ...rest) {
    process.stderr.write('OPENED ' + file + '\\n'); return dlopen.call(this, module, file, ...rest); };`;
  const nodeFlags = ['--import', `data:text/javascript,${encodeURIComponent(RECORDER)}`];

  it.each([['devices'], ['--help'], ['device show asus-z00t'], ['bootimg --device asus-z00t --dry-run']])(
    'mnx %s does not load sharp',
    async (line) => {
      const { code, stderr } = await mnx(line.split(' '), { ...here, nodeFlags });
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    },
  );

  it('mnx splash does', async () => {
    const preview = join(cwd, 'splash.png');
    const { code, stderr } = await mnx(['splash', '--device', 'asus-z00t', '--preview', preview], {
      ...here,
      nodeFlags,
    });
    expect(code).toBe(0);
    expect(stderr).toMatch(/OPENED .*sharp.*\.node/);
  });
});
