import { describe, expect, it } from 'vitest';
import { inStage1, lines, SHELLS } from './shell.ts';

/** Processes of a phone at the hand-over, as /proc shows their words; NUL ends each of them. */
const PROCESSES: Readonly<Record<string, string>> = {
  'proc/1/cmdline': 'init\0',
  'proc/2/cmdline': '',
  'proc/40/cmdline': '@/nbd-client\x00-b\x00512\0',
  'proc/50/cmdline': 'udhcpd\0/run/mnx/udhcpd.conf\0',
  'proc/60/cmdline': 'watchdog\0-F\0',
  'proc/70/cmdline': 'dropbear\0-s\0',
  'proc/71/cmdline': 'sh\0/usr/bin/mnx-step\0--here\x0050-gadget\0',
};

describe.each(SHELLS)('what runs beside the boot under $name', (shell) => {
  // dash has no names for descriptors above 9; the phone's shell is busybox.
  const named = shell.name.includes('busybox') ? /^/ : /^\d /;

  it.each([
    ['in a step that runs in init', '{ beside it command sleep 60; } >>"$TREE/log" 2>&1'],
    ['inside what a log-in waits for', 'words=$(beside it command sleep 60)'],
    ['with files open that have numbers', 'exec 3>"$TREE/log" 4<"$TREE/log"; beside it command sleep 60'],
    ['as a function', 'on() { command sleep 60 & wait; }; { beside it on; } >"$TREE/log" 2>&1'],
  ])('holds nothing open %s', (_, start) => {
    const script = `${start}; recall it.pid; pid=$recalled
      until_so grep -q sleep "/proc/$pid/cmdline" "/proc/$pid/task/$pid/children"; command sleep 0.1
      for fd in "/proc/$pid/fd"/*; do echo "\${fd##*/} $(readlink "$fd")"; done`;
    const run = inStage1(shell, script, { links: { 'proc/self': '/proc/self' } });
    const open = lines(run.stdout).filter((line) => named.test(line));
    expect(open).toEqual(expect.arrayContaining(['0 /dev/null', '1 /dev/null', '2 /dev/null']));
    expect(open.filter((line) => !line.endsWith(' /dev/null'))).toEqual([]);
  });

  it('goes on when a shell within it ends, which brings back what redirections had replaced', () => {
    const script = `on() { words=$(echo a | cat); echo "$words" >"$TREE/said"; command sleep 60; }
      { beside it on; } >>"$TREE/log" 2>&1; until_so [ -s "$TREE/said" ] && echo lives`;
    const links = { 'proc/self': '/proc/self' };
    expect(inStage1(shell, script, { links }).stdout).toBe('lives\n');
  });

  it('is waited for as long as init can wait, and no longer', () => {
    const run = inStage1(
      shell,
      `quick() { echo done >"$TREE/said"; }; stuck() { command sleep 60; }
       within 60 quick; cat "$TREE/said"; within 0 stuck; echo "rc $?"`,
    );
    expect(run.stdout).toBe('done\nrc 1\n');
    expect(run.kmsg).toEqual(['<4>mnx: init: warning: stuck does not end; the boot goes on beside it']);
  });

  const ends = (obey: string) =>
    inStage1(
      shell,
      `kill() { echo "$*" >>"$TREE/killed"; ${obey}; }; sleep() { :; }; remember watchdog.pid 60
      remember udhcpd.pid 50; leave_nobody; echo "rc $?"`,
      { files: PROCESSES },
    );

  it('ends at the hand-over, whoever started it; what the root stands on stays', () => {
    const run = ends('rm -r "$MNX_PROC/$3"');
    expect(lines(run.read('killed') ?? '')).toEqual(['-s TERM 70', '-s TERM 71']);
    expect(run.kmsg).toEqual([]);
  });

  it('is made to end where it does not hear, and is named where even that does not help', () => {
    const run = ends('[ "$2 $3" != "KILL 71" ] || rm -r "$MNX_PROC/$3"');
    expect(lines(run.read('killed') ?? '').slice(0, 5)).toEqual([
      ...['-s TERM 70', '-s TERM 71', '-s KILL 70', '-s KILL 71'],
      '-s KILL 70',
    ]);
    expect(run.kmsg.join('\n')).toMatch(
      /could not be ended, and stay beside the real system: 70 \(dropbear-s\)$/,
    );
  });

  it('is left no time to mend what is late once the hand-over has begun', () => {
    const script = 'leave_nobody() { echo all; }; stop_all';
    expect(inStage1(shell, script).stdout).toBe('all\n');
  });
});
