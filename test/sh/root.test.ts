import { describe, expect, it } from 'vitest';
import { inStage1, lines, SHELLS } from './shell.ts';

const partitions = {
  'sys/class/block/mmcblk0/uevent': 'DEVNAME=mmcblk0\n',
  'sys/class/block/mmcblk0p1/uevent':
    'DEVNAME=mmcblk0p1\nPARTN=1\nPARTNAME=modem\nPARTUUID=11111111-0000-0000-0000-00000000000a\n',
  'sys/class/block/mmcblk0p2/uevent':
    'DEVNAME=mmcblk0p2\nPARTN=2\nPARTNAME=user data\nPARTUUID=deadbeef-02\n',
  'sys/class/block/mmcblk1p1/uevent': 'DEVNAME=mmcblk1p1\nPARTN=1\nPARTNAME=user data\n',
};
const quick = `block_device() { :; }; coldplug() { :; }; clock_clear
findfs() { case "$1" in LABEL=mnx_root) echo "$MNX_DEV/vda" ;; *) return 1 ;; esac; }\n`;

describe.each(SHELLS)('root under $name', (shell) => {
  const find = (root: string) =>
    inStage1(shell, `${quick} root_spec "$mnx_root" && slot_read && root_find && echo "$root_device"`, {
      conf: { root },
      files: partitions,
    });

  it.each([
    ['LABEL=mnx_root', '/dev/vda\n'],
    ['LABEL=other', ''],
    ['PARTLABEL=modem', '/dev/mmcblk0p1\n'],
    ['PARTLABEL=mode', ''],
    ['PARTUUID=DEADBEEF-02', '/dev/mmcblk0p2\n'],
    ['/dev/mmcblk0p1', '/dev/mmcblk0p1\n'],
    ['/dev/mmcblk0p1,luks,fsck', '/dev/mmcblk0p1\n'],
    ['mmcblk0p1', ''],
  ])('%s is %j', (root, device) => {
    expect(find(root).stdout).toBe(device);
  });

  it('takes the first of two partitions of one name, and warns', () => {
    const run = find('PARTLABEL=user data');
    expect(run.stdout).toBe('/dev/mmcblk0p2\n');
    expect(run.kmsg[0]).toContain('mmcblk1p1 has PARTNAME=user data as well');
  });

  it('waits for it, then says what there is instead', () => {
    const run = inStage1(shell, `${quick} root_up; echo "rc $?"`, {
      conf: { root: 'LABEL=other', root_wait: '1' },
      files: partitions,
    });
    expect(run.stdout).toBe('rc 1\n');
    expect(run.kmsg.at(-1)).toBe(
      '<3>mnx: init: error: no root LABEL=other after 1 s; there are: mmcblk0 mmcblk0p1(modem) mmcblk0p2(user data) mmcblk1p1(user data) ',
    );
  });

  it('keeps findfs from the block of an eMMC that nobody may read', () => {
    const script = `${quick} block_device() { [ -e "$1" ]; }; mount() { echo "mount $*" >>"$TREE/calls"; }; umount() { echo "umount $*" >>"$TREE/calls"; }
      is_mounted() { [ -e "$1" ]; }; findfs() { echo findfs >>"$TREE/calls"; echo "$MNX_DEV/vda"; }; root_source=LABEL=x; root_reach`;
    const files = { 'dev/vda': '', 'dev/mmcblk0rpmb': '', 'dev/mmcblk0boot0': '', 'dev/null': '' };
    const run = inStage1(shell, script, { files });
    expect(lines(run.read('calls') ?? '')).toEqual([
      'mount --bind /dev/null /dev/mmcblk0rpmb',
      'findfs',
      'umount /dev/mmcblk0rpmb',
    ]);
  });

  it('says so when there is no disk at all', () => {
    const run = inStage1(shell, `${quick} root_up; echo "rc $?"`, {
      conf: { root: 'LABEL=other', root_wait: '1' },
    });
    expect(run.kmsg.at(-1)).toMatch(/no root LABEL=other after 1 s; there are: no disks$/);
  });

  const mounting = `${quick} mount() { echo "mount $*" >>"$TREE/calls"; case "$2" in $good | remount*) ;; *) echo "bad superblock" >&2; return 1 ;; esac; }
    umount() { echo "umount $*" >>"$TREE/calls"; }
    mkdir -p "$MNX_ROOT/sbin"; echo "#!/sbin/init" >"$MNX_ROOT/sbin/init"; chmod +x "$MNX_ROOT/sbin/init"\n`;
  const mounts = (type: string, script = 'root_up; echo "rc $?"', cmdline = '', root = 'LABEL=mnx_root') =>
    inStage1(shell, `good='${type}'; ${mounting} ${script}`, { conf: { root }, cmdline });

  it('is mounted read-only, looked at, and only then made writable', () => {
    const run = mounts('auto');
    expect(run.stdout).toBe('rc 0\n');
    expect(lines(run.read('calls') ?? '')).toEqual([
      'mount -t auto -o ro /dev/vda /sysroot',
      'mount -o remount,rw /sysroot',
    ]);
    expect(run.read('run/mnx/root')).toBe('/dev/vda\n');
  });

  it('goes on read-only where nothing can be written, as a kernel does that mounts it itself', () => {
    const run = mounts(
      'auto',
      'mount() { [ "$2" != remount,rw ] || { echo write-protected; return 1; }; }; root_up; echo "rc $?"',
    );
    expect(run.stdout).toBe('rc 0\n');
    expect(run.kmsg.at(-1)).toContain('a root that it can only read');
    expect(run.read('run/mnx/root')).toBe('/dev/vda\n');
  });

  it('stays read-only when the command line says so', () => {
    expect(lines(mounts('auto', undefined, 'ro').read('calls') ?? '')).toHaveLength(1);
  });

  it('is mounted with the options of rootflags=', () => {
    expect(lines(mounts('auto', undefined, 'rootflags=subvol=@,noatime quiet').read('calls') ?? '')).toEqual([
      'mount -t auto -o ro,subvol=@,noatime /dev/vda /sysroot',
      'mount -o remount,rw /sysroot',
    ]);
  });

  it('is tried by type when the kernel knows none by itself', () => {
    expect(mounts('f2fs').read('calls')).toContain(
      'mount -t f2fs -o ro /dev/vda /sysroot\nmount -o remount,rw',
    );
  });

  it('is let go again when it has no init', () => {
    const run = mounts('auto', 'rm "$MNX_ROOT/sbin/init"; root_up; echo "rc $?"');
    expect(run.stdout).toBe('rc 1\n');
    expect(lines(run.read('calls') ?? '')).toEqual([
      'mount -t auto -o ro /dev/vda /sysroot',
      'umount /sysroot',
    ]);
    expect(run.kmsg.at(-1)).toContain('/dev/vda has no program /sbin/init');
  });

  it('tells what the kernel says of a root that cannot be mounted', () => {
    const run = mounts('none');
    expect(run.stdout).toBe('rc 1\n');
    expect(run.kmsg.at(-1)).toContain('/dev/vda cannot be mounted: bad superblock');
  });

  it('is not looked for when none is named: no block device is opened', () => {
    const run = mounts('auto', '. "$MNX_LIB/steps/80-root.sh"; step_run; echo "rc $?"', '', '');
    expect(run.stdout).toBe('rc 0\n');
    expect(run.read('calls')).toBeUndefined();
  });
});

