import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inStage1, installed, lines, SHELLS } from './shell.ts';

const MIB = 1024 * 1024;
const ready = installed('mke2fs') && installed('e2fsck') && installed('debugfs');
const folder = mkdtempSync(join(tmpdir(), 'mnx-ext-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** An ext4 file system of 4 MiB on a device of that many. */
function ext4(name: string, device = 4, debugfs?: string): Uint8Array {
  const file = join(folder, name);
  execFileSync('mke2fs', ['-q', '-F', '-t', 'ext4', '-O', '^has_journal', file, '4M']);
  // A file system that says that it is clean is not looked at.
  for (const request of debugfs === undefined ? [] : [debugfs, 'ssv state 0']) {
    execFileSync('debugfs', ['-w', '-R', request, file], { stdio: 'ignore' });
  }
  truncateSync(file, device * MIB);
  return readFileSync(file);
}

/** The commands are the real ones; only mounting is not possible here. */
const stubs = `step_name=80-root; clock_clear; root_device=$MNX_DEV/vda; mounted=0
mount() { echo "mount $*" >>"$TREE/calls"; return "$mounted"; }; umount() { echo "umount $*" >>"$TREE/calls"; }
blockdev() { stat -c %s "$2"; }; power_down() { echo "power_down $*" >>"$TREE/calls"; }
mkdir -p "$MNX_ROOT/sbin"; echo x >"$MNX_ROOT/sbin/init"; chmod +x "$MNX_ROOT/sbin/init"\n`;

describe.skipIf(!ready).each(SHELLS)('the check of a root under $name', (shell) => {
  const images: Record<string, Uint8Array> = {};
  beforeAll(() => {
    images['sound'] = ext4('sound');
    images['small'] = ext4('small', 40);
    images['mended'] = ext4('mended', 4, 'sif / links_count 9');
    images['broken'] = ext4('broken', 4, 'ssv inodes_count 3');
  });
  const check = (root: string, image: Uint8Array | undefined, before = ':') =>
    inStage1(
      shell,
      `${stubs} ${before}; root_spec "$mnx_root"; root_check; echo "rc $?"; ext_is_small "$root_device"; echo "small $?"`,
      {
        conf: { root },
        files: { 'dev/vda': image ?? new Uint8Array(2 * MIB) },
      },
    );

  const sameBytes = (run: ReturnType<typeof check>, image: string) =>
    Buffer.compare(run.bytes('dev/vda') ?? new Uint8Array(), images[image] ?? new Uint8Array()) === 0;

  it('is made only where it is asked for', () => {
    const run = check('/dev/vda', images['mended']);
    expect(run.stdout).toMatch(/^rc 0\n/);
    expect([run.read('calls'), run.kmsg]).toEqual([undefined, []]);
    expect(sameBytes(run, 'mended')).toBe(true);
  });

  it('finds a sound one sound, after a look that writes nothing', () => {
    const run = check('/dev/vda,fsck', images['sound']);
    expect(run.stdout).toBe('rc 0\nsmall 1\n');
    expect(lines(run.read('calls') ?? '')).toEqual([
      'mount -t ext4 -o ro,noload /dev/vda /sysroot',
      'umount /sysroot',
    ]);
    expect(run.kmsg.join('\n')).toMatch(/80-root: .*files/);
  });

  it('mends what e2fsck mends by itself, and goes on', () => {
    const run = check('/dev/vda,fsck', images['mended']);
    expect(run.stdout).toMatch(/^rc 0\n/);
    expect(run.kmsg.join('\n')).toContain('ref count is 9, should be 3');
    expect(check('/dev/vda,fsck', run.bytes('dev/vda')).kmsg.join('\n')).not.toContain('ref count');
  });

  it('ends at damage that needs a person', () => {
    const run = check('/dev/vda,fsck', images['broken'], 'mounted=1');
    expect(run.stdout).toMatch(/^rc 1\n/);
    expect(run.read('run/mnx/failures')).toMatch(
      /^root-check 80-root \/dev\/vda is damaged .*exit code [48]/,
    );
  });

  it.each([
    [1, 'rc 0', undefined],
    [2, 'rc 0', 'power_down reboot'],
    [3, 'rc 0', 'power_down reboot'],
    [4, 'rc 1', undefined],
    [32, 'rc 1', undefined],
  ])('takes the exit code %d as e2fsck means it', (code, rc, call) => {
    const run = check('/dev/vda,fsck', images['sound'], `e2fsck() { return ${code}; }`);
    expect(lines(run.stdout)[0]).toBe(rc);
    expect((run.read('calls') ?? '').split('\n').find((line) => line.startsWith('power'))).toBe(call);
  });

  it('grows a file system to its device, once', () => {
    const run = check('/dev/vda,resize', images['small']);
    expect(run.stdout).toBe('rc 0\nsmall 1\n');
    expect(run.kmsg.join('\n')).toContain('growing /dev/vda');
    const again = check('/dev/vda,resize', run.bytes('dev/vda'));
    expect(again.kmsg.join('\n')).not.toContain('growing');
    expect(check('/dev/vda,fsck', images['small']).stdout).toBe('rc 0\nsmall 0\n');
  });

  it.each([
    ['the last of two', '2', '200000', '$root_part', 'sfdisk --quiet -N 2 /dev/loop0\n, +\n'],
    [
      'the last of two, and open as a LUKS volume',
      '2',
      '200000',
      '$MNX_DEV/mapper/x',
      'sfdisk --quiet --no-reread --no-tell-kernel -N 2 /dev/loop0\n, +\npartx --update --nr 2 /dev/loop0\n',
    ],
    ['the last of two, with little behind it', '2', '50000', '$root_part', undefined],
    ['the first of two', '1', '200000', '$root_part', undefined],
  ])('stretches a partition in an image where it is %s', (_, part, total, on, calls) => {
    const block = 'sys/class/block/loop0';
    const run = inStage1(
      shell,
      `${stubs} root_part=$MNX_DEV/loop0p${part}; root_device=${on}; block_device() { :; }
      partx() { echo "partx $*" >>"$TREE/calls"; }
      sfdisk() { echo "sfdisk $*" >>"$TREE/calls"; cat >>"$TREE/calls"; }; part_grow; echo "rc $?"`,
      {
        files: {
          [`${block}/size`]: `${total}\n`,
          [`${block}p1/start`]: '2048\n',
          [`${block}p1/size`]: '8192\n',
          [`${block}p2/start`]: '10240\n',
          [`${block}p2/size`]: '20480\n',
        },
      },
    );
    expect(run.stdout).toBe(`rc ${calls === undefined ? 1 : 0}\n`);
    expect(run.read('calls')).toBe(calls);
  });

  it.each([
    ['/dev/mapper/crypt_root', 'grown', ['part /dev/loop0p2', 'cryptsetup resize crypt_root', 'small']],
    ['/dev/mapper/crypt_root', '', ['part /dev/loop0p2', 'small']],
    ['/dev/loop0p2', 'grown', ['part /dev/loop0p2', 'small']],
  ])('stretches what %s lies in from the outside inwards: %j', (device, grown, calls) => {
    const script = `${stubs} note() { echo "$*" >>"$TREE/calls"; }
      part_grow() { note part "$root_part"; [ -n "${grown}" ]; }; cryptsetup() { note cryptsetup "$*"; }
      ext_is_small() { note small; return 1; }; bytes_at() { bytes=' 53 ef'; }; root_is_ours() { :; }
      root_spec "$mnx_root"; root_device=$TREE${device} root_part=$MNX_DEV/loop0p2; root_check; echo "rc $?"`;
    const run = inStage1(shell, script, { conf: { root: '/dev/vda,subpart=2,luks=crypt_root,resize' } });
    expect(run.stdout).toBe('rc 0\n');
    expect(lines(run.read('calls') ?? '')).toEqual(calls);
  });

  it('leaves what is not ours, and what it does not know', () => {
    const other = check('/dev/vda,fsck,resize', images['small'], 'rm "$MNX_ROOT/sbin/init"');
    expect(other.stdout).toMatch(/^rc 1\n/);
    expect(other.read('run/mnx/failures')).toMatch(/^no-init/);
    expect(sameBytes(other, 'small')).toBe(true);
    const f2fs = check('/dev/vda,fsck', undefined);
    expect(f2fs.stdout).toMatch(/^rc 0\n/);
    expect(f2fs.kmsg[0]).toContain('is not ext2, ext3 or ext4: it is neither checked nor grown');
  });

  it('tells of an image that has no e2fsck', () => {
    const run = check('/dev/vda,fsck', images['sound'], 'command() { return 1; }');
    expect(run.read('run/mnx/failures')).toContain('root-check 80-root the image has no e2fsck');
  });
});
