import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inStage1, SHELLS, STAGE1, type Tree } from './shell.ts';

/** What takes time, or the phone with it. */
const QUIET = `sleep() { :; }; clock_start() { :; }; clock_stop() { :; }; restart_to() { echo "restart '$1'"; exit; }
  run_step() { echo "step \${1##*/}"; }; report_times() { :; }
`;
const FAILED: Tree['files'] = { 'run/mnx/failures': 'root-mount 80-root no such type\n' };

describe.each(SHELLS)('a phone that goes no further, under $name', (shell) => {
  const stay = (script: string, { conf = {}, files = FAILED }: Tree = {}) =>
    inStage1(shell, QUIET + script, { files, conf: { on_failure: 'reboot', failure_delay: '0', ...conf } });

  it('tells on a disk what failed, and starts again as the device says', () => {
    expect(stay('stay_up').stdout).toBe("step failed.sh\nrestart ''\n");
    const loader = stay('stay_up', { conf: { on_failure: 'bootloader' } });
    expect(loader.stdout).toBe("step failed.sh\nrestart 'bootloader'\n");
    expect(loader.kmsg.join('\n')).toMatch(
      /the phone starts again in 0 s \(bootloader\); a log-in keeps it here/,
    );
  });

  it('stays when the device says so, when nothing has failed, and where it opens a shell', () => {
    const state = 'tell_failure; echo "[$restart_at]"';
    expect(stay(state, { conf: { on_failure: 'shell' } }).stdout).toBe('step failed.sh\n[]\n');
    expect(stay(state, { files: {} }).stdout).toBe('[]\n');
    const console_ = { 'dev/console': '', ...FAILED };
    expect(stay(state, { files: console_, conf: { debug: 'yes' } }).stdout).toBe('step failed.sh\n[]\n');
  });

  it('does not go while its time is not up, nor when somebody has logged in', () => {
    const state = `tell_failure; restart_when_alone; echo "[\${restart_at:+waits}]"`;
    expect(stay(state, { conf: { failure_delay: '600' } }).stdout).toBe('step failed.sh\n[waits]\n');
    // dropbear's words for a key, and for an image without a password.
    for (const words of [
      "Pubkey auth succeeded for 'root'",
      "Auth succeeded with blank password for 'root'",
    ]) {
      const log = { 'run/mnx/dropbear.log': `${words}\n`, ...FAILED };
      const run = stay(state, { files: log });
      expect(run.stdout).toBe('step failed.sh\n[]\n');
      expect(run.kmsg.at(-1)).toMatch(/somebody has logged in: the phone stays up/);
    }
  });

  describe('goes on', () => {
    const on = (root: string, more = '') =>
      stay(
        `root_forget() { echo forget; }; ${more} remember continue '${root}'; boot_on a; echo "$mnx_root"`,
        {
          conf: { root: 'LABEL=old' },
        },
      );

    it('with the root of the image, with another one, with one that is mounted by hand', () => {
      expect(on('-').stdout).toBe('forget\nstep 80-root.sh\nstep 90-stage2.sh\nLABEL=old\n');
      expect(on('LABEL=new').stdout).toBe('forget\nforget\nstep 80-root.sh\nstep 90-stage2.sh\nLABEL=new\n');
      const mounted = on('-', 'is_mounted() { [ "$1" = "$MNX_ROOT" ]; };');
      expect(mounted.stdout).toBe('step 90-stage2.sh\nLABEL=old\n');
      expect(mounted.read('run/mnx/root')).toBe('/sysroot, mounted by hand\n');
      expect(mounted.read('run/mnx/failures')).toBeUndefined();
      const found = on('-', 'remember root /dev/vda;');
      expect(found.stdout).toBe('step 90-stage2.sh\nLABEL=old\n');
    });

    it('past the shell that was wanted', () => {
      expect(on('-', 'remember recovery key;').read('run/mnx/recovery')).toBeUndefined();
    });

    it('when mnx-continue wakes it', () => {
      const program = join(STAGE1, 'bin/mnx-continue');
      const ask = (words: string, conf: Tree['conf'] = {}) =>
        inStage1(shell, `kill() { echo "kill $*"; }; set -- ${words}; . ${program}`, { conf });
      const named = ask('LABEL=new');
      expect(named.stdout).toBe('kill -HUP 1\nstage-1 goes on; mnx-log -f tells how\n');
      expect(named.read('run/mnx/continue')).toBe('LABEL=new\n');
      expect(ask('', { root: 'LABEL=old' }).read('run/mnx/continue')).toBe('-\n');
      const none = ask('');
      expect(none.status).toBe(1);
      expect(none.stderr).toMatch(/names no root: name one/);
      expect(ask('--help').status).toBe(2);
    });
  });

  it('says by mnx-log what failed, what it said, and what an earlier boot left', () => {
    const program = join(STAGE1, 'bin/mnx-log');
    const log = (words: string, files: Tree['files'] = FAILED) =>
      inStage1(shell, `say hello; dmesg() { echo kernel; }; set -- ${words}; . ${program}`, { files });
    const first =
      /^== failed: code, step, reason\nroot-mount 80-root no such type\n== stage-1\n\[.*\] init: hello\n$/;
    expect(log('').stdout).toMatch(first);
    expect(log('', {}).stdout).toMatch(/^== stage-1\n/);
    expect(log('-l', { 'run/mnx/last/dmesg': 'Oops\n' }).stdout).toBe('== dmesg\nOops\n');
    expect(log('-l').stdout).toBe('no earlier boot has left anything\n');
    expect(log('-a').stdout).toMatch(/hello\n== kernel\nkernel\nno earlier boot/);
    expect(log('-x').status).toBe(2);
  });
});
