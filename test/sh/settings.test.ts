import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CONF_KEYS } from '../../src/initramfs/index.ts';
import { inStage1, lines, SHELLS, STAGE1 } from './shell.ts';

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
    const run = inStage1(shell, 'cmdline_apply; echo "$mnx_release $mnx_passwordless $mnx_debug"', {
      conf: { release: 'yes' },
      cmdline: 'mnx.passwordless=yes mnx.debug=yes mnx.release=no',
    });
    expect(run.stdout).toBe('yes no no\n');
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

  it.each([
    ['init=/sbin/other', '/sbin/other'],
    // Android's loaders mean the ramdisk by it.
    ['init=/init', '/sbin/init'],
    ['init=/sbin/other init=/init', '/sbin/init'],
    ['init=/init init=/nix/store/x/init', '/nix/store/x/init'],
    ['init=/sbin/other mnx.init=/sbin/mine', '/sbin/mine'],
    ['mnx.init=/sbin/mine init=/sbin/other', '/sbin/mine'],
    ['init=relative', '/sbin/init'],
    ['rdinit=/bin/sh', '/sbin/init'],
  ])('%s leads to %s', (cmdline, expected) => {
    expect(inStage1(shell, 'cmdline_apply; echo "$mnx_init"', { cmdline }).stdout).toBe(`${expected}\n`);
  });

  it.each([
    ['root=/dev/dm-0 skip_initramfs ro', 'asks for its own root (skip_initramfs, root=/dev/dm-0)'],
    ['root=PARTUUID=1-2', 'asks for its own root (root=PARTUUID=1-2)'],
    ['[s_]kip_initramfs', 'asks for its own root ([s_]kip_initramfs)'],
    ['console=tty0 console=null', 'takes the console away (console=null)'],
  ])('tells what a loader meant by %s', (cmdline, said) => {
    const run = inStage1(shell, 'cmdline_loader', { cmdline });
    expect(run.kmsg).toHaveLength(1);
    expect(run.kmsg[0]).toContain(said);
  });

  it.each([
    ['ttyMSM0              -W- (EC   a)  204:64\n', 0],
    ['ttynull0             --- (EC   )  242:0\n', 1],
    ['', 1],
  ])('misses the console only where the kernel has none (%j)', (consoles, said) => {
    const files = { 'proc/consoles': consoles };
    expect(inStage1(shell, 'cmdline_loader', { cmdline: 'console=null', files }).kmsg).toHaveLength(said);
  });

  it('shows the log on the screen instead of a console, where no splash is', () => {
    const script =
      'text_screen() { true; }; cmdline_loader; [ -e "$MNX_RUN/log-on-screen.pid" ]; echo "rc $?"';
    const shown = (splash: string) =>
      inStage1(shell, script, { cmdline: 'console=null', conf: { splash } }).stdout;
    expect(shown('off')).toBe('rc 0\n');
    expect(shown('boot')).toBe('rc 1\n');
  });

  it('says nothing of a loader that adds nothing', () => {
    const cmdline = 'console=null console=ttyMSM0 androidboot.mode=x quiet';
    expect(inStage1(shell, 'cmdline_loader', { cmdline }).kmsg).toEqual([]);
  });

  it('hands nothing of the noise on to the real system', () => {
    const script = `become() { shift 4; echo "$*"; }; move_mount() { :; }; stop_all() { :; }
      mkdir -p "$MNX_ROOT/sbin"; echo "#!/sbin/init" >"$MNX_ROOT/sbin/init"; chmod +x "$MNX_ROOT/sbin/init"
      hand_over single skip_initramfs 'two words'`;
    expect(inStage1(shell, script).stdout).toBe('/sbin/init single two words\n');
  });
});

describe.each(SHELLS)('bootconfig under $name', (shell) => {
  // As fs/proc/bootconfig.c writes it.
  const bootconfig = [
    'androidboot.serialno = "A 1"',
    'androidboot.slot_suffix = "_b"',
    'androidboot.list = "one", "two", "three"',
    `androidboot.quote = 'say "hi"'`,
    'androidboot.flag = ""',
    'kernel.loglevel = "7"',
    'init.single = ""',
    'mnx.usb_mode = "none"',
    '# Parameters from bootloader:',
    '# console=ttyMSM0 mnx.usb_mode=auto',
    '',
  ].join('\n');
  const found =
    'for name in serialno slot_suffix list quote flag; do cmdline_value androidboot.$name; echo "$cmdline_found"; done';

  it('is read as words of the command line', () => {
    const run = inStage1(shell, `bootconfig_words; ${found}; cmdline_has androidboot.flag && echo flag`, {
      files: { 'proc/bootconfig': bootconfig },
    });
    expect(lines(run.stdout)).toEqual([
      'androidboot.serialno=A 1',
      'androidboot.slot_suffix=_b',
      'androidboot.list=one,two,three',
      'androidboot.quote=say "hi"',
      'androidboot.flag',
      'mnx.usb_mode=none',
      'A 1',
      '_b',
      'one,two,three',
      'say "hi"',
      'flag',
    ]);
  });

  it('sets settings, which the command line sets otherwise', () => {
    const files = { 'proc/bootconfig': bootconfig };
    const script = 'cmdline_apply; echo "$mnx_usb_mode"';
    expect(inStage1(shell, script, { files }).stdout).toBe('none\n');
    expect(inStage1(shell, script, { files, cmdline: 'mnx.usb-mode=configfs' }).stdout).toBe('configfs\n');
  });

  it('ends no loop where it is damaged', () => {
    const files = { 'proc/bootconfig': 'a = "open\nb = unquoted\nc =\n = "d"\ne = "f" "g"\n' };
    const run = inStage1(shell, 'bootconfig_words; echo "rc $?"', { files });
    expect(run.stderr).toBe('');
    expect(lines(run.stdout)).toContain('a=open');
    expect(lines(run.stdout).at(-1)).toBe('rc 0');
  });
});

