import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { inStage1, lines, type Result, SHELLS, type Shell, type Tree } from './shell.ts';

const ROOT = join(import.meta.dirname, '../..');
const led = 'sys/class/leds/red:status';
const motor = 'sys/class/timed_output/vibrator/enable';
const glow = 'sys/class/leds/lcd-backlight/brightness';

const files = {
  [`${led}/brightness`]: '0\n',
  [`${led}/max_brightness`]: '128\n',
  [`${led}/trigger`]: 'none [battery-charging] timer\n',
  [motor]: '0\n',
  [glow]: '90\n',
};
const all = {
  signal_leds: 'red:status\ngreen:absent',
  signal_vibrator: '/sys/class/timed_output/vibrator/enable',
  signal_backlight: 'yes',
  backlight_path: '/sys/class/leds/lcd-backlight/brightness',
  backlight_value: '90',
};

/** Each pause as the lamp, the backlight and the vibrator show it: `128/0/500 0.5`. */
const WATCHED = `
  see() { local a b c; read -r a <"$TREE/${led}/brightness"; read -r b <"$TREE/${glow}"; read -r c <"$TREE/${motor}"; echo "$a/$b/$c $1"; echo 0 >"$TREE/${motor}"; }
  sleep() { see "$1"; }
  state='' rounds=0; `;

function played(shell: Shell, script: string, conf: Readonly<Record<string, string>> = all): string[] {
  return lines(inStage1(shell, WATCHED + script, { conf, files }).stdout);
}

/** Words of README's table of failures: code and number. */
const documented = [
  ...readFileSync(join(ROOT, 'README.md'), 'utf8').matchAll(/^\| (\d+) \| `([a-z0-9-]+)` \|/gm),
];

describe.each(SHELLS)('signals under $name', (shell) => {
  it('tell the start, and each step that went well', () => {
    expect(played(shell, 'signal_event start; signal_rest; signal_event step')).toEqual([
      '128/0/1000 1',
      '0/90/0 0.5',
      '0/90/0 0.2',
      '128/0/150 0.15',
      '0/90/0 0.3',
    ]);
  });

  it('stay lit when the phone can be logged in to, and have gaps when it only waits', () => {
    const steady = ['128/0/1000 1', '0/90/0 0.3'];
    const ssh = played(shell, 'signal_event ssh; signal_rest; signal_rest');
    expect(ssh).toEqual([...steady, '128/90/0 3', '128/90/0 0.3', '128/90/0 3', '128/90/0 0.3']);
    const up = played(shell, 'signal_event up; signal_rest; signal_rest');
    expect(up).toEqual([...steady, '128/90/0 3', '0/90/0 0.3', '128/90/0 3', '0/90/0 0.3']);
  });

  it('count a failure, again and again; the vibrator three times', () => {
    const round = (ms: number) => [
      ...Array(2)
        .fill([`128/0/${ms} 0.5`, '0/90/0 0.5'])
        .flat(),
      '0/90/0 2',
    ];
    const rest = 'signal_rest; ';
    expect(played(shell, `signal_event gadget; ${rest.repeat(4)}`)).toEqual([
      '0/90/0 1',
      ...round(500),
      ...round(500),
      ...round(500),
      ...round(0),
    ]);
  });

  it('show the last failure, and nothing of what goes well after it', () => {
    const script =
      'signal_event gadget; signal_event step; signal_event ssh; signal_event network; signal_rest';
    const blink = ['128/0/500 0.5', '0/90/0 0.5'];
    expect(played(shell, script)).toEqual(['0/90/0 1', '0/90/0 1', ...blink, ...blink, ...blink, '0/90/0 2']);
  });

  it('count steps again when somebody has helped and the phone goes on', () => {
    const script = 'signal_event gadget; signal_event start; signal_event step';
    expect(played(shell, script).slice(-3)).toEqual(['0/90/0 0.5', '128/0/150 0.15', '0/90/0 0.3']);
    const events = inStage1(shell, 'signal() { echo "$1"; exit; }; boot_on', {
      conf: all,
      files: { ...files, 'run/mnx/continue': '-\n' },
    });
    expect(events.stdout).toBe('start\n');
  });

  it('number the failures in the order of the error screens, as README has them', () => {
    const theme = parse(readFileSync(join(ROOT, 'themes/default/theme.toml'), 'utf8')) as {
      errors: Readonly<Record<string, unknown>>;
    };
    const codes = Object.keys(theme.errors);
    const script = [...codes, 'mine'].map((code) => `signal_number ${code}; echo "$number"; `).join('');
    const numbers = lines(inStage1(shell, script).stdout).map(Number);
    expect(numbers).toEqual([...codes.map((_, i) => i + 1), codes.indexOf('broken') + 1]);
    expect(documented.map(([, number, code]) => [Number(number), code])).toEqual(
      codes.map((code, i) => [i + 1, code]),
    );
  });

  it('drive a vibrator that is one of the lamps by its three files', () => {
    const folder = 'sys/class/leds/vibrator';
    const run = inStage1(shell, 'vibrate 150', {
      conf: { signal_vibrator: '/sys/class/leds/vibrator' },
      files: { [`${folder}/activate`]: '0\n', [`${folder}/duration`]: '0\n', [`${folder}/state`]: '0\n' },
    });
    const wrote = ['state', 'duration', 'activate'].map((name) => run.read(`${folder}/${name}`));
    expect(wrote).toEqual(['1\n', '150\n', '1\n']);
  });

  it('cost nothing where the device file names none', () => {
    const run = inStage1(
      shell,
      'signals_start; signal step; failure_note gadget gone; signals_ready; signals_stop; ls "$MNX_RUN"; jobs',
      { files },
    );
    expect([run.stdout, run.stderr]).toEqual(['failures\noutput\nstage1.log\n', '']);
  });

  it('make no files where a lamp is missing', () => {
    const script = 'signal_blink 100 0 0; signals_stop; ls "$MNX_SYSFS" 2>&1';
    const run = inStage1(shell, script, { conf: all });
    expect(run.stdout).toMatch(/No such file/);
    expect(run.stderr).toBe('');
  });
});

