import { describe, expect, it } from 'vitest';
import { inStage1, lines, SHELLS, type Tree } from './shell.ts';

const partitions = {
  'sys/class/block/sda1/uevent': 'DEVNAME=sda1\nPARTN=1\nPARTNAME=system_a\n',
  'sys/class/block/sda2/uevent': 'DEVNAME=sda2\nPARTN=2\nPARTNAME=system_b\n',
  'sys/class/block/sda3/uevent': 'DEVNAME=sda3\nPARTN=3\nPARTNAME=userdata\n',
  'sys/class/block/loop0/uevent': 'DEVNAME=loop0\n',
  'sys/class/block/loop0p1/uevent': 'DEVNAME=loop0p1\nPARTN=1\nPARTNAME=boot\n',
  'sys/class/block/loop0p2/uevent': 'DEVNAME=loop0p2\nPARTN=2\nPARTNAME=root\n',
};
/** What goes out to the kernel is written down; the init is there wherever something is mounted. */
const stubs = `block_device() { :; }; coldplug() { :; }; clock_clear; step_name=80-root; MNX_LOSETUP=losetup; bytes_at() { bytes=''; }; init_fits() { :; }
note() { echo "$*" >>"$TREE/calls"; }
for command in mount umount losetup modprobe; do
  eval "$command() { [ \\"\\$*\\" = -f ] && { echo \\"\\$MNX_DEV/loop0\\"; return; }; note $command \\"\\$@\\"; }"
done
mkdir -p "$MNX_ROOT/sbin" "$MNX_RUN/host/images"; echo x >"$MNX_ROOT/sbin/init"; chmod +x "$MNX_ROOT/sbin/init"
echo x >"$MNX_RUN/host/images/root.img"\n`;

