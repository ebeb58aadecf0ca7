import { describe, expect, it } from 'vitest';
import { inStage1, SHELLS } from './shell.ts';

describe.each(SHELLS)('failures under $name', (shell) => {
  function failures(script: string): string | undefined {
    return inStage1(shell, `step_name=80-root; ${script}`).read('run/mnx/failures');
  }

  it('are noted with code, step and sentence, and logged', () => {
    const run = inStage1(shell, 'step_name=80-root; fail_with root-mount "no such type" || echo "rc $?"');
    expect(run.stdout).toBe('rc 1\n');
    expect(run.kmsg).toEqual(['<3>mnx: 80-root: error: no such type']);
    expect(run.read('run/mnx/failures')).toBe('root-mount 80-root no such type\n');
  });

  it('get the code of their step when the step named none', () => {
    expect(failures('failure_of_step 1 "failed after 1.00 s"')).toBe(
      'root-not-found 80-root failed after 1.00 s\n',
    );
    expect(failures('step_name=50-gadget; failure_of_step 1 gone')).toBe('gadget 50-gadget gone\n');
    expect(failures('step_name=15-mine; failure_of_step 1 gone')).toBe('broken 15-mine gone\n');
  });

  it('keep the code that the step named, unless the clock ended it', () => {
    const own = 'fail_with no-init "no init"; ';
    expect(failures(`${own} failure_of_step 1 gone`)).toBe('no-init 80-root no init\n');
    expect(failures(`${own} failure_of_step 137 late`)).toBe(
      'no-init 80-root no init\nstep-hung 80-root late\n',
    );
    expect(failures(`${own} step_name=90-stage2; failure_of_step 1 gone`)).toBe(
      'no-init 80-root no init\nhandover 90-stage2 gone\n',
    );
  });

  it('are told apart from none', () => {
    const last = 'failure_last; echo "$? [$failure_step]"';
    expect(inStage1(shell, last).stdout).toBe('1 []\n');
    const script = `step_name=70-ssh; fail_with ssh a; step_name=80-root; fail_with root-check b; ${last}`;
    expect(inStage1(shell, script).stdout).toBe('0 [80-root]\n');
  });
});
