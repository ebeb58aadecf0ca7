import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { keyNumber } from '../../src/device/index.ts';
import { inStage1, SHELLS, STAGE1, type Tree } from './shell.ts';

/** The bitmap that EVIOCGKEY gives, with these keys held. */
function held(...keys: number[]): Uint8Array {
  const bits = new Uint8Array(96);
  for (const key of keys) bits[key >> 3] = (bits[key >> 3] ?? 0) | (1 << (key & 7));
  return bits;
}

/** The ioctl, answered from the device's file. */
const IOCTL = `mnx_syscall() { [ "$*" = '29 0 2153792792 @' ] && cat; }; MNX_SYSCALL=mnx_syscall
  modprobe() { echo "modprobe $*"; }
`;

describe.each(SHELLS)('keys under $name', (shell) => {
  const down = (name: string, files: NonNullable<Tree['files']>) =>
    inStage1(shell, `${IOCTL}key_down ${name}; echo $?`, { files, conf: { arch: 'aarch64' } });

  it.each([
    ['volume-down', 114],
    ['volume-up', 115],
    ['power', 116],
    ['home', 102],
    ['back', 158],
    ['camera', 212],
    ['528', 528],
    ['0', 0],
    ['767', 767],
  ])('%s is seen on whichever device has it', (name, number) => {
    expect(keyNumber(name)).toBe(number);
    const files = { 'dev/input/event0': held(), 'dev/input/event1': held(1, number) };
    expect(down(name, files).stdout).toBe('0\n');
    const others = held(...Array.from({ length: 768 }, (_, key) => key).filter((key) => key !== number));
    expect(down(name, { 'dev/input/event0': others }).stdout).toBe('1\n');
  });

  it('are not held where none can be asked', () => {
    expect(down('volume-down', {}).stdout).toBe('modprobe -q evdev\n1\n');
    expect(down('volume-down', { 'dev/input/event0': new Uint8Array(8) }).stdout).toBe('1\n');
    for (const name of ['volume', '768', '-1', "''"]) {
      expect(down(name, { 'dev/input/event0': held(114) }).stdout, name).toBe('1\n');
    }
  });
});

describe.each(SHELLS)('a shell in place of the real system under $name', (shell) => {
  const look = (tree: Tree) =>
    inStage1(shell, `${IOCTL}recovery_look; recovery_wanted; echo $?`, {
      ...tree,
      files: { 'dev/input/event0': held(114) },
      conf: { arch: 'aarch64', shell_key: 'volume-down', ...tree.conf },
    });

  it('comes when the key is held, or the command line wants it, in a debug image', () => {
    const debug = { debug: 'yes' };
    const byKey = look({ conf: debug });
    expect(byKey.stdout).toBe('0\n');
    expect(byKey.read('run/mnx/recovery')).toBe('volume-down is held\n');
    const byWord = look({ conf: { ...debug, shell_key: '' }, cmdline: 'quiet mnx.shell' });
    expect(byWord.stdout).toBe('0\n');
    expect(byWord.kmsg.at(-1)).toMatch(/mnx\.shell is on the command line: a shell comes/);
    expect(look({ conf: { ...debug, shell_key: 'volume-up' } }).stdout).toBe('1\n');
    expect(look({ conf: { ...debug, shell_key: '' }, cmdline: 'mnx.shells' }).stdout).toBe('1\n');
  });

  it('does not come by a key that nobody knows, and the log says so', () => {
    const run = look({ conf: { debug: 'yes', shell_key: 'volume' } });
    expect(run.stdout).toBe('1\n');
    expect(run.kmsg[0]).toMatch(/warning: mnx_shell_key is volume, which is no key/);
  });

  it('comes in no other, whose keys are not even looked at', () => {
    for (const conf of [{}, { debug: 'yes', release: 'yes' }]) {
      const quiet = look({ conf });
      expect([quiet.stdout, quiet.kmsg]).toEqual(['1\n', []]);
      expect(look({ conf, cmdline: 'mnx.shell' }).kmsg[0]).toContain(
        'only an image that was built with --debug',
      );
    }
  });

  it('leaves storage alone', () => {
    const script = `. ${join(STAGE1, 'steps/80-root.sh')}; root_up() { echo root; }; step_run; remember recovery key; step_run`;
    const run = inStage1(shell, script, { conf: { root: 'LABEL=x' } });
    expect(run.stdout).toBe('root\n');
    expect(run.kmsg).toEqual(['<6>mnx: init: a shell is wanted: storage stays untouched']);
  });
});
