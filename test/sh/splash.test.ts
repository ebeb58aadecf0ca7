import { describe, expect, it } from 'vitest';
import { conf, driver, fb0, onPanel, packed, rows, SPLASH, seen } from './panel.ts';
import { inStage1, type Result, SHELLS } from './shell.ts';

describe.each(SHELLS)('splash under $name', (shell) => {
  it('draws the background and the picture from the top to the bottom', () => {
    const run = onPanel(shell, 'splash_start; echo "rc $?"');
    expect([run.stdout, seen(run), run.kmsg]).toEqual(['rc 0\n', '77771111', []]);
    expect(run.bytes('dev/fb0')).toHaveLength(64 * 16);
  });

  it('is drawn on by nobody else before it has been drawn: a panel that hangs would take init with it', () => {
    const hangs = onPanel(shell, '(splash_picture() { exit 1; }; splash_start); splash_on || echo off');
    expect(hangs.stdout).toBe('off\n');
    const again = onPanel(
      shell,
      'splash_start; (splash_picture() { exit 1; }; splash_start); splash_on || echo off',
    );
    expect(again.stdout).toBe('off\n');
  });

  it('is not drawn by numbers that are none', () => {
    const run = onPanel(shell, 'cmdline_apply; splash_start; echo "rc $?"; splash_error root-not-found', {
      cmdline: 'mnx.fb_height=64p mnx.watchdog_every=x',
    });
    expect(run.stderr).toBe('');
    expect(run.stdout).toMatch(/^rc [01]\n$/);
    expect(run.kmsg.join('\n')).toMatch(/mnx_fb_height is 64p, not a number/);
    expect(run.kmsg.join('\n')).toMatch(/mnx_watchdog_every is x, not a number of seconds; 10 is taken/);
  });

  it('lays messages, the bar and the spinner over it', () => {
    const start = 'splash_start; splash_message root; splash_progress 41; ';
    expect(seen(onPanel(shell, start))).toBe('72571111');
    expect(seen(onPanel(shell, `${start} splash_progress 100; screen_settle 30; splash_wait`))).toBe(
      '72691111',
    );
    expect(seen(onPanel(shell, `${start} screen_settle 30; splash_wait; splash_waited; splash_waited`))).toBe(
      '72581111',
    );
    expect(seen(onPanel(shell, `${start} splash_ready`))).toBe('73671111');
    expect(seen(onPanel(shell, `${start} remember interface usb0; splash_ready`))).toBe('74671111');
  });

  it('knows what the running step does', () => {
    const run = onPanel(shell, 'splash_start; step_name=80-root; splash_step 4 10');
    expect(seen(run)).toBe('72571111');
  });

  it('shows an error in the place of everything, with the step, and how to log in where one can', () => {
    const start = 'splash_start; splash_message root; step_name=80-root; ';
    expect(seen(onPanel(shell, `${start} splash_error root-not-found`))).toBe('ade77777');
    expect(seen(onPanel(shell, `${start} splash_error ssh`))).toBe('bd777777');
    const later = `${start} splash_error ssh; splash_message root; splash_progress 40; splash_ready; splash_wait`;
    expect(seen(onPanel(shell, later))).toBe('bd777777');
    expect(seen(onPanel(shell, `${start} splash_error ssh; splash_error root-not-found`))).toBe('ade77777');
  });

  it('gives a failed step its screen, unless the step has shown its own', () => {
    const start = 'splash_start; step_name=80-root; ';
    expect(seen(onPanel(shell, `${start} step_failed gone 1`))).toBe('ade77777');
    expect(seen(onPanel(shell, `${start} step_failed late 137`))).toBe('cde77777');
    expect(seen(onPanel(shell, `${start} fail_with ssh closed; step_failed gone 1`))).toBe('bd777777');
    const later = `${start} fail_with ssh closed; step_failed late 137`;
    expect(seen(onPanel(shell, later))).toBe('cde77777');
    const other = `${start} step_name=50-gadget; step_failed gone 1; splash_shows_error || echo none`;
    expect(onPanel(shell, other).stdout).toBe('none\n');
    expect(inStage1(shell, 'step_failed gone 1; splash_shows_error || echo none', { conf }).stdout).toBe(
      'none\n',
    );
  });

  it('plays an animation until an error, or until stage-1 is done', () => {
    const files = {
      'splash/animation': 'frame-0 0.05\nframe-1 0.05\n',
      'splash/frame-0@40-48.gz': packed(rows(1, 40, 48)),
      'splash/frame-1@40-48.gz': packed(rows(9, 40, 48)),
    };
    const start = `shows() { [ "$(dd if="$MNX_DEV/fb0" bs=16 skip=40 count=1 2>/dev/null | od -An -tx1 -N1)" = " $1" ]; }
      splash_start; until_so shows 98 && until_so shows 18 && until_so shows 98 && echo played;`;
    const forgotten = 'recall animation.pid || echo forgotten';
    const played = onPanel(shell, `${start} splash_ready; ${forgotten}`, { files });
    expect([seen(played), played.stdout]).toEqual(['73671111', 'played\nforgotten\n']);
    const failed = onPanel(shell, `${start} step_name=80-root; splash_error ssh; ${forgotten}`, { files });
    expect([seen(failed), failed.stdout]).toEqual(['bd777777', 'played\nforgotten\n']);
  });

  it('fails no step: without a screen, without a picture of that name, with any words', () => {
    const calls = `for call in 'message root' 'message' 'message ../x' 'progress 40' 'progress x' 'progress' 'progress 999' \\
      'error root-not-found' 'error none' 'error' wait waited 'step 1 2' ready; do splash_$call; echo "$?"; done`;
    const none = inStage1(shell, calls, { conf, files: SPLASH });
    expect([new Set(none.stdout.split('\n')), none.kmsg, none.stderr]).toEqual([new Set(['0', '']), [], '']);
    const some = onPanel(shell, `splash_start; ${calls}`);
    expect([new Set(some.stdout.split('\n')), some.kmsg, some.stderr]).toEqual([new Set(['0', '']), [], '']);
  });

  it('never makes a file in the place of the framebuffer', () => {
    const script = `. "$MNX_LIB/steps/40-splash.sh"; clock_clear; step_run; echo "rc $?"
      splash_message root; splash_progress 4; splash_error root-not-found; ls "$MNX_DEV"`;
    const run = inStage1(shell, script, { conf, files: SPLASH });
    expect(run.stdout).toBe('rc 1\nkmsg\n');
    expect(run.kmsg.join()).toContain('no /dev/fb0: no display driver found its panel');
    const drm = inStage1(shell, script, { conf, files: { ...SPLASH, 'sys/class/drm/card0/dev': '' } });
    expect(drm.kmsg.join()).toContain('no fbdev emulation (CONFIG_DRM_FBDEV_EMULATION)');
  });
});