/** The player runs beside the script, with pauses a tenth as long. */
function alongside(shell: Shell, script: string, tree: Tree = { conf: all, files }): Result {
  const fast = `sleep() { see "$1" >>"$TREE/played"; command sleep 0.02; }; ${WATCHED.split('\n')[1]}
    until_played() { until_so grep -q "$1" "$TREE/played"; }; `;
  return inStage1(shell, fast + script, tree);
}

describe.each(SHELLS)('the process that plays them, under $name', (shell) => {
  it('plays what comes while it runs, and gives the lamps back', () => {
    const run = alongside(
      shell,
      `signals_start; signals_start; until_played ' 0.2$'; step_end 0; until_played '/150 '
       step_name=50-gadget; failure_of_step 1 gone; until_played ' 2$'
       recall signals.pid; signals_stop; kill -0 "$recalled" 2>/dev/null || echo gone; ls "$MNX_RUN"`,
    );
    const shown = lines(run.read('played') ?? '').map((line) => line.split('/')[2]);
    expect(shown.filter((line) => line?.startsWith('1000'))).toEqual(['1000 1']);
    expect(shown.filter((line) => line?.startsWith('150'))).toEqual(['150 0.15']);
    expect(shown.filter((line) => line?.startsWith('500'))?.length).toBeGreaterThanOrEqual(2);
    expect(run.stdout).toBe('gone\nfailures\noutput\nsignals\nstage1.log\n');
    expect(run.read(`${led}/trigger`)).toBe('battery-charging\n');
    expect(run.read(`${led}/brightness`)).toBe('0\n');
    expect(run.read(glow)).toBe('90\n');
  });

  it('waits for a lamp whose driver comes later', () => {
    const conf = { signal_leds: 'red:status' };
    const run = alongside(
      shell,
      `mkdir -p "$TREE/keep"; mv "$TREE/${led}" "$TREE/keep/led"
       sleep() { echo "$1" >>"$TREE/played"; command sleep 0.02; }
       signals_start; signal step; until_played 0.2; mv "$TREE/keep/led" "$TREE/${led}"; until_played 0.3
       signals_stop; cat "$TREE/played"`,
      { conf, files },
    );
    expect(
      lines(run.stdout)
        .filter((pause) => pause !== '0.2')
        .slice(0, 4),
    ).toEqual(['1', '0.5', '0.15', '0.3']);
  });

  it('is another one when the command line names other lamps', () => {
    const script = `. "$MNX_LIB/steps/25-cmdline.sh"; conf_load; signals_start; recall signals.pid; one=$recalled
      until_played ' 1$'; step_run; recall signals.pid; two=$recalled; step_run; recall signals.pid
      [ "$one" != "$two" ] && [ "$two" = "$recalled" ] && echo "$mnx_signal_leds"; signals_stop`;
    const run = alongside(shell, script, {
      conf: { signal_leds: 'red:status' },
      files,
      cmdline: 'mnx.signal-leds=green:a,blue:b',
    });
    expect(run.stdout).toBe('green:a\nblue:b\n');
    expect(run.read(`${led}/trigger`)).toBe('battery-charging\n');
  });
});