describe.each(SHELLS)('stage-2 under $name', (shell) => {
  const stubs = `mount() { echo "mount $*" >>"$TREE/calls"; }; umount() { echo "umount $*" >>"$TREE/calls"; }
    become() { echo "become $*" >>"$TREE/calls"; }
    mkdir -p "$MNX_ROOT/sbin" "$MNX_ROOT/$TREE/dev" "$MNX_ROOT/$TREE/proc" "$MNX_ROOT/$TREE/run"
    echo "#!/sbin/init" >"$MNX_ROOT/sbin/init"; chmod +x "$MNX_ROOT/sbin/init"
    remember root /dev/vda; . "$MNX_LIB/steps/90-stage2.sh"\n`;

  it('moves the mounts over, lets go of what has no place there, and becomes init with its arguments', () => {
    const run = inStage1(shell, `${stubs} step_run single; echo "rc $?"`);
    expect(
      lines((run.read('calls') ?? '').replace(/\/sysroot\/tmp\/\S*?(?=\/(dev|proc|run)\n)/g, '/sysroot')),
    ).toEqual([
      'mount --move /dev /sysroot/dev',
      'mount --move /proc /sysroot/proc',
      'umount -l /sys',
      'mount --move /run /sysroot/run',
      'become switch_root -c /dev/console /sysroot /sbin/init single',
    ]);
  });

  it('ends what stage-1 started', () => {
    const script = `${stubs} sleep 300 & remember udhcpd.pid $!; pid=$!; clock_start; recall clock.pid; clock=$recalled; step_run; gone "$pid" "$clock"`;
    expect(inStage1(shell, script).stdout).toBe('gone\ngone\n');
  });

  it('does not leave for a program that is not there', () => {
    const run = inStage1(shell, `${stubs} mnx_init=/sbin/nope; step_run; echo "rc $?"`);
    expect(run.stdout).toBe('rc 1\n');
    expect(run.read('calls')).toBeUndefined();
  });

  it('does not leave for one that the kernel would refuse: it would panic', () => {
    const run = inStage1(
      shell,
      `${stubs} echo '#!/bin/gone -e' >"$MNX_ROOT/sbin/init"; step_run; echo "rc $?"`,
    );
    expect([run.stdout, run.read('calls')]).toEqual(['rc 1\n', undefined]);
    expect(run.read('run/mnx/failures')).toContain(
      '/dev/vda has /sbin/init, which cannot be started: its interpreter /bin/gone is not there',
    );
  });

  it('stays when no root is mounted, or when it is told to', () => {
    for (const script of ['rm "$MNX_RUN/root"; step_run', 'mnx_stage2=shell; step_run']) {
      const run = inStage1(shell, `${stubs} ${script}; echo "rc $?"`);
      expect([run.stdout, run.read('calls')]).toEqual(['rc 0\n', undefined]);
    }
  });

  it('names a way that it does not know', () => {
    const run = inStage1(shell, `${stubs} mnx_stage2=teleport; step_run; echo "rc $?"`);
    expect(run.stdout).toBe('rc 1\n');
    expect(run.kmsg.at(-1)).toContain('mnx_stage2 is teleport');
  });

  it.each([
    [{}, 1],
    [{ debug: 'yes' }, 0],
    [{ debug: 'yes', console: 'ttyGS0' }, 0],
    [{ debug: 'yes', console: 'off' }, 1],
    [{ debug: 'yes', release: 'yes' }, 1],
  ])('opens a shell on the console for %j: %d', (conf, status) => {
    const files = { 'dev/console': '' };
    expect(inStage1(shell, 'console_wanted; echo $?', { conf, files }).stdout).toBe(`${status}\n`);
  });

  it('tells whoever looks at a console without a shell how to get in', () => {
    const last = (conf: Readonly<Record<string, string>>) =>
      inStage1(shell, 'say_way_in', { conf }).kmsg.at(-1);
    expect(last({ ssh: 'on' })).toContain('ssh root@172.16.42.1');
    expect(last({})).toContain('--debug');
  });

  it('opens none where the loader took the console away', () => {
    // As open(2) of /dev/console ends then; a folder cannot be written to either.
    const script = 'mkdir "$MNX_CONSOLE"; console_wanted || echo none';
    const run = inStage1(shell, script, { conf: { debug: 'yes' } });
    expect([run.stdout, run.stderr]).toEqual(['none\n', '']);
  });
});
