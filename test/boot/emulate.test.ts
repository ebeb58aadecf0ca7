import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { concat } from '../../src/binary/index.ts';
import { writeBootImage } from '../../src/bootimg/index.ts';
import { openCache } from '../../src/payload/index.ts';
import { imageWith } from '../bootimg/sample.ts';
import { desk as cliDesk, listing, MAIN, mnx } from '../cli/mnx.ts';
import { Console } from './console.ts';
import { systemDisk } from './disk.ts';
import { bootable } from './payloads.ts';
import { buildImage } from './phone.ts';
import { ramdiskFile } from './ramdisk.ts';
import { have } from './tools.ts';

const ready = await bootable('qemu-aarch64');
const { env, fresh, clear } = cliDesk();
afterAll(clear);

/** The user's cache; a folder for temporary files in which nothing may be left. */
function surroundings() {
  const temporary = fresh('tmp');
  return { temporary, cwd: fresh(), env: { ...env, MNX_CACHE: openCache().root, TMPDIR: temporary } };
}

/** Processes whose command line names a folder. */
function processesIn(folder: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => commandLine(pid).includes(`${folder}/`))
    .map(Number);
}

/** Of these, the ones that boot: another QEMU writes the machine's device tree before, and ends by itself. */
function machinesIn(folder: string): number[] {
  return processesIn(folder).filter((pid) => !commandLine(String(pid)).includes('dumpdtb='));
}

function commandLine(pid: string): string {
  try {
    return readFileSync(join('/proc', pid, 'cmdline'), 'latin1');
  } catch {
    // It has ended meanwhile.
    return '';
  }
}

async function until(holds: () => boolean): Promise<void> {
  for (let waited = 0; !holds() && waited < 60_000; waited += 100) await sleep(100);
}

const EMULATE = ['emulate', '--device', 'qemu-aarch64', '--offline'] as const;