describe.each(SHELLS)('the way to the root under $name', (shell) => {
  const up = (root: string, tree: Tree = {}, script = 'root_up; echo "rc $?"') =>
    inStage1(shell, stubs + script, { conf: { root, root_wait: '1' }, files: partitions, ...tree });
  const calls = (run: ReturnType<typeof up>) => lines(run.read('calls') ?? '');

  it.each([
    ['android.x=1 androidboot.slot_suffix=_b', undefined, '/dev/sda2'],
    ['androidboot.slot=a', undefined, '/dev/sda1'],
    ['', 'androidboot.mode = "normal"\nandroidboot.slot_suffix = "_b"\n', '/dev/sda2'],
    ['', undefined, ''],
  ])('takes the slot from %j and %j', (cmdline, bootconfig, device) => {
    const files = bootconfig === undefined ? partitions : { ...partitions, 'proc/bootconfig': bootconfig };
    expect(up('PARTLABEL=system', { cmdline, files }).read('run/mnx/root') ?? '').toBe(
      device === '' ? '' : `${device}\n`,
    );
  });

  it('takes a partition of exactly that name before one of the slot', () => {
    const files = { ...partitions, 'sys/class/block/sdb1/uevent': 'DEVNAME=sdb1\nPARTNAME=system\n' };
    const run = up('PARTLABEL=system', { cmdline: 'androidboot.slot_suffix=_b', files });
    expect(run.read('run/mnx/root')).toBe('/dev/sdb1\n');
  });

  it('leads through an image file, which is writable only once it was found', () => {
    const run = up('PARTLABEL=userdata,loop=/images/root.img');
    expect(run.stdout).toBe('rc 0\n');
    expect(calls(run)).toEqual([
      'mount -t auto -o ro /dev/sda3 /run/mnx/host',
      'mount -o remount,rw /run/mnx/host',
      'modprobe -q loop',
      'losetup /dev/loop0 /run/mnx/host/images/root.img',
      'mount -t auto -o ro /dev/loop0 /sysroot',
      'mount -o remount,rw /sysroot',
    ]);
    expect(run.read('run/mnx/root')).toBe('/dev/loop0\n');
  });

  it('leaves the file system alone in which the image is not', () => {
    const run = up('PARTLABEL=userdata,loop=/images/other.img');
    expect(calls(run)).toEqual(['mount -t auto -o ro /dev/sda3 /run/mnx/host']);
    expect(run.read('run/mnx/failures')).toContain(
      'root-not-found 80-root /dev/sda3 has no file /images/other.img',
    );
  });

  it('writes nowhere when it is told to read only', () => {
    const run = up('PARTLABEL=userdata,loop=/images/root.img,ro');
    expect(calls(run)).toEqual([
      'mount -t auto -o ro /dev/sda3 /run/mnx/host',
      'modprobe -q loop',
      'losetup -r /dev/loop0 /run/mnx/host/images/root.img',
      'mount -t auto -o ro /dev/loop0 /sysroot',
    ]);
  });

  it.each(['subpart=2', 'subpart=root'])('leads to a partition inside a partition: %s', (option) => {
    const run = up(`PARTLABEL=userdata,${option}`);
    expect(calls(run).slice(0, 3)).toEqual([
      'modprobe -q loop',
      'losetup -P /dev/loop0 /dev/sda3',
      'mount -t auto -o ro /dev/loop0p2 /sysroot',
    ]);
    expect(run.read('run/mnx/root')).toBe('/dev/loop0p2\n');
  });

  it.each([
    ['a GPT in sectors of 512 bytes', '[ "$2" = 512 ] && bytes=$mark', ''],
    ['a GPT in sectors of 4096 bytes', '[ "$2" = 4096 ] && bytes=$mark', ' -b 4096'],
    ['an MBR on UFS storage', 'blockdev() { echo 4096; }', ' -b 4096'],
    ['a GPT of 512 on UFS storage', 'blockdev() { echo 4096; }; [ "$2" = 512 ] && bytes=$mark', ''],
  ])('counts as the table inside does: %s', (_, body, option) => {
    const table = `bytes_at() { bytes=''; mark=' 45 46 49 20 50 41 52 54'; ${body}; return 0; }; blockdev() { echo 512; }; root_up`;
    expect(calls(up('PARTLABEL=userdata,subpart=2', {}, table))[1]).toBe(
      `losetup${option} -P /dev/loop0 /dev/sda3`,
    );
  });

  it('leads to a partition inside an image', () => {
    const run = up('PARTLABEL=userdata,loop=/images/root.img,subpart=1');
    expect(calls(run)).toContain('losetup -P /dev/loop0 /run/mnx/host/images/root.img');
    expect(run.read('run/mnx/root')).toBe('/dev/loop0p1\n');
  });

  it('names the partitions that there are when the wanted one is not', () => {
    const run = up(
      'PARTLABEL=userdata,subpart=7',
      {},
      'wait_until() { return 1; }; root_device=/dev/loop0; root_spec "$mnx_root"; root_partition',
    );
    expect(run.read('run/mnx/failures')).toMatch(
      /root-not-found .* no partition 7 in loop0; there are: loop0p1\(boot\) loop0p2\(root\)/,
    );
  });

  it('is taken back in reverse, so that the step can run again', () => {
    const run = up(
      'PARTLABEL=userdata,loop=/images/root.img',
      {},
      'root_up; : >"$TREE/calls"; root_forget; root_forget',
    );
    expect(calls(run)).toEqual(['losetup -d /dev/loop0', 'umount /run/mnx/host']);
    expect(run.read('run/mnx/root')).toBeUndefined();
  });

  it.each([
    ['PARTLABEL=userdata,fsk', 'there is no option fsk'],
    ['PARTLABEL=', 'it can be LABEL='],
    ['userdata', 'it can be LABEL='],
    ['PARTLABEL=userdata,loop=x', 'there is no option loop=x'],
  ])('%s is refused at once', (root, why) => {
    const run = up(root);
    expect(run.stdout).toBe('rc 1\n');
    expect(run.read('run/mnx/failures')).toContain(`root-not-found 80-root mnx_root is ${root}: ${why}`);
    expect(calls(run)).toEqual([]);
  });

  describe('over the network', () => {
    const found = { 'sys/class/block/nbd0/uevent': 'DEVNAME=nbd0\n', 'sys/class/block/nbd0/pid': '77\n' };
    const client =
      'timeout() { note "$@"; [ "$answer" = 0 ] || echo "connection refused" >&2; return "$answer"; }\n';
    const nbd = (root: string, files: Tree['files'], answer = 0) =>
      inStage1(
        shell,
        `${stubs} answer=${answer}; ${client} root_up; echo "rc $?"; recall nbd; echo "$recalled"`,
        {
          conf: { root, root_wait: '1', host_address: '172.16.42.2' },
          files: files ?? {},
        },
      );

    it.each([
      ['nbd=', '172.16.42.2 10809', ''],
      ['nbd=10.0.2.2', '10.0.2.2 10809', ''],
      ['nbd=:10810', '172.16.42.2 10810', ''],
      ['nbd=10.0.2.2:1/phone/root', '10.0.2.2 1', '-N phone/root '],
      ['nbd=/root,ro', '172.16.42.2 10809', '-N root '],
    ])('%s connects to %s', (root, server, exported) => {
      const run = nbd(root, found);
      expect(calls(run).slice(0, 3)).toEqual([
        'modprobe -q nbd',
        `5 @/nbd-client -b 512 ${exported}${server} /dev/nbd0`,
        'mount -t auto -o ro /dev/nbd0 /sysroot',
      ]);
      expect(run.stdout).toBe(`rc 0\n${server.replace(' ', ':')}\n`);
    });

    it('asks until the server is there, and says what it answered', () => {
      const run = nbd('nbd=', { 'sys/class/block/nbd0/uevent': '' }, 1);
      expect(calls(run).length).toBeGreaterThan(2);
      expect(run.read('run/mnx/failures')).toContain(
        'no root nbd= after 1 s; 172.16.42.2:10809: connection refused',
      );
    });

    it('tells of a kernel that cannot', () => {
      expect(nbd('nbd=', {}).read('run/mnx/failures')).toContain('CONFIG_BLK_DEV_NBD is missing');
    });

    it('keeps the address of the computer through the hand-over', () => {
      const stop = 'stop_recalled() { echo "stop $1"; }; leave_nobody() { :; }; stop_all';
      expect(inStage1(shell, `remember nbd x; ${stop}`).stdout).not.toContain('udhcpd');
      expect(inStage1(shell, stop).stdout).toContain('stop udhcpd.pid');
    });
  });
});
