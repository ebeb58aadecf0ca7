import { describe, expect, it } from 'vitest';
import { inStage1, type Result, SHELLS, type Shell } from './shell.ts';

const fb0 = 'sys/class/graphics/fb0';
const MODES = 'U:1080x1920p-60\nU:1080x1920p-30\n';
const files = { [`${fb0}/modes`]: MODES, [`${fb0}/mode`]: '\n', [`${fb0}/blank`]: '', 'dev/fb0': '' };

/** Keeps what is written to the files of the framebuffer, in order, and what fbset is told. */
const RECORDED = 'exec 3>&1; put() { echo "$1 > $(basename "$2")"; }; fbset() { echo "fbset $*" >&3; }; ';

function woken(shell: Shell, conf: Readonly<Record<string, string>>, more = files): string {
  return inStage1(shell, `${RECORDED} fb_wake`, { conf, files: more }).stdout;
}

describe.each(SHELLS)('what a driver wants before it shows anything, under $name', (shell) => {
  it('is nothing where the device file says nothing', () => {
    expect(woken(shell, {})).toBe('');
  });

  it('is the first of its modes', () => {
    const run = inStage1(shell, 'fb_wake', { conf: { fb_set_mode: 'yes' }, files });
    expect(run.read(`${fb0}/mode`)).toBe('U:1080x1920p-60\n');
    const none = inStage1(shell, 'fb_wake; echo "rc $?"', { conf: { fb_set_mode: 'yes' } });
    expect(none.stdout).toBe('rc 0\n');
    expect(none.kmsg).toEqual(['<4>mnx: init: warning: the framebuffer has no modes: none is set']);
  });

  it('is a panel that was blanked and unblanked', () => {
    expect(woken(shell, { fb_blank: '1\n0' })).toBe('1 > blank\n0 > blank\n');
    expect(woken(shell, { fb_blank: '0' })).toBe('0 > blank\n');
    const last = inStage1(shell, 'fb_wake', { conf: { fb_blank: '4\n0' }, files });
    expect(last.read(`${fb0}/blank`)).toBe('0\n');
  });

  it('is the order of the colours, and a driver that refuses it stops nothing', () => {
    const conf = { fb_rgba: '8/16,8/8,8/0,8/24', fb_blank: '0' };
    expect(woken(shell, conf)).toBe('fbset -fb /dev/fb0 -rgba 8/16,8/8,8/0,8/24\n0 > blank\n');
    const refused = 'fbset() { echo "ioctl FBIOPUT_VSCREENINFO: Invalid argument"; return 1; }; ';
    const run = inStage1(shell, `${refused} fb_wake; echo "rc $?"`, { conf, files });
    expect([run.stdout, run.read(`${fb0}/blank`)]).toEqual(['rc 0\n', '0\n']);
    expect(run.kmsg).toEqual([
      '<4>mnx: init: warning: telling the driver the order of the colours: ioctl FBIOPUT_VSCREENINFO: Invalid argument',
    ]);
  });

  it('comes before a picture, with the framebuffer held open, and without one as well', () => {
    const conf = { fb_set_mode: 'yes', fb_pan: 'yes', fb_bpp: '32' };
    const order = 'fb_hold() { echo held; }; fb_look() { echo looked; fb_bpp=1; }; fb_ready() { :; }; ';
    const drawn = inStage1(shell, `${RECORDED}${order} splash_start`, { conf, files });
    expect(drawn.stdout).toBe('held\nU:1080x1920p-60 > mode\nlooked\n');
    const step = `${RECORDED}${order} . "$MNX_LIB/steps/40-splash.sh"; step_run`;
    const off = inStage1(shell, step, { conf: { ...conf, splash: 'off' }, files });
    expect(off.stdout).toBe('held\nU:1080x1920p-60 > mode\n');
  });

  it('is held open once, however often the step runs', () => {
    const script =
      'fb_hold; recall fb-hold.pid; one=$recalled; fb_hold; recall fb-hold.pid; echo "$((recalled - one))"; stop_recalled fb-hold.pid';
    expect(inStage1(shell, script, { conf: { fb_pan: 'yes' } }).stdout).toBe('0\n');
  });
});

describe.each(SHELLS)('a watchdog under $name', (shell) => {
  const conf = { watchdog: '/dev/watchdog', watchdog_every: '7' };
  /** A plain file takes the place of the device, and a sleep that of busybox's program. */
  const fed = `watchdog_there() { [ -e "$MNX_DEV/watchdog" ]; }
    watchdog() { echo "$*" >"$TREE/fed"; exec sleep 60; }
    `;
  const run = (script: string, more: Parameters<typeof inStage1>[2] = {}): Result =>
    inStage1(shell, fed + script, { conf, files: { 'dev/watchdog': '' }, ...more });

  it('is fed by one process, from as early as it is there', () => {
    const { stdout, kmsg, read } = run(
      'watchdog_start; watchdog_start; recall watchdog.pid; kill -0 "$recalled" && echo runs; until_so [ -s "$TREE/fed" ]; kill "$recalled"',
    );
    expect([stdout, read('fed')]).toEqual(['runs\n', '-F -t 7 /dev/watchdog\n']);
    expect(kmsg).toEqual(['<6>mnx: init: /dev/watchdog is fed every 7 s']);
  });

  it('is waited for until the drivers are loaded, and missed then', () => {
    const script = 'watchdog_start; watchdog_check; ls "$MNX_RUN"';
    const { stdout, kmsg } = run(script, { files: {} });
    expect(stdout).toBe('output\nstage1.log\n');
    expect(kmsg).toEqual(['<4>mnx: init: warning: there is no /dev/watchdog: nothing feeds the watchdog']);
    const none = run('watchdog_start; watchdog_check; ls "$MNX_RUN"', { conf: {} });
    expect([none.stdout, none.kmsg]).toEqual(['output\nstage1.log\n', []]);
  });

  it('that cannot be opened is told of', () => {
    const script =
      'watchdog() { false; }; watchdog_start; recall watchdog.pid; wait "$recalled"; gone "$recalled"; watchdog_check';
    const { stdout, kmsg } = run(script);
    expect(stdout).toBe('gone\n');
    expect(kmsg.at(-1)).toBe(
      '<4>mnx: init: warning: /dev/watchdog cannot be opened: nothing feeds the watchdog',
    );
  });

  it('stays fed through the hand-over, unless the real system feeds it', () => {
    const left = (handover: string) =>
      run(
        'watchdog_start; recall watchdog.pid; pid=$recalled; stop_all; if recall watchdog.pid; then kill "$pid" && echo kept; else gone "$pid"; fi',
        { conf: { ...conf, watchdog_handover: handover } },
      ).stdout;
    expect(left('end')).toBe('gone\n');
    expect(left('keep')).toBe('kept\n');
  });
});