describe.each(SHELLS)('a framebuffer that is another one, under $name', (shell) => {
  const wrong = (run: Result) => run.kmsg.map((line) => line.replace('<4>mnx: init: warning: ', ''));

  it('refuses other pixels and says what belongs into the device file', () => {
    const files = driver('4,64', 8, { bits_per_pixel: '16' });
    const run = onPanel(shell, 'splash_start; echo "rc $?"; splash_message root; splash_error ssh', {
      files,
    });
    expect([run.stdout, seen(run)]).toEqual(['rc 1\n', 'eeeeeeee']);
    expect(wrong(run)).toEqual([
      'the frames have 32 bits per pixel, the framebuffer 16: nothing is drawn',
      'for the device file: [screen] width = 4, height = 64, stride = 8, format = "RGB565" or "BGR565"',
    ]);
  });

  it('draws row by row where the stride is another one', () => {
    const script = 'splash_start; splash_message root; splash_progress 40';
    const run = onPanel(shell, script, { files: driver('4,64', 20) }, 64 * 20);
    expect(seen(run, 20)).toBe('72571111');
    const bytes = run.bytes('dev/fb0') ?? [];
    expect([...bytes.slice(9 * 20, 10 * 20)]).toEqual([...Array(16).fill(0x29), 0, 0, 0, 0]);
    expect(wrong(run)).toEqual([
      'the frames are for 4 x 64 and 16 bytes a row, the framebuffer has 4 x 64 and 20: drawn in its middle, row by row',
      'for the device file: [screen] width = 4, height = 64, stride = 20, format = as it is',
    ]);
  });

  it('centres on a larger panel and takes the middle on a smaller one', () => {
    const script = 'splash_start; splash_message root; splash_error root-not-found';
    const large = onPanel(shell, script, { files: driver('8,80', 32) }, 80 * 32);
    const bytes = large.bytes('dev/fb0') ?? new Uint8Array();
    expect([...bytes.slice(8 * 32, 9 * 32)]).toEqual([
      ...Array(8).fill(0),
      ...Array(16).fill(0xa0),
      ...Array(8).fill(0),
    ]);
    expect([...bytes.slice(0, 8 * 32)]).toEqual(Array(8 * 32).fill(0));
    expect([...bytes.slice(72 * 32)]).toEqual(Array(8 * 32).fill(0));
    const small = onPanel(shell, `splash_start; splash_message root`, { files: driver('2,48', 8) }, 48 * 8);
    const own = small.bytes('dev/fb0') ?? new Uint8Array();
    expect(own).toHaveLength(48 * 8);
    // Row 8 of the picture is row 0 here.
    expect([...own.slice(0, 8 * 8)]).toEqual([...rows(2, 8, 16, 8)]);
    expect([...own.slice(24 * 8)]).toEqual([...rows(1, 32, 56, 8)]);
  });

  it('draws on the first of several buffers, or on the one that is shown', () => {
    const files = driver('4,192', 16, { pan: '0,64' });
    const stays = onPanel(shell, 'fb_quiet() { :; }; splash_start; splash_message root', { files }, 192 * 16);
    expect(seen(stays)).toBe('eeeeeeee72771111eeeeeeee');
    const first = onPanel(shell, 'splash_start; splash_message root', { files }, 192 * 16);
    expect([seen(first), first.read(`${fb0}/pan`)]).toEqual(['72771111eeeeeeeeeeeeeeee', '0,0\n']);
    expect(first.kmsg).toEqual([]);
  });

  it('takes what is seen from the mode where the virtual size is larger', () => {
    const files = driver('6,64', 24, { modes: 'U:4x64p-60' });
    const run = onPanel(shell, 'splash_start', { files }, 64 * 24);
    expect(wrong(run)[1]).toBe(
      'for the device file: [screen] width = 4, height = 64, stride = 24, format = as it is',
    );
    expect(seen(run, 24)).toBe('77771111');
  });

  it('has no opinion on a driver that says nothing', () => {
    const nothing = Object.fromEntries(Object.keys(driver('', 0)).map((name) => [name, '']));
    const run = onPanel(shell, 'splash_start', { files: nothing });
    expect([seen(run), run.kmsg]).toEqual(['77771111', []]);
  });
});

