import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CONF_KEYS } from '../../src/initramfs/index.ts';
import { inStage1, SHELLS, STAGE1 } from './shell.ts';

const words = 'read -r line <"$MNX_CMDLINE"; cmdline_words "$line"';

describe('settings', () => {
  it('are the same ones in the shell as in the writer of /etc/mnx.conf', () => {
    const text = readFileSync(join(STAGE1, 'lib/conf.sh'), 'utf8');
    const defaults = [...text.matchAll(/^\t: "\$\{(mnx_\w+):=/gm)].map((match) => match[1]);
    expect(defaults).toEqual(Object.keys(CONF_KEYS));
  });
});

describe.each(SHELLS)('settings under $name', (shell) => {
  it('come from the file, defaults fill the rest', () => {
    const run = inStage1(shell, 'echo "$mnx_device|$mnx_device_name|$mnx_address|$mnx_init"', {
      conf: { device: 'asus-z00t', address: '10.1.1.1' },
    });
    expect(run.stdout).toBe('asus-z00t|asus-z00t|10.1.1.1|/sbin/init\n');
  });

  it('survive a file that is no shell', () => {
    const run = inStage1(shell, 'echo "$mnx_device $mnx_ssh"', {
      files: { 'etc/mnx.conf': "mnx_device='open\n" },
    });
    expect(run.stdout).toBe('unknown off\n');
    expect(run.kmsg).toEqual(['<3>mnx: init: error: /etc/mnx.conf is not valid shell and is left out']);
  });

  it('survive a missing file', () => {
    const run = inStage1(shell, 'rm "$MNX_CONF"; conf_load; echo "$mnx_usb_mode"');
    expect(run.stdout).toBe('auto\n');
    expect(run.kmsg).toHaveLength(1);
  });

  it.each(['30s', '-1', '08', '$(x)'])('do not reckon with %s', (value) => {
    const run = inStage1(shell, 'cmdline_apply; echo "$((mnx_root_wait + 30))"', {
      cmdline: `mnx.root_wait=${value}`,
    });
    expect(run.stdout).toBe('60\n');
    expect(run.kmsg.join()).toContain('not a number of seconds');
  });
});

describe.each(SHELLS)('command line under $name', (shell) => {
  it.each([
    ['a b=c', ['a', 'b=c']],
    ['  a\t b  ', ['a', 'b']],
    ['', []],
    ['x="a b" y', ['x=a b', 'y']],
    ['"x=a b" y', ['x=a b', 'y']],
    ['x="a"b"c d"', ['x=abc d']],
    ['open="to the end', ['open=to the end']],
    ['glob=* q=? b=[a] $HOME `x` \\', ['glob=*', 'q=?', 'b=[a]', '$HOME', '`x`', '\\']],
    ["quote=it's", ["quote=it's"]],
  ])('%j is read as the kernel reads it', (cmdline, expected) => {
    const script = `${words} | while IFS= read -r word; do printf '%s\\0' "$word"; done`;
    expect(inStage1(shell, script, { cmdline }).stdout.split('\0').slice(0, -1)).toEqual(expected);
  });

  it('overrides settings; the last one wins, a dash is as good as an underscore', () => {
    const run = inStage1(shell, 'cmdline_apply; echo "$mnx_root|$mnx_usb_mode|$mnx_init"', {
      conf: { root: 'LABEL=a' },
      cmdline: 'quiet mnx.root=LABEL=b mnx.root="LABEL=my root" mnx.usb-mode=none androidboot.x=1',
    });
    expect(run.stdout).toBe('LABEL=my root|none|/sbin/init\n');
  });

  it('takes lists with commas', () => {
    const run = inStage1(shell, 'cmdline_apply; echo "$mnx_modules"', { cmdline: 'mnx.modules=a,b' });
    expect(run.stdout).toBe('a\nb\n');
  });

  it('runs nothing that stands in a value or a name', () => {
    const run = inStage1(shell, 'cmdline_apply; echo "$mnx_root"; ls "$TREE"', {
      cmdline: 'mnx.root=$(>oops)`>oops`;>oops mnx.a;b=1 mnx.$(>oops)=1 mnx.=1',
    });
    expect(run.stdout.split('\n')[0]).toBe('$(>oops)`>oops`;>oops');
    expect(run.stdout).not.toMatch(/^oops$/m);
    expect(run.kmsg.filter((line) => line.includes('no setting can be called'))).toHaveLength(3);
  });

  it('warns of a setting that it does not know', () => {
    const run = inStage1(shell, 'cmdline_apply', { cmdline: 'mnx.roof=1' });
    expect(run.kmsg[0]).toContain('mnx.roof is not a setting');
  });

  it('cannot make a release image talkative', () => {
    const run = inStage1(shell, 'cmdline_apply; echo "$mnx_release $mnx_passwordless"', {
      conf: { release: 'yes' },
      cmdline: 'mnx.passwordless=yes mnx.release=no',
    });
    expect(run.stdout).toBe('yes no\n');
  });

  it('finds values and words of loaders', () => {
    const script = `cmdline_value androidboot.serialno && echo "$cmdline_found"
      cmdline_value nope || echo none
      cmdline_has ro && echo ro
      cmdline_has r || echo no-r`;
    const run = inStage1(shell, script, {
      cmdline: 'root=/dev/x ro androidboot.serialno=A1 androidboot.serialno=B2',
    });
    expect(run.stdout).toBe('B2\nnone\nro\nno-r\n');
  });
});
