import { describe, expect, it } from 'vitest';
import { inStage1, SHELLS } from './shell.ts';

const screen = { fb_width: '1080', fb_height: '1920', fb_stride: '4320', fb_bpp: '32' };
const fb0 = 'sys/class/graphics/fb0';

function driver(size: string, stride: string, bpp: string): Record<string, string> {
  return {
    [`${fb0}/virtual_size`]: `${size}\n`,
    [`${fb0}/stride`]: `${stride}\n`,
    [`${fb0}/bits_per_pixel`]: `${bpp}\n`,
  };
}

describe.each(SHELLS)('splash under $name', (shell) => {
  it.each([
    ['1080,1920', '4320', '32', []],
    ['1080,5760', '4320', '32', []],
    ['1080,1920', '4352', '32', ['the frames are for stride 4320, the framebuffer has 4352']],
    [
      '720,1920',
      '2880',
      '32',
      [
        'the frames are for width 1080, the framebuffer has 720',
        'the frames are for stride 4320, the framebuffer has 2880',
      ],
    ],
    [
      '1080,2000',
      '4320',
      '16',
      [
        'the frames are for height 1920, the framebuffer has 2000',
        'the frames are for bpp 32, the framebuffer has 16',
      ],
    ],
  ])('holds %s, stride %s, %s bits against the frames', (size, stride, bpp, warnings) => {
    const run = inStage1(shell, 'fb_check', { conf: screen, files: driver(size, stride, bpp) });
    expect(run.kmsg).toEqual(warnings.map((text) => `<4>mnx: init: warning: ${text}`));
  });

  it('has no opinion on a driver or a device file that says nothing', () => {
    expect(inStage1(shell, 'fb_check', { conf: screen }).kmsg).toEqual([]);
    expect(inStage1(shell, 'fb_check', { files: driver('1,1', '4', '32') }).kmsg).toEqual([]);
  });

  it('never makes a file in the place of the framebuffer', () => {
    const run = inStage1(
      shell,
      '. "$MNX_LIB/steps/40-splash.sh"; clock_clear; step_run; echo "rc $?"; ls "$MNX_DEV"',
      {
        files: { 'splash/boot.raw.gz': '' },
      },
    );
    expect(run.stdout).toBe('rc 1\nkmsg\n');
    expect(run.kmsg.join()).toContain('no /dev/fb0');
  });

  it('writes the frame as it is, and pans where the driver shows nothing without', () => {
    const script = 'printf "pixels" | gzip -c >"$MNX_SPLASH/boot.raw.gz"; fb_show boot; echo "rc $?"';
    const files = { 'splash/x': '', [`${fb0}/pan`]: '' };
    const panned = inStage1(shell, script, { files, conf: { fb_pan: 'yes' } });
    expect([panned.stdout, panned.read('dev/fb0'), panned.read(`${fb0}/pan`)]).toEqual([
      'rc 0\n',
      'pixels',
      '0,0\n',
    ]);
    expect(inStage1(shell, script, { files }).read(`${fb0}/pan`)).toBe('');
  });

  it('says which frame is missing', () => {
    const run = inStage1(shell, 'fb_show error');
    expect(run.kmsg).toEqual(['<3>mnx: init: error: no frame /splash/error.raw.gz in the image']);
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