describe.skipIf(!ready)('mnx emulate', () => {
  it('writes what the panel shows and what the console said, and ends', async () => {
    const { temporary, ...place } = surroundings();
    const run = await mnx([...EMULATE, '--screenshot', 'panel.png', '--serial', 'console.log'], place);
    expect(run).toMatchObject({ code: 0, signal: null });
    expect(listing(place.cwd)).toEqual(['console.log', 'panel.png']);
    expect(readFileSync(join(place.cwd, 'panel.png')).subarray(0, 8).toString('latin1')).toBe(
      '\x89PNG\r\n\x1a\n',
    );
    expect(readFileSync(join(place.cwd, 'console.log'), 'utf8')).toContain('stage-1 stays up');
    expect(run.stdout).toContain('stage-1 stays up');
    expect(run.stderr).toContain('wrote panel.png');
    expect(listing(temporary)).toEqual([]);
  });

  it('takes the vendor_boot beside an image, or another one that is named', async () => {
    const { temporary: _temporary, ...place } = surroundings();
    const build = ['bootimg', ...EMULATE.slice(1), '--header-version', '4', '-o', 'boot.img'];
    expect((await mnx(build, place)).code).toBe(0);
    expect(listing(place.cwd)).toEqual(['boot-vendor_boot.img', 'boot.img', 'boot.img.json']);
    const edit = ['boot-vendor_boot.img', '-o', 'theirs.img', '--cmdline', 'mnx.from=theirs'];
    expect((await mnx(['bootimg', 'edit', ...edit], place)).code).toBe(0);
    const image = [...EMULATE, '--image', 'boot.img', '--screenshot', 'panel.png'];
    const beside = await mnx(image, place);
    expect(beside.code, beside.stderr).toBe(0);
    expect(beside.stderr).toContain('vendor_boot: boot-vendor_boot.img\n');
    expect(beside.stdout).not.toContain('mnx.from=theirs');
    const named = await mnx([...image, '--vendor-boot', 'theirs.img'], place);
    expect(named.stdout).toMatch(/Kernel command line: mnx\.from=theirs console=ttyAMA0/);
    expect(named.stdout).toContain('stage-1 stays up');
  });

  it('refuses a vendor_boot that has no image to go with', async () => {
    const { temporary: _temporary, ...place } = surroundings();
    const alone = await mnx([...EMULATE, '--vendor-boot', 'v.img'], place);
    expect(alone).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--vendor-boot goes with --image'),
    });
    writeFileSync(join(place.cwd, 'old.img'), concat(writeBootImage(imageWith({}, { parts: {} }))));
    const old = await mnx([...EMULATE, '--image', 'old.img', '--vendor-boot', 'v.img'], place);
    expect(old).toMatchObject({ code: 2, stderr: expect.stringContaining('header version 0') });
  });

  it.skipIf(!have('script'))(
    'is a terminal of the phone until Ctrl-C, and leaves nothing behind',
    async () => {
      const { temporary, ...place } = surroundings();
      const command = [process.execPath, MAIN, ...EMULATE].join(' ');
      const child = spawn('script', ['-qefc', command, '/dev/null'], place);
      onTestFinished(() => void child.kill('SIGKILL'));
      const ended = endOf(child);
      const terminal = new Console({ console: child.stdout, keyboard: child.stdin });
      await terminal.waitFor(/\n\/ # /);
      child.stdin.write('echo $((6 * 7))-is; tty\r');
      await terminal.waitFor(/\n42-is\n\/dev\/(console|ttyAMA0)\n/);
      expect(processesIn(temporary)).toHaveLength(1);
      child.stdin.write('\x03');
      expect(await ended).toBe(0);
      expect(processesIn(temporary)).toEqual([]);
      expect(listing(temporary)).toEqual([]);
    },
  );

  it.each(['SIGTERM', 'SIGHUP', 'SIGINT'] as const)('ends the machine on %s', async (signal) => {
    const { temporary, ...place } = surroundings();
    const attend = (child: ChildProcess): void => {
      void until(() => processesIn(temporary).length > 0).then(() => child.kill(signal));
    };
    const run = await mnx(EMULATE, { ...place, attend });
    expect(run).toMatchObject({ code: 0, signal: null });
    expect(processesIn(temporary)).toEqual([]);
    expect(listing(temporary)).toEqual([]);
  });

  it.each([
    ['while it starts', 0],
    ['while the phone boots', 500],
  ])('does not hide that QEMU was ended by somebody else, %s', async (_, later) => {
    const { temporary, ...place } = surroundings();
    void until(() => machinesIn(temporary).length > 0)
      .then(() => sleep(later))
      .then(() => {
        for (const pid of machinesIn(temporary)) process.kill(pid, 'SIGKILL');
      });
    const run = await mnx(EMULATE, place);
    expect(run.code).toBe(1);
    expect(run.stderr).toContain('QEMU ended by SIGKILL');
    expect(listing(temporary)).toEqual([]);
  });

  it("ends with QEMU's words when a port is taken or a disk is not there", async () => {
    const server = await listening();
    onTestFinished(() => void server.close());
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const { temporary, ...place } = surroundings();
    const taken = await mnx([...EMULATE, '--ssh-port', String(port)], place);
    expect(taken.code).toBe(1);
    expect(taken.stderr).toMatch(/error: QEMU ended with code 1: .*Could not set up host forwarding rule/);
    const missing = await mnx([...EMULATE, '--disk', 'nowhere.img'], place);
    expect(missing.code).toBe(4);
    expect(missing.stderr).toMatch(/error: .*nowhere\.img/);
    expect(listing(temporary)).toEqual([]);
  });

  it.skipIf(!have('mke2fs', '-V'))('serves a root over the network, and nothing but that', async () => {
    const { temporary, ...place } = surroundings();
    const busybox = await ramdiskFile((await buildImage({})).image, 'usr/bin/busybox');
    const disk = systemDisk({ name: 'emulated', busybox });
    const run = await mnx([...EMULATE, '--nbd', disk], place);
    expect(run).toMatchObject({ code: 0, signal: null });
    expect(run.stdout).toMatch(/80-root: nbd=10\.0\.2\.100 is \/dev\/nbd0/);
    expect(run.stdout).toMatch(/stage-2: pid 1, arguments '', root \/dev\/nbd0 ext4 rw/);
    expect(listing(temporary)).toEqual([]);
    const elsewhere = await mnx([...EMULATE, '--nbd', disk, '--root', 'nbd='], place);
    expect(elsewhere.code).toBe(2);
    expect(elsewhere.stderr).toContain('write --root nbd=10.0.2.100 with options behind it');
    const missing = await mnx([...EMULATE, '--nbd', 'nowhere.img'], place);
    expect(missing.code).toBe(4);
  });

  it('names the package that has QEMU before it builds', async () => {
    const { temporary, ...place } = surroundings();
    const empty = fresh('bin');
    symlinkSync(process.execPath, join(empty, 'node'));
    const run = await mnx(EMULATE, { ...place, env: { ...place.env, PATH: empty } });
    expect(run.code).toBe(4);
    expect(run.stderr).toMatch(/qemu-system-aarch64 is not installed/);
    expect(run.stderr).toMatch(/Install the Debian package qemu-system-arm/);
    expect(run.stderr).not.toMatch(/Packing|Compressing/);
    expect(listing(temporary)).toEqual([]);
  });

  it('says of a phone that has no emulated machine so, before it builds', async () => {
    const run = await mnx(['emulate', '--device', 'asus-z00t', '--offline'], surroundings());
    expect(run.code).toBe(2);
    expect(run.stderr).toMatch(/asus-z00t has no emulated machine/);
  });
});

function endOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => {
    child.once('close', resolve);
  });
}

function listening(): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve(server));
  });
}