describe.each(SHELLS)('init under $name', (shell) => {
  it.each([
    [
      'what it runs',
      'run_steps() { : $((1x)); }; fail_with() { echo "$1"; }; stay_up() { echo "stays up for $*"; trap - EXIT; exit 0; }',
    ],
    [
      'and whatever comes then',
      'run_steps() { : $((1x)); }; fail_with() { : $((1x)); }; sleep() { echo asleep; trap - EXIT; exit 0; }',
    ],
  ])('does not end when %s', (_, functions) => {
    const init = readFileSync(join(STAGE1, 'init'), 'utf8').replace(/^export PATH=.*$/m, '');
    const script = `mkdir -p "$TREE/lib"; cat >"$TREE/lib/b.sh" <<'END'
conf_load() { :; }; broken_up() { fail_with broken; }; probe() { :; }; ${functions}
END
      MNX_LIB=$TREE ${shell.command.join(' ')} "$TREE/init" single`;
    const run = inStage1(shell, script, { files: { init } });
    expect([run.stdout, run.status]).toEqual([
      functions.includes('asleep') ? 'asleep\n' : 'broken\nstays up for single\n',
      0,
    ]);
  });

  it.each([
    ['had come to nothing', ':', ['10-mounts', '20-log', '60-network', '70-ssh']],
    ['was there already', ': >"$MNX_RUN/stage1.log"; remember interface usb0', []],
  ])('brings people in when one of its steps is no shell and it %s', (_, state, again) => {
    const init = readFileSync(join(STAGE1, 'init'), 'utf8').replace(/^export PATH=.*$/m, '');
    const script = `mkdir "$TREE/steps"; cp -r "$MNX_LIB/lib" "$TREE/lib"; rm "$MNX_RUN/stage1.log"
      cat >"$TREE/lib/z.sh" <<'END'
clock_start() { :; }
fail_with() { failure=$1; }
stay_up() { echo "stays up, $failure"; trap - EXIT; exit 0; }
END
      for name in 10-mounts 20-log 60-network 70-ssh; do
        echo 'step_inline=yes; echo "$step_name" >>"$TREE/ways"; step_run() { :; }' >"$TREE/steps/$name.sh"
      done
      echo 'step_run() { if' >"$TREE/steps/50-gadget.sh"
      echo '${state}' >>"$TREE/steps/20-log.sh"
      MNX_LIB=$TREE ${shell.command.join(' ')} "$TREE/init"`;
    const run = inStage1(shell, script, { files: { init } });
    expect([run.stdout, run.status]).toEqual(['stays up, broken\n', 0]);
    expect(lines(run.read('ways') ?? '')).toEqual(['10-mounts', '20-log', ...again]);
  });

  it('goes on without a console: no file is open when it starts', () => {
    const init = readFileSync(join(STAGE1, 'init'), 'utf8').replace(/^export PATH=.*$/m, '');
    const script = `mkdir -p "$TREE/lib" "$TREE/steps"; : >"$TREE/lib/a.sh"
      cat >"$TREE/lib/b.sh" <<'END'
conf_load() { ls -l /proc/self/fd >"$TREE/open" 2>&1; }
run_steps() { echo lost; ls /nonexistent; echo "rc $?" >"$TREE/went-on"; }
fail_with() { :; }
report_times() { :; }
splash_ready() { :; }
stay_up() { trap - EXIT; exit 0; }
END
      MNX_LIB=$TREE ${shell.command.join(' ')} "$TREE/init" <&- >&- 2>&-`;
    const run = inStage1(shell, script, { files: { init } });
    expect(run.read('went-on')).toMatch(/^rc [12]\n$/);
    expect(run.read('open')).toMatch(/0 -> \/dev\/null\n/);
    expect(run.read('lib/a.sh')).toBe('');
  });
});
