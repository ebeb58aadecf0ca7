import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { inStage1, installed, lines, SHELLS, STAGE1 } from './shell.ts';

const gadget = 'sys/kernel/config/usb_gadget/mnx';
const android = 'sys/class/android_usb/android0';
/** What a USB device controller, a serial port and time would do. */
const QUIET = 'modprobe() { :; }; sleep() { :; }; extras_stop() { :; }; extras_again() { :; }; ';

/** The functions' folder of configfs: a disk comes with its files. */
const CONFIGFS = `${QUIET}mkdir() {
    command mkdir -p "$1/lun.0" && for one in removable ro file inquiry_string; do : >"$1/lun.0/$one"; done
  }
  rmdir() { rm -r "$1"; }
`;
const GADGET = {
  [`${gadget}/UDC`]: 'ci_hdrc.0\n',
  [`${gadget}/configs/c.1/keep`]: '',
  [`${gadget}/functions/keep`]: '',
};

/** Sectors of 512 bytes of a volume, read by tools that others wrote. */
function volume(bytes: Uint8Array): { check: string; read: (name: string) => string } {
  const folder = mkdtempSync(join(tmpdir(), 'mnx-fat-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'fat.img');
  writeFileSync(file, bytes);
  const check = spawnSync('/usr/sbin/fsck.fat', ['-n', file], { encoding: 'utf8' }).stdout;
  const read = (name: string): string => {
    const out = join(folder, name);
    expect(spawnSync('mcopy', ['-n', '-i', file, `::${name}`, out]).status).toBe(0);
    return readFileSync(out, 'latin1');
  };
  return { check, read };
}

const tools = installed('mcopy') && installed('/usr/sbin/fsck.fat');

describe.each(SHELLS)('a disk at the computer under $name', (shell) => {
  it.skipIf(!tools)('is FAT that other tools find nothing wrong with', () => {
    const script = `fat_new "$TREE/fat" 'MNX FAILED'
      fat_add EMPTY.LOG true; fat_add ONE.TXT echo one; fat_add LOG.TXT seq 1 200000
      fat_add WHOLE.BIN head -c 8192 /dev/zero; fat_add LAST.C seq 1 300
      fat_add BIG.BIN head -c 33500000 /dev/zero || echo full
      n=0; while fat_add "N$n.TXT" true; do n=$((n + 1)); done; echo $n`;
    const run = inStage1(shell, script);
    expect([run.stdout, run.stderr]).toEqual(['full\n506\n', '']);
    const { check, read } = volume(run.bytes('fat') ?? new Uint8Array());
    expect(check).toMatch(/^fsck\.fat [^\n]*\n[^\n]*fat\.img: 512 files, 319\/8178 clusters\n$/);
    const numbers = (last: number) => Array.from({ length: last }, (_, i) => `${i + 1}\n`).join('');
    expect(read('LOG.TXT') === numbers(200_000)).toBe(true);
    expect(read('LAST.C')).toBe(numbers(300));
    expect([read('EMPTY.LOG'), read('ONE.TXT'), read('WHOLE.BIN')]).toEqual(['', 'one\n', '\0'.repeat(8192)]);
  });

  it('is a function of the gadget, read-only unless it is said otherwise, and goes again', () => {
    const show = `storage_export /dev/sdz ro; echo "rc $?"; cat "$MNX_RUN/storage"`;
    const run = inStage1(shell, CONFIGFS + show, { files: GADGET, conf: { device: 'phone' } });
    expect([run.stdout, run.stderr]).toEqual(['rc 0\n/dev/sdz ro\n', '']);
    const disk = (name: string) => run.read(`${gadget}/functions/mass_storage.0/lun.0/${name}`);
    expect([disk('ro'), disk('file'), disk('removable')]).toEqual(['1\n', '/dev/sdz\n', '1\n']);
    expect(run.read(`${gadget}/UDC`)).toBe('ci_hdrc.0\n');
    const written = inStage1(shell, `${CONFIGFS}storage_export /dev/sdz rw`, { files: GADGET });
    expect(written.read(`${gadget}/functions/mass_storage.0/lun.0/ro`)).toBe('0\n');
    const gone = inStage1(shell, `${CONFIGFS}${show}; storage_withdraw; find "$MNX_CONFIGFS" -name 'mass*'`, {
      files: GADGET,
    });
    expect(gone.stdout).toBe('rc 0\n/dev/sdz ro\n');
    expect(gone.read(`${gadget}/UDC`)).toBe('ci_hdrc.0\n');
    expect(gone.read('run/mnx/storage')).toBeUndefined();
  });

  it('leaves the network as it was where the kernel has no disks, or the controller no room', () => {
    const none = inStage1(
      shell,
      `${CONFIGFS}mkdir() { echo no such function >&2; return 1; }; storage_export /d ro`,
      {
        files: GADGET,
      },
    );
    expect(none.status).toBe(1);
    expect(none.kmsg[0]).toMatch(
      /no function mass_storage \(CONFIG_USB_CONFIGFS_MASS_STORAGE\): no such function/,
    );
    expect(none.read(`${gadget}/UDC`)).toBe('ci_hdrc.0\n');
    const full = `${CONFIGFS}configfs_plug() { echo "plug"; [ ! -e "$1/functions/mass_storage.0" ]; }; storage_export /d ro`;
    const run = inStage1(shell, `${full}; echo "rc $?"; ls "$MNX_CONFIGFS/usb_gadget/mnx/functions"`, {
      files: GADGET,
    });
    expect(run.stdout).toBe('plug\nplug\nrc 1\nkeep\n');
    expect(inStage1(shell, `${QUIET}storage_export /d ro`).kmsg[0]).toMatch(
      /no gadget that could show a disk/,
    );
  });

  it('has adbd describe its function once more, or goes on without adb', () => {
    const script = (answer: number) => `${CONFIGFS}adb_ready() { echo adbd; return ${answer}; }
      ln -s ../functions/ffs.adb "$MNX_CONFIGFS/usb_gadget/mnx/configs/c.1/ffs.adb"
      storage_export /d ro; echo "rc $?"; ls "$MNX_CONFIGFS/usb_gadget/mnx/configs/c.1"`;
    const shown = (answer: number) => inStage1(shell, script(answer), { files: GADGET }).stdout;
    expect(shown(0)).toBe('adbd\nrc 0\nffs.adb\nkeep\nmass_storage.0\n');
    expect(shown(1)).toBe('adbd\nrc 0\nkeep\nmass_storage.0\n');
  });

  describe('on a phone with android_usb', () => {
    const files = (functions: string) => ({
      [`${android}/enable`]: '1\n',
      [`${android}/functions`]: `${functions}\n`,
      [`${android}/f_mass_storage/lun/file`]: '\n',
      [`${android}/f_mass_storage/lun/ro`]: '0\n',
    });
    const writes = `${QUIET}put() { echo "\${2##*/}=$1" >>"$TREE/writes"; echo "$1" >"$2"; }
      : >"$MNX_SYSFS/class/android_usb/android0/f_mass_storage/lun/ro"; `;

    it('stands beside the network: off, medium, functions, on', () => {
      const run = inStage1(shell, `${writes}storage_export /disk ro; storage_withdraw`, {
        files: files('rndis,acm'),
      });
      expect(lines(run.read('writes') ?? '')).toEqual([
        ...['ro=1', 'enable=0', 'file=/disk', 'functions=rndis,acm,mass_storage', 'enable=1'],
        ...['enable=0', 'file=', 'functions=rndis,acm', 'enable=1'],
      ]);
    });

    it('has adbd describe its function once more, or goes on without adb', () => {
      const functions = (answer: number) => {
        const script = `${writes}adb_ready() { return ${answer}; }; storage_export /disk ro`;
        return inStage1(shell, script, { files: files('rndis,ffs') }).read(`${android}/functions`);
      };
      expect([functions(0), functions(1)]).toEqual(['rndis,ffs,mass_storage\n', 'rndis,mass_storage\n']);
    });

    it('is taken back when the kernel leaves the function out, and missed where there is none', () => {
      const deaf = `${writes}put() { case "$2" in */functions) echo rndis >"$2" ;; *) echo "$1" >"$2" ;; esac; }; `;
      const run = inStage1(shell, `${deaf}storage_export /disk ro; echo "rc $?"`, { files: files('rndis') });
      expect(run.stdout).toBe('rc 1\n');
      expect(run.kmsg.at(-1)).toMatch(/android_usb takes no mass_storage/);
      expect(run.read(`${android}/f_mass_storage/lun/file`)).toBe('\n');
      const bare = { [`${android}/enable`]: '1\n' };
      expect(inStage1(shell, `${QUIET}storage_export /d ro`, { files: bare }).kmsg[0]).toMatch(
        /has no function/,
      );
    });
  });

  describe('by mnx-usb-storage', () => {
    const program = join(STAGE1, 'bin/mnx-usb-storage');
    const run = (words: string, more = '', files = {}) =>
      inStage1(shell, `set -- ${words}; ${more} . ${program}`, { files });

    it('wants a block device, or a way to name one', () => {
      for (const words of ['', '--rw', 'vda', '/dev/null --wr']) {
        expect([run(words).status, run(words).stderr]).toEqual([
          2,
          'usage: mnx-usb-storage DEVICE [--rw] | off\n',
        ]);
      }
      const none = run('/dev/null', '', { 'sys/class/block/vda/uevent': 'DEVTYPE=disk\n' });
      expect([none.status, none.stderr]).toEqual([
        1,
        'mnx-usb-storage: /dev/null is no block device; there are: vda \n',
      ]);
    });
  });
});

describe.each(SHELLS)('the failure disk under $name', (shell) => {
  const FILL = `step_name=80-root; fail_with root-mount 'no such type'; dmesg() { echo kernel; }; mount_kernel() { :; }
    ip() { echo "ip $*"; }; failure_disk_fill "$TREE/disk"; echo "rc $?"`;

  it.skipIf(!tools)('holds what the phone knows, and no key', () => {
    const files = {
      'proc/partitions': 'major minor\n',
      'sys/class/udc/a600000.usb/state': 'not attached\n',
      'sys/class/usb_role/a600000.usb-role-switch/role': 'host\n',
      'sys/firmware/fdt': 'tree\0',
      'run/mnx/last/dmesg-ramoops-0': 'Oops\n',
      'root/.ssh/authorized_keys': 'ssh-ed25519 SECRET',
    };
    const run = inStage1(shell, FILL, { files, conf: { device_name: 'Phone', ssh: 'on' }, cmdline: 'quiet' });
    expect([run.stdout, run.stderr]).toEqual(['rc 0\n', '']);
    const { check, read } = volume(run.bytes('disk') ?? new Uint8Array());
    expect(check).toMatch(/: 1[0-9] files, /);
    expect(read('README.TXT')).toMatch(
      /^Phone did not get beyond .*\r\n {2}80-root \(root-mount\): no such type\r\n/s,
    );
    expect(read('README.TXT')).toMatch(/Log in: ssh root@172\.16\.42\.1\r\n/);
    expect(read('STAGE1.LOG')).toMatch(/80-root: error: no such type/);
    expect([read('CMDLINE.TXT'), read('DMESG.TXT'), read('DEVICE.DTB')]).toEqual([
      'quiet\n',
      'kernel\n',
      'tree\0',
    ]);
    expect(read('PARTS.TXT')).toMatch(/major minor/);
    expect(read('STATE.TXT')).toMatch(/ip addr/);
    expect(read('STATE.TXT')).toMatch(
      /== USB\nudc\/a600000\.usb\/state: not attached\nusb_role\/a600000\.usb-role-switch\/role: host\n$/,
    );
    expect(read('LAST9.TXT')).toBe('Oops\n');
    expect(Buffer.from(run.bytes('disk') ?? []).includes('SECRET')).toBe(false);
  });

  it('is left out, and the phone goes on, when there is no room for it', () => {
    const run = inStage1(
      shell,
      'truncate() { echo no space left >&2; return 1; }; failure_disk; echo "rc $?"',
    );
    expect(run.stdout).toBe('rc 1\n');
    expect(run.kmsg.at(-1)).toMatch(/no room for the failure disk: no space left/);
  });
});
