import { describe, expect, it } from 'vitest';
import { inStage1, lines, recorded, SHELLS } from './shell.ts';

/** Runs the step files of the tree instead of stage-1's own. */
const run = 'MNX_LIB=$TREE; clock_clear; run_steps "$@"';

function step(body: string, head = ''): string {
  return `${head}\nstep_run() {\n${body}\n}\n`;
}

describe.each(SHELLS)('steps under $name', (shell) => {
  it('have one clock, however often stage-1 goes on', () => {
    const script = 'clock_start; recall clock.pid; first=$recalled; clock_start; gone "$first"; clock_stop';
    expect(inStage1(shell, script).stdout).toBe('gone\n');
  });

  it('run in the order of their numbers, each said by name, words and time', () => {
    const result = inStage1(shell, run, {
      files: {
        'steps/20-two.sh': step('say two'),
        'steps/10-one.sh': step('say one', "step_does='doing one'"),
      },
    });
    expect(result.kmsg.map((line) => line.replace(/\d\.\d\d s/, 'T s'))).toEqual([
      '<6>mnx: 10-one: doing one',
      '<6>mnx: 10-one: one',
      '<6>mnx: 10-one: done in T s',
      '<6>mnx: 20-two: 20-two',
      '<6>mnx: 20-two: two',
      '<6>mnx: 20-two: done in T s',
    ]);
  });

  it('go on after a failure, leave out what needs it and say why', () => {
    const result = inStage1(shell, `${run}; report_times`, {
      files: {
        'steps/10-bad.sh': step('fail "no luck"; return 1'),
        'steps/20-needy.sh': step('echo ran', "step_needs='10-bad'"),
        'steps/30-free.sh': step('say free'),
        'steps/40-last.sh': step('say last', "step_needs='30-free'"),
      },
    });
    expect(result.kmsg).toContain('<3>mnx: 10-bad: error: no luck');
    expect(result.kmsg.join('\n')).toMatch(/10-bad: error: failed after .* s; the boot goes on/);
    expect(result.kmsg).toContain('<4>mnx: 20-needy: warning: left out, because 10-bad did not go well');
    expect(result.kmsg).toContain('<6>mnx: 40-last: last');
    expect(result.kmsg.at(-1)).toMatch(
      /init: seconds per step: 10-bad \S+, 30-free \S+, 40-last \S+; up for/,
    );
  });

  it('bring what their commands print into the log', () => {
    const result = inStage1(shell, run, {
      files: { 'steps/10-loud.sh': step('echo out; ls /nonexistent/file') },
    });
    expect(result.kmsg).toContain('<6>mnx: 10-loud: out');
    expect(result.kmsg.join('\n')).toMatch(/10-loud: ls: .*nonexistent/);
  });

  it('change init only when they say so', () => {
    const result = inStage1(shell, `${run}; echo "$apart|$inline"`, {
      files: {
        'steps/10-apart.sh': step('apart=yes'),
        'steps/20-inline.sh': step('inline=$1', 'step_inline=yes'),
      },
    });
    expect(result.stdout).toBe('|\n');
    const passed = inStage1(shell, `set -- single; ${run}; echo "$inline"`, {
      files: { 'steps/20-inline.sh': step('inline=$1', 'step_inline=yes') },
    });
    expect(passed.stdout).toBe('single\n');
  });

  it('start the phone again when the one is reached that the image was built for', () => {
    const files = { 'steps/10-one.sh': step('echo one'), 'steps/20-two.sh': step('echo two') };
    const reached = (probe: string) =>
      inStage1(shell, `restart_to() { echo "restart $*"; exit; }; probe init; ${run}`, {
        files,
        conf: { probe },
      });
    expect(reached('20-two').stdout).toBe('restart bootloader\n');
    expect(reached('20-two').kmsg.join('\n')).toMatch(/10-one: done[\s\S]*20-two: probe: 20-two is reached/);
    expect(reached('init').kmsg).toEqual(['<6>mnx: init: probe: init is reached; the phone starts again']);
    expect(reached('').stdout).not.toContain('restart');
  });

  it('are watched in init itself as well', () => {
    const files = {
      'steps/10-log.sh': step('clock_start; step_watched; cat "$MNX_RUN/step" >&2', 'step_inline=yes'),
      'steps/20-inline.sh': step('cat "$MNX_RUN/step"', 'step_inline=yes'),
    };
    const result = inStage1(shell, `${run}; clock_stop; wc -c <"$MNX_RUN/step"`, { files });
    expect(result.kmsg.join('\n')).toMatch(
      /10-log: init \d+ 30 10-log[\s\S]*20-inline: init \d+ 30 20-inline/,
    );
    expect(result.stdout.trim()).toBe('0');
  });

  it('forget what the step before them declared', () => {
    const result = inStage1(shell, `${run}; echo "$step_limit $step_inline [$step_needs]"`, {
      files: {
        'steps/10-one.sh': step(':', 'step_limit=5 step_inline=yes'),
        'steps/20-two.sh': step(':'),
      },
    });
    expect(result.stdout).toBe('30 no []\n');
  });

  // Two processes below the step, each noting its pid.
  const hang = 'echo $$ >>"$TREE/pids"; sh -c "echo \\$\\$ >>\\"\\$TREE/pids\\"; exec sleep 600"';

  it('go on when somebody calls init meanwhile', () => {
    const files = { 'steps/10-slow.sh': step('sleep 0.6; say slept'), 'steps/20-next.sh': step('say next') };
    const result = inStage1(shell, `trap : HUP; (sleep 0.2; kill -HUP $$) & ${run}`, { files });
    expect(result.kmsg.map((line) => line.replace(/\d\.\d\d s/, 'T s'))).toEqual([
      '<6>mnx: 10-slow: 10-slow',
      '<6>mnx: 10-slow: slept',
      '<6>mnx: 10-slow: done in T s',
      ...['<6>mnx: 20-next: 20-next', '<6>mnx: 20-next: next', '<6>mnx: 20-next: done in T s'],
    ]);
  });

  it('are left behind when nothing can end them', () => {
    const result = inStage1(
      shell,
      `trap : HUP; kill_tree() { echo "$1" >"$TREE/hung"; }; clock_start; ${run}; clock_stop
       kill -9 $(cat "$TREE/hung")`,
      {
        files: {
          'steps/10-hang.sh': step('command sleep 20', 'step_limit=3'),
          'steps/20-next.sh': step('say next'),
        },
      },
    );
    const said = result.kmsg.join('\n');
    expect(said).toMatch(/10-hang: error: it hangs in the kernel and cannot be ended/);
    expect(said.match(/over its limit; ended/g)).toHaveLength(1);
    expect(said).toMatch(/10-hang: error: ended at its limit of 3 s[\s\S]*20-next: next/);
    expect(result.read('run/mnx/failures')).toMatch(/^step-hung 10-hang /);
  });

  it('run once more without a driver that has hung', () => {
    const files = {
      'proc/modules': 'good 16384 0 - Live 0x0\nbad_one 16384 1 - Loading 0x0 (O+)\n',
      'steps/10-load.sh': step('echo run >>"$TREE/runs"; sh -c "kill -9 \\$PPID"'),
      'steps/20-next.sh': step('say next'),
    };
    const result = inStage1(
      shell,
      `uname() { echo 6.1; }; mkdir -p "$MNX_MODULE_TREE/6.1"; : >"$MNX_MODULE_TREE/6.1/modules.dep"; ${run}`,
      { files },
    );
    expect(result.read('runs')).toBe('run\nrun\n');
    expect(result.kmsg.join('\n')).toMatch(
      /the driver bad_one hangs while it starts[\s\S]*10-load: once more, without it/,
    );
    expect(result.read('run/mnx/failures')).toMatch(/^modules 10-load the driver bad_one hangs/);
  });

  it('are ended at their limit with all that they started, and named', () => {
    const result = inStage1(
      shell,
      `MNX_PROC=/proc; clock_start; ${run}; clock_stop
       gone $(cat "$TREE/pids")`,
      {
        files: {
          'steps/10-hang.sh': step(`(sh -c '${hang}; :')`, 'step_limit=3'),
          'steps/20-next.sh': step('say next'),
        },
      },
    );
    expect(result.stdout).toBe('gone\ngone\n');
    expect(result.kmsg.join('\n')).toMatch(
      /10-hang: error: [3-9] s, over its limit; ended while waiting for its commands/,
    );
    expect(result.kmsg).toContain('<3>mnx: 10-hang: error: ended at its limit of 3 s; the boot goes on');
    expect(result.kmsg).toContain('<6>mnx: 20-next: next');
  });
});

