import { describe, expect, it } from 'vitest';
import { conf, fb0, onPanel, SPLASH, seen } from './panel.ts';
import { inStage1, SHELLS } from './shell.ts';

/** A pipe that nobody reads: whoever opens it to write hangs, as in a driver that waits for a vsync. */
const HANGS = 'splash_start; rm "$MNX_DEV/fb0"; mkfifo "$MNX_DEV/fb0";';

const GIVEN_UP =
  '<4>mnx: init: warning: the driver of the screen has not come back from a drawing for 0 s: nothing is shown there any more';

describe.each(SHELLS)('a screen whose driver hangs behind the first picture, under $name', (shell) => {
  it('keeps nobody who has something to show', () => {
    const words = 'splash_message root; splash_progress 41; splash_wait; splash_waited; splash_ready';
    const run = onPanel(shell, `${HANGS} ${words}; fail_with root-not-found gone; echo on`);
    expect(run.stdout).toBe('on\n');
    expect(run.kmsg[0]).toBe('<3>mnx: init: error: gone');
  }, 60_000);

  it('is named once, and is left alone from then on, by the log and by text as well', () => {
    const script = `text_screen() { :; }; ${HANGS} splash_message root; until_so recall screen-busy
      screen_limit=0; clock_clear; clock_tick; clock_tick; splash_on || echo off
      splash_message root; step_failed gone 1; splash_leave; log_on_screen; screen_settle 30; ls "$MNX_DEV"
      recall log-on-screen.pid || echo quiet`;
    const run = onPanel(shell, script);
    expect(run.stdout).toBe('off\nfb0\nkmsg\nquiet\n');
    expect(run.kmsg.filter((line) => line.includes('screen'))).toEqual([GIVEN_UP]);
  }, 60_000);

  it('is drawn on again by a splash that starts anew', () => {
    const again = `${HANGS} splash_message root; until_so recall screen-busy; screen_limit=0; screen_lives
      rm "$MNX_DEV/fb0"; dd if=/dev/zero of="$MNX_DEV/fb0" bs=1024 count=1 2>/dev/null
      screen_limit=15; splash_start; splash_message root`;
    expect(seen(onPanel(shell, again))).toBe('72771111');
  }, 60_000);
});

describe.each(SHELLS)('the process that draws, under $name', (shell) => {
  it('draws in the order in which it is told, and leaves out what is true no more', () => {
    const slow = 'splash_clear() { command sleep 0.3; ground_rows 0 64 | fb_rows 0; };';
    const script = `${slow} splash_start; step_name=80-root; splash_error ssh; splash_message root
      : >"$MNX_RUN/failures"; splash_recover; splash_message root; splash_progress 41`;
    expect(seen(onPanel(shell, script))).toBe('72571111');
  });

  it('pans behind an error where nobody can log in, and which therefore ends with its step', () => {
    const pan = '"$MNX_SYSFS/class/graphics/fb0/pan"';
    const script = `fb_hold() { :; }; rm "$MNX_SPLASH"/access@*; splash_start; screen_settle 30
      : >${pan}; step_name=80-root; splash_error root-not-found`;
    const files = { [`${fb0}/pan`]: '0,0\n' };
    const run = onPanel(shell, script, { files, conf: { ...conf, fb_pan: 'yes' } });
    expect([seen(run), run.read(`${fb0}/pan`)]).toEqual(['ad777777', '0,0\n']);
  });

  it('hands the screen to the text console, once all is drawn', () => {
    const files = {
      'sys/class/vtconsole/vtcon1/name': '(M) frame buffer device\n',
      'sys/class/vtconsole/vtcon1/bind': '1\n',
    };
    const bind = '"$MNX_SYSFS/class/vtconsole/vtcon1/bind"';
    const script = `splash_start; cat ${bind}; splash_leave; screen_settle 30; cat ${bind}; splash_message root`;
    const run = onPanel(shell, script, { files });
    expect([run.stdout, seen(run)]).toEqual(['0\n1\n', '77771111']);
  });

  it('is not waited for where there is none', () => {
    const script = 'screen_tell part x; screen_settle 30; echo "rc $?"; ls "$MNX_RUN"';
    expect(inStage1(shell, script, { files: SPLASH }).stdout).toBe('rc 0\noutput\nstage1.log\n');
  });
});
