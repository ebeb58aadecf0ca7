import { describe, expect, it } from 'vitest';
import { inStage1, lines, SHELLS } from './shell.ts';

describe.each(SHELLS)('log under $name', (shell) => {
  it('writes each line to the kernel log with its priority, and to the file with its time', () => {
    const run = inStage1(shell, 'step_name=50-gadget; say one; warn two; fail three');
    expect(run.status).toBe(1);
    expect(run.kmsg).toEqual([
      '<6>mnx: 50-gadget: one',
      '<4>mnx: 50-gadget: warning: two',
      '<3>mnx: 50-gadget: error: three',
    ]);
    expect(lines(run.read('run/mnx/stage1.log') ?? '').map((line) => line.replace(/\d+\.\d\d/, 'T'))).toEqual(
      ['[T] 50-gadget: one', '[T] 50-gadget: warning: two', '[T] 50-gadget: error: three'],
    );
  });

  it('writes each line to memory that outlives a crash, where the kernel has it', () => {
    const run = inStage1(shell, 'say one; say two', { files: { 'dev/pmsg0': '' } });
    expect(run.read('dev/pmsg0')).toMatch(/^\[\d+\.\d\d\] init: one\n\[\d+\.\d\d\] init: two\n$/);
    const without = inStage1(shell, 'say one; [ -e "$MNX_DEV/pmsg0" ] || echo absent');
    expect(without.stdout).toBe('absent\n');
  });

  it('keeps what is said before there is a file', () => {
    const run = inStage1(shell, 'rm "$MNX_RUN/stage1.log"; say early; say later; log_open; say now');
    const log = lines(run.read('run/mnx/stage1.log') ?? '').map((line) => line.replace(/^.*: /, ''));
    expect(log).toEqual(['early', 'later', 'now']);
  });

  it('says nothing to a kernel log that is not there, and makes no file of its name', () => {
    const run = inStage1(shell, 'rm "$MNX_KMSG"; say one; [ -e "$MNX_KMSG" ] || echo absent');
    expect(run.stdout).toBe('absent\n');
    expect(run.stderr).toBe('');
  });

  it.each([
    ['ttyAMA0              -W- (EC   a)  204:64\n', true],
    ['ttyMSM0              -W- (EC   a)  204:64\ntty0                 -WU (E  p  )    4:1\n', false],
    ['', true],
  ])('shows the log on a screen that the kernel leaves alone (%j)', (consoles, shown) => {
    const script = `text_screen() { true; }; mkdir -p "$MNX_DEV"
      say one; fail two; log_on_screen; say three; log_on_screen
      recall log-on-screen.pid || exit 0; until_so grep three "$MNX_DEV/tty0" >/dev/null; cat "$MNX_DEV/tty0"`;
    const run = inStage1(shell, script, { files: { 'proc/consoles': consoles } });
    const said = lines(run.stdout).map((line) => line.replace(/^.*: /, ''));
    expect(said).toEqual(shown ? ['one', 'two', 'three'] : []);
  });

  it('looks for no screen where there is none', () => {
    const run = inStage1(shell, 'log_on_screen; say one; [ -e "$MNX_DEV/tty0" ] || echo absent');
    expect(run.stdout).toBe('absent\n');
  });

  it('cuts a line below the 1024 bytes that the kernel takes', () => {
    const run = inStage1(shell, 'say "$(printf %2000s x)"');
    expect(run.kmsg[0]?.length).toBeLessThan(1000);
  });

  it.each([
    ['0.07', 7],
    ['9.08', 908],
    ['12.80', 1280],
    ['1234567.09', 123456709],
  ])('reads the uptime %s as hundredths', (uptime, expected) => {
    const script = `rm "$MNX_PROC/uptime"; echo '${uptime} 99.99' >"$MNX_PROC/uptime"; uptime_read; echo "$uptime_cs"`;
    expect(inStage1(shell, script).stdout).toBe(`${expected}\n`);
  });

  it.each([
    [0, '0.00'],
    [7, '0.07'],
    [905, '9.05'],
    [123456, '1234.56'],
  ])('writes %d hundredths as %s', (value, text) => {
    expect(inStage1(shell, `seconds ${value}; echo "$seconds_text"`).stdout).toBe(`${text}\n`);
  });

  it('tells what a failing command answered', () => {
    const run = inStage1(
      shell,
      'answer() { echo "no such thing" >&2; return 3; }; try "asking" answer; echo "rc $?"',
    );
    expect(run.kmsg).toEqual(['<4>mnx: init: warning: asking: no such thing']);
    expect(run.stdout).toBe('rc 1\n');
  });

  it('tells when a failing command says nothing', () => {
    expect(inStage1(shell, 'try "asking" false').kmsg).toEqual([
      '<4>mnx: init: warning: asking: false failed without a word',
    ]);
  });

  it('puts a value into a file of the kernel, and tells when it refuses', () => {
    const run = inStage1(shell, 'put 5 "$TREE/value" && put 6 "$TREE/no/folder"; echo "rc $?"');
    expect(run.read('value')).toBe('5\n');
    expect(run.stdout).toBe('rc 1\n');
    expect(run.kmsg).toHaveLength(1);
    expect(run.kmsg[0]).toMatch(
      /^<4>mnx: init: warning: the kernel refuses '6' in \/no\/folder: .*nonexistent/,
    );
  });

  it('logs what commands printed, the last line without its end too, once', () => {
    const run = inStage1(
      shell,
      `printf 'a  b\\nc' >out; log_lines out; log_lines out; log_lines absent; echo "rc $?"`,
    );
    expect(run.kmsg).toEqual(['<6>mnx: init: a  b', '<6>mnx: init: c']);
    expect(run.stdout).toBe('rc 0\n');
  });

  it('remembers across processes', () => {
    const run = inStage1(
      shell,
      '(remember interface usb0); recall interface && echo "$recalled"; recall other || echo none',
    );
    expect(run.stdout).toBe('usb0\nnone\n');
  });
});