describe.each(SHELLS)('the screen around the picture, under $name', (shell) => {
  it('wakes a blanked panel, and pans where the driver shows nothing without', () => {
    const files = { [`${fb0}/pan`]: '0,0\n', [`${fb0}/blank`]: '' };
    const script =
      'fb_hold() { :; }; splash_start; : >"$MNX_SYSFS/class/graphics/fb0/pan"; splash_message root';
    const panned = onPanel(shell, script, { files, conf: { ...conf, fb_pan: 'yes' } });
    expect([panned.read(`${fb0}/pan`), panned.read(`${fb0}/blank`)]).toEqual(['0,0\n', '0\n']);
    const plain = onPanel(shell, script, { files });
    expect([plain.read(`${fb0}/pan`), plain.kmsg]).toEqual(['', []]);
  });

  it('keeps the framebuffer open for drivers that clear it on the last close', () => {
    const script = `fb_hold; recall fb-hold.pid && { kill -0 "$recalled" && echo held; stop_recalled fb-hold.pid; }
      recall fb-hold.pid || echo none`;
    expect(inStage1(shell, script, { conf: { fb_pan: 'yes' } }).stdout).toBe('held\nnone\n');
    expect(inStage1(shell, script).stdout).toBe('none\n');
  });

  it('takes the text console off the screen and gives it back', () => {
    const files = {
      'sys/class/vtconsole/vtcon0/name': '(S) dummy device\n',
      'sys/class/vtconsole/vtcon0/bind': '0\n',
      'sys/class/vtconsole/vtcon1/name': '(M) frame buffer device\n',
      'sys/class/vtconsole/vtcon1/bind': '1\n',
    };
    const off = inStage1(shell, 'splash_leave; text_console off', { files });
    expect([
      off.read('sys/class/vtconsole/vtcon1/bind'),
      off.read('sys/class/vtconsole/vtcon0/bind'),
    ]).toEqual(['0\n', '0\n']);
    const on = inStage1(shell, 'text_console off; splash_leave', { files });
    expect(on.read('sys/class/vtconsole/vtcon1/bind')).toBe('1\n');
  });

  it('pans while the kernel writes text, where the driver shows nothing without, and no longer', () => {
    const files = {
      'sys/class/vtconsole/vtcon1/name': '(M) frame buffer device\n',
      'sys/class/vtconsole/vtcon1/bind': '1\n',
      [`${fb0}/pan`]: '',
    };
    // A pipe, as a plain file is empty for a moment whenever it is written.
    const script = `pan=$MNX_SYSFS/class/graphics/fb0/pan; rm "$pan"; mkfifo "$pan"
      text_console on; recall fb-refresh.pid; one=$recalled; text_console on; recall fb-refresh.pid
      read -r panned <"$pan"; echo "$panned"; text_console off; gone "$one" "$recalled"
      text_console on; fb_refresh off; ls "$MNX_RUN"`;
    const panned = inStage1(shell, script, { conf: { fb_pan: 'yes' }, files });
    expect(panned.stdout).toBe('0,0\ngone\ngone\noutput\nput\nstage1.log\ntext-console\n');
    const plain = inStage1(shell, 'text_console on; recall fb-refresh.pid || echo none', { files });
    expect(plain.stdout).toBe('none\n');
    const none = { conf: { fb_pan: 'yes' } };
    expect(inStage1(shell, 'text_console on; recall fb-refresh.pid || echo none', none).stdout).toBe(
      'none\n',
    );
  });

  it.each([
    'class/leds/lcd-backlight/brightness',
    '/class/leds/lcd-backlight/brightness',
    '/sys/class/leds/lcd-backlight/brightness',
  ])('turns the backlight on at %s', (path) => {
    const run = inStage1(shell, 'backlight_on', {
      conf: { backlight_path: path, backlight_value: '120' },
      files: { 'sys/class/leds/lcd-backlight/brightness': '0\n' },
    });
    expect(run.read('sys/class/leds/lcd-backlight/brightness')).toBe('120\n');
  });
});
