import { afterEach, describe, expect, it, vi } from 'vitest';
import { progressLine } from '../../src/cli/progress.ts';
import { paint, size, table, wrapped } from '../../src/cli/terminal.ts';

/** Makes stdout a terminal of some width, or a pipe. */
function stdoutIs(columns: number | undefined): void {
  vi.spyOn(process.stdout, 'isTTY', 'get').mockReturnValue(columns !== undefined);
  Object.defineProperty(process.stdout, 'columns', { value: columns, configurable: true });
}

/** A stream that keeps what is written to it. */
function recorder(columns?: number) {
  let text = '';
  const stream = {
    isTTY: columns !== undefined,
    columns,
    write: (part: string) => {
      text += part;
      return true;
    },
  } as unknown as NodeJS.WriteStream;
  return { stream, text: () => text };
}

if (!('isTTY' in process.stdout))
  Object.defineProperty(process.stdout, 'isTTY', { get: () => false, configurable: true });

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

describe('size', () => {
  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.00 KiB'],
    [10 * 1024, '10.0 KiB'],
    [100 * 1024, '100 KiB'],
    [32 * 1024 * 1024, '32.0 MiB'],
    [1.5 * 1024 ** 3, '1.50 GiB'],
    [5000 * 1024 ** 3, '5000 GiB'],
  ])('%d is %s', (bytes, text) => {
    expect(size(bytes)).toBe(text);
  });
});

describe('table', () => {
  const rows = [
    ['a', '1', 'one'],
    ['long', '100', 'a hundred of them in words that go on and on'],
  ];

  it('aligns columns, numbers to the right, and leaves no blanks at ends', () => {
    expect(table(rows, [1])).toEqual([
      'a       1  one',
      'long  100  a hundred of them in words that go on and on',
    ]);
    expect(
      table([
        ['a', ''],
        ['b', 'c'],
      ]),
    ).toEqual(['a', 'b  c']);
    expect(table([])).toEqual([]);
  });

  it('wraps the last column inside itself on a terminal', () => {
    stdoutIs(40);
    expect(table(rows, [1])).toEqual([
      'a       1  one',
      'long  100  a hundred of them in words',
      '           that go on and on',
    ]);
  });

  it('lets the last column stand below the others where they leave it no room', () => {
    stdoutIs(30);
    const where = '0x80000000 .. 0x80001000';
    expect(
      table([
        [where, 'a branch to the kernel, and no more'],
        [where, 'dtb'],
      ]),
    ).toEqual([where, '    a branch to the kernel,', '    and no more', `${where}  dtb`]);
  });
});

describe('wrapped', () => {
  it('breaks between words, and never within one', () => {
    stdoutIs(30);
    const long = 'x'.repeat(50);
    expect(wrapped(`one two ${long} three`)).toEqual(['one two', long, 'three']);
    expect(wrapped('a b c d e f g h i j k l m n o p', 4).every((line) => line.length <= 26)).toBe(true);
    expect(wrapped('a b c d e f g h i j k l m n o p').join(' ')).toBe('a b c d e f g h i j k l m n o p');
  });
});

describe('paint', () => {
  it('colours a terminal alone', () => {
    vi.stubEnv('NO_COLOR', '');
    vi.stubEnv('TERM', 'xterm');
    expect(paint('red', 'x', recorder().stream)).toBe('x');
    expect(paint('red', 'x', recorder(80).stream)).not.toBe('x');
    vi.stubEnv('NO_COLOR', '1');
    expect(paint('red', 'x', recorder(80).stream)).toBe('x');
    vi.unstubAllEnvs();
  });
});

describe('progressLine', () => {
  const REDRAW = '\r\u001b[2K';

  it('writes one line per step into a pipe', () => {
    const { stream, text } = recorder();
    const line = progressLine(stream);
    for (const done of [0, 50, 100]) line.update({ label: 'Fetching', done, total: 100 });
    line.update({ label: 'Unpacking', done: 0, total: 0 });
    line.clear();
    expect(text()).toBe('Fetching\nUnpacking\n');
  });

  it('draws bar, bytes and time left on a terminal, within its width, and clears', () => {
    vi.useFakeTimers();
    const { stream, text } = recorder(60);
    const line = progressLine(stream);
    const total = 64 * 1024 * 1024;
    line.update({ label: 'Fetching', done: 0, total });
    vi.advanceTimersByTime(3000);
    line.update({ label: 'Fetching', done: total / 4, total });
    vi.advanceTimersByTime(10);
    line.update({ label: 'Fetching', done: total / 3, total });
    line.clear();
    const [before, first = '', second = '', after] = text().split(REDRAW);
    expect([before, after]).toEqual(['', '']);
    expect(first).toMatch(/^Fetching ╌{24} 0 B of 64\.0 MiB$/);
    expect(second).toMatch(/^Fetching ━{6}╌{18} 16\.0 MiB of 64\.0 MiB, /);
    expect(second.length).toBe(59);
  });

  it('counts steps, and shows bytes alone where the end is not known', () => {
    const { stream, text } = recorder(100);
    const line = progressLine(stream);
    line.update({ label: 'Expanding', done: 3, total: 12, unit: 'steps' });
    line.update({ label: 'Reading', done: 2048, total: 0 });
    expect(text().split(REDRAW).slice(1)).toEqual([
      'Expanding ━━━━━━╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ 3 of 12',
      'Reading 2.00 KiB',
    ]);
  });
});
