import { describe, expect, it } from 'vitest';
import { inStage1, lines, SHELLS } from './shell.ts';

/** Time that does not pass, and a controller or a screen that comes at the third look. */
const LATE = `sleep() { :; }; signal() { echo "signal $1" >>"$TREE/calls"; }; coldplug() { :; }
  looks=0; comes() { looks=$((looks + 1)); [ "$looks" -ge 3 ]; }
  stepping() { echo "$*" >>"$TREE/calls"; return "\${answer:-0}"; }; MNX_STEP=stepping\n`;
const failed = (...notes: string[]) => ({ 'run/mnx/failures': notes.map((note) => `${note}\n`).join('') });
const GADGET = [
  'gadget 50-gadget no controller',
  'network 60-network no interface',
  'broken failed there is no gadget that could show a disk',
];

describe.each(SHELLS)('hardware that comes late under $name', (shell) => {
  const gadget = (more: string, notes: readonly string[]) =>
    inStage1(
      shell,
      `${LATE} udc_choose() { udc=dwc3; comes; }; remember late-gadget.pid 1
      failure_disk() { echo disk >>"$TREE/calls"; }; ${more} late_gadget`,
      {
        files: failed(...notes),
      },
    );

  it('gets its gadget, network and SSH, and nothing has failed any more', () => {
    const run = gadget('', GADGET);
    expect(lines(run.read('calls') ?? '')).toEqual([
      '--here 50-gadget 60-network 70-ssh',
      'signal start',
      'signal up',
    ]);
    expect(run.read('run/mnx/failures')).toBe('');
    // The step that runs then would end the process that runs it.
    expect(run.read('run/mnx/late-gadget.pid')).toBeUndefined();
    expect(run.kmsg[0]).toContain('the USB device controller dwc3 has come late');
  });

  it('leaves what else has failed, and what fails again', () => {
    const other = 'root-mount 80-root bad superblock';
    const run = gadget('', [...GADGET, other]);
    expect(run.read('run/mnx/failures')).toBe(`${other}\n`);
    expect(run.read('calls')).toMatch(/signal root-mount\ndisk\n$/);
    expect(gadget('answer=1;', GADGET).read('run/mnx/failures')).toBe(failed(...GADGET)['run/mnx/failures']);
  });

  it('is waited for by one process, which a step starts that gives up', () => {
    const script = `late_gadget() { echo started >>"$TREE/started"; command sleep 20; }; mount_configfs() { :; }
      wait_until() { return 1; }; configfs_up; configfs_up; recall late-gadget.pid; pid=$recalled
      until_so [ -e "$TREE/started" ]; step_forget 50-gadget; gone "$pid"`;
    const run = inStage1(shell, script);
    expect(run.stdout).toBe('gone\n');
    expect(run.read('started')).toBe('started\n');
  });

  it('is shown its splash', () => {
    const script = `${LATE} coldplug() { echo coldplug >>"$TREE/calls"; }
      fb_ready() { [ "$(grep -c . "$TREE/calls")" -ge 2 ]; }; splash_start() { echo splash >>"$TREE/calls"; }
      recovery_tell() { echo key >>"$TREE/calls"; }; late_splash`;
    const run = inStage1(shell, script, { files: failed('broken 40-splash no fb0') });
    // The driver of what came is asked for.
    expect(lines(run.read('calls') ?? '').slice(0, 4)).toEqual(['coldplug', 'coldplug', 'splash', 'key']);
    expect(run.read('run/mnx/failures')).toBe('');
    const step = `${LATE} wait_until() { return 1; }; late_start() { echo "late $1"; }; . "$MNX_LIB/steps/40-splash.sh"; step_run`;
    expect(inStage1(shell, step, { files: { 'splash/boot': '' } }).stdout).toBe('late splash\n');
  });

  it('keeps a phone here that was to start again for it', () => {
    const script = 'restart_to() { echo restart; }; restart_at=0; restart_when_alone; echo "at $restart_at"';
    expect(inStage1(shell, script, { files: failed() }).stdout).toBe('at \n');
  });
});