describe.each(SHELLS)('clock under $name', (shell) => {
  /** A look at a step that began `ago` seconds before. */
  function tick(ago: number, limit: number, waiting = ''): readonly string[] {
    return inStage1(
      shell,
      `kill_tree() { echo "ended $1" >>"$MNX_KMSG"; }
       uptime_read; clock_clear; ${waiting === '' ? '' : `echo '${waiting}' >"$MNX_RUN/waiting";`}
       clock_set 4242 $((uptime_cs - ${ago * 100})) ${limit} 80-root; clock_tick`,
    ).kmsg;
  }

  it('keeps silent for three seconds', () => {
    expect(tick(2, 10)).toEqual([]);
  });

  it('names the step and what it waits for, every three seconds', () => {
    expect(tick(3, 10, 'the root LABEL=x')).toEqual([
      '<6>mnx: 80-root: 3 s of at most 10 s; waits for the root LABEL=x',
    ]);
    expect(tick(4, 10, 'the root LABEL=x')).toEqual([]);
    expect(tick(6, 10)).toEqual(['<6>mnx: 80-root: 6 s of at most 10 s; waits for its commands']);
  });

  it('ends the step at its limit', () => {
    expect(tick(10, 10)).toEqual([
      '<3>mnx: 80-root: error: 10 s, over its limit; ended while waiting for its commands',
      'ended 4242',
    ]);
  });

  it('names the driver that is still starting', () => {
    const files = { 'proc/modules': 'slow_phy 16384 1 - Loading 0x0\nphy 16384 1 slow_phy, Live 0x0\n' };
    const script = 'uptime_read; clock_clear; clock_set 4242 $((uptime_cs - 300)) 60 30-modules; clock_tick';
    expect(inStage1(shell, script, { files }).kmsg).toEqual([
      '<6>mnx: 30-modules: 3 s of at most 60 s; waits for the driver slow_phy to start',
    ]);
  });

  it('does not speak of a step that has ended while it looked', () => {
    const script = `modules_loading() { clock_clear; false; }
      uptime_read; clock_clear; clock_set 4242 $((uptime_cs - 300)) 60 60-network; clock_tick`;
    expect(inStage1(shell, script).kmsg).toEqual([]);
  });

  it('names once a step that hangs in init itself, which it cannot end', () => {
    const run = inStage1(
      shell,
      `kill_tree() { echo "ended $1" >>"$MNX_KMSG"; }
       uptime_read; clock_clear; clock_set init $((uptime_cs - 500)) 4 25-cmdline; clock_tick; clock_tick
       clock_set init $((uptime_cs - 300)) 30 90-stage2; clock_tick`,
    );
    expect(run.kmsg).toEqual([
      '<3>mnx: 25-cmdline: error: 5 s, over its limit, and init itself cannot be ended; it waits for its commands',
      '<6>mnx: 90-stage2: 3 s of at most 30 s; waits for its commands',
    ]);
    expect(run.read('run/mnx/failures')).toMatch(/^step-hung 25-cmdline 5 s/);
  });

  it('has nothing to say between steps', () => {
    expect(inStage1(shell, 'clock_clear; clock_tick; echo "rc $?"').stdout).toBe('rc 0\n');
  });

  it('waits until something is there, and tells the clock for what', () => {
    const result = inStage1(
      shell,
      `asked() { n=$((n + 1)); cat "$MNX_RUN/waiting"; [ "$n" -ge 3 ]; }
       n=0; clock_clear; wait_until 5 'a thing' asked; echo "rc $? after $n"; cat "$MNX_RUN/waiting"`,
    );
    expect(lines(result.stdout)).toEqual(['a thing', 'a thing', 'rc 0 after 3']);
  });

  it('does not wait for ever', () => {
    expect(inStage1(shell, "clock_clear; wait_until 1 'a thing' false; echo $?").stdout).toBe('1\n');
  });

  it('finds the children of a process whose name holds brackets', () => {
    const result = inStage1(shell, 'children_of 7', {
      files: { 'proc/8/stat': '8 (a) b ( c) S 7 8 8 0\n', 'proc/9/stat': '9 (sh) S 8 7 7 0\n' },
    });
    expect(result.stdout).toBe('8\n');
  });
});

