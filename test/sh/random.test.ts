import { describe, expect, it } from 'vitest';
import { inStage1, lines, recorded, SHELLS } from './shell.ts';

/** A kernel that has random numbers from the third time on that it is asked, or not at all. */
const kernel = (from: number) => `MNX_SYSCALL=/bin/sh
  syscall() { echo "$*" >>"$TREE/calls"; case "$*" in *' 1 1') asked=$((asked + 1)); [ "$asked" -ge ${from} ] || return 11 ;; esac; }
  asked=0; sleep() { :; }; coldplug() { echo coldplug >>"$TREE/calls"; }; splash_message() { echo "shows $1" >>"$TREE/calls"; }
  clock_set 1 0 15 70-ssh\n`;
const NEVER = 1_000_000_000;
const files = {
  'etc/dropbear/dropbear_ed25519_host_key': 'key',
  'proc/sys/kernel/random/entropy_avail': '37\n',
  'proc/sys/kernel/random/poolsize': '4096\n',
};
const ssh = (script: string) => (from: number, shell: (typeof SHELLS)[number]) =>
  inStage1(shell, `${kernel(from)} ${recorded('dropbear')} ${script}`, { files, conf: { ssh: 'on' } });
const up = ssh('step_name=70-ssh; ssh_up; echo "rc $?"');

describe.each(SHELLS)('random numbers under $name', (shell) => {
  it('cost one question where the kernel has them', () => {
    const run = up(1, shell);
    expect(run.stdout).toMatch(/^dropbear .*\nrc 0\n$/);
    expect(run.read('calls')).toBe('getrandom @ 1 1\n');
    expect(run.kmsg).toHaveLength(1);
  });

  it('are not asked for where no call could wait for them', () => {
    // ENOSYS: Linux before 3.17.
    const run = ssh('syscall() { return 38; }; ssh_up')(NEVER, shell);
    expect(run.stdout).toMatch(/^dropbear /);
  });

  it('are waited for, with words, and brought by who waits in the kernel', () => {
    const run = up(3, shell);
    expect(run.stdout).toMatch(/^dropbear .*\nrc 0\n$/);
    expect(lines(run.read('calls') ?? '')).toEqual(expect.arrayContaining(['coldplug', 'shows random']));
    expect(run.kmsg[0]).toBe('<6>mnx: 70-ssh: SSH needs random numbers, and the kernel has none yet');
    // The step may take that much longer.
    expect(run.read('run/mnx/step')).toMatch(/ 30 70-ssh\n$/);
    const stirs = ssh('random_stir')(1, shell);
    expect(stirs.read('calls')).toBe('getrandom @ 1 0\n');
  });

  it('are named to whoever looks at the phone', () => {
    const script = 'wait_until() { echo "$1 s for $2"; return 1; }; random_wait 15';
    expect(ssh(script)(NEVER, shell).stdout).toBe(
      '15 s for random numbers (37 of 4096 bits): keys, touches and what the cable carries bring them\n',
    );
  });

  it('that do not come are a failure that mends itself', () => {
    const wait =
      'wait_until() { return 1; }; late_start() { echo "late $1"; }; step_name=70-ssh; ssh_up; echo "rc $?"';
    const run = ssh(wait)(NEVER, shell);
    expect(run.stdout).toBe('late random\nrc 1\n');
    expect(run.read('run/mnx/failures')).toMatch(
      /^random 70-ssh the kernel has no random numbers \(37 of 4096 bits\)/,
    );
    const late = ssh(`stepping() { echo "$*"; }; MNX_STEP=stepping; signal() { :; }
      echo 'random 70-ssh none' >"$MNX_RUN/failures"; remember late-random.pid 1; late_random`)(3, shell);
    expect(late.stdout).toBe('--here 70-ssh\n');
    expect(late.read('run/mnx/failures')).toBe('');
  });
});