describe.each(SHELLS)('hooks under $name', (shell) => {
  it('run behind their step, in their order, as steps of their own', () => {
    const result = inStage1(shell, `cp "$MNX_LIB/hook.sh" "$TREE"; ${run}; report_times`, {
      files: {
        'steps/10-one.sh': step('say one'),
        'steps/20-two.sh': step('say two'),
        'hooks/10-one/00-first.sh': 'say first\n',
        'hooks/10-one/01-bad.sh': 'say bad; false\n',
        'hooks/30-none/00-never.sh': 'say never\n',
      },
    });
    const said = result.kmsg.filter((line) => / (one|two|first|bad|never)$/.test(line));
    expect(said).toEqual([
      '<6>mnx: 10-one: one',
      '<6>mnx: 10-one:00-first.sh: first',
      '<6>mnx: 10-one:01-bad.sh: bad',
      '<6>mnx: 20-two: two',
    ]);
    expect(result.kmsg.join('\n')).toMatch(/10-one:01-bad.sh: error: failed after \S+ s; the boot goes on/);
    expect(result.kmsg.at(-1)).toMatch(/10-one \S+, 10-one:00-first.sh \S+, 10-one:01-bad.sh \S+, 20-two/);
  });
});

describe.each(SHELLS)('a step again under $name', (shell) => {
  const again = (names: string) => `MNX_LIB=$TREE; MNX_PROC=/proc; steps_again ${names}; echo "status $?"`;
  const files = {
    'steps/10-inline.sh': step(':', 'step_inline=yes'),
    'steps/20-good.sh': step('say "$mnx_device again"', "step_needs='05-mounts'"),
    'steps/30-bad.sh': step('fail "no luck"'),
  };

  it('takes what it needs as given, with the settings of the command line', () => {
    const result = inStage1(shell, again('20-good'), { files, cmdline: 'quiet mnx.device=lemon' });
    expect(result.stdout).toBe('status 0\n');
    expect(result.kmsg).toContain('<6>mnx: 20-good: lemon again');
  });

  it("leaves init's own step its clock", () => {
    const script = `MNX_LIB=$TREE; MNX_PROC=/proc; clock_start; recall clock.pid; own=$recalled
      uptime_read; clock_set init "$uptime_cs" 60 80-root; clock_waits 'the root'
      steps_again 20-good; cut -d' ' -f4 "$MNX_RUN/step"; cat "$MNX_RUN/waiting"; clock_stop; gone "$own"`;
    const result = inStage1(shell, script, { files });
    expect(result.stdout).toBe('80-root\nthe root\ngone\n');
  });

  it('says when it went wrong, and goes on with the next', () => {
    const result = inStage1(shell, again('30-bad 20-good'), { files });
    expect(result.stdout).toBe('status 1\n');
    expect(result.kmsg).toContain('<3>mnx: 30-bad: error: no luck');
    expect(result.kmsg.join('\n')).toContain('20-good: done');
  });

  it.each([
    ['10-inline', /10-inline changes init itself/],
    ['40-none', /stage-1 has no step 40-none/],
  ])('refuses %s', (name, reason) => {
    const result = inStage1(shell, again(name), { files });
    expect(result.stdout).toBe('status 1\n');
    expect(result.kmsg.join('\n')).toMatch(reason);
  });

  it('takes back what cannot be done twice', () => {
    const undone = `${recorded('umount', 'ip', 'kill', 'configfs_remove')}
      is_mounted() { true; }; remember interface usb0; remember udhcpd.pid 12; remember root /dev/sda
      for name in 50-gadget 60-network 80-root; do step_forget "$name"; done; ls "$MNX_RUN"`;
    const { stdout } = inStage1(shell, undone);
    expect(lines(stdout)).toEqual([
      'configfs_remove /sys/kernel/config/usb_gadget/mnx',
      'kill 12',
      'ip addr flush dev usb0',
      'umount /sysroot',
      'interface',
      'output',
      'stage1.log',
    ]);
  });
});
