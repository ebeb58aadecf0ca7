import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { utf8 } from '../../src/binary/index.ts';
import {
  checkAsKernel,
  type Entry,
  type KernelView,
  packCpio,
  TYPE_BITS,
} from '../../src/initramfs/index.ts';
import { expandKernel } from '../../src/kernel/index.ts';
import { kernelPayload } from '../../src/payload/index.ts';
import { build, wholeImages } from '../../src/recipe/index.ts';
import { archiveCases } from './archives.ts';
import { onDesk } from './desk.ts';
import { bootable, plainRequest, testContext } from './payloads.ts';
import { ramdiskFile } from './ramdisk.ts';
import { have } from './tools.ts';

const DEVICE = 'qemu-x86_64';
const able = [await bootable(DEVICE), ...['xz', 'lz4', 'zstd', 'bzip2'].map((tool) => have(tool))].every(
  Boolean,
);
const cases = able ? await archiveCases() : [];

/** Lists what is there, by path: mode, owner, size, device, and content or target. */
const LISTER = `#!/bin/busybox sh
exec 2>&1
cd /
echo begin-of-list
/bin/busybox find . -xdev ! -name . | while IFS= read -r name; do
	/bin/busybox stat -c 'entry %f %u %g %s %t:%T %n' "$name"
	if [ -h "$name" ]; then echo "target $(/bin/busybox readlink "$name") $name"
	elif [ -f "$name" ]; then echo "content $(/bin/busybox md5sum <"$name") $name"; fi
done
echo end-of-list
/bin/busybox reboot -f
`;

/** What stands there without the archive under test: the lister's own, and the kernel's. */
const OWN = ['bin', 'bin/busybox', 'init', 'dev', 'dev/console', 'root'];

interface Booted {
  readonly files: ReadonlyMap<string, string>;
  readonly failure: string | undefined;
}

/** A kernel that unpacks the archive, lists what it has and ends. */
function boot(kernel: string, archive: string): Promise<Booted> {
  const machine = ['-M', 'pc', '-accel', 'tcg', '-m', '256', '-nodefaults', '-no-user-config', '-no-reboot'];
  const words =
    'console=ttyS0 loglevel=2 panic=-1 nokaslr nosmp acpi=off mitigations=off tsc=reliable cryptomgr.notests=1';
  const child = spawn(
    'qemu-system-x86_64',
    [
      ...machine,
      '-display',
      'none',
      '-serial',
      'stdio',
      '-kernel',
      kernel,
      '-initrd',
      archive,
      '-append',
      words,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const clock = setTimeout(() => child.kill(), 500_000);
  const said: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => said.push(chunk));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', () => {
      clearTimeout(clock);
      const text = Buffer.concat(said).toString('utf8').replaceAll('\r', '');
      try {
        resolve(listed(text));
      } catch (error) {
        reject(error);
      }
    });
  });
}

function listed(text: string): Booted {
  const list = /begin-of-list\n(.*)end-of-list/s.exec(text)?.[1];
  if (list === undefined) throw new Error(`no list came; the console's last lines:\n${text.slice(-2000)}`);
  const files = new Map<string, string>();
  for (const line of list.split('\n')) {
    const entry = /^entry ([\da-f]+) (\d+) (\d+) (\d+) ([\da-f]+:[\da-f]+) \.\/(.*)$/.exec(line);
    if (entry !== null) {
      const [, mode = '', uid, gid, size, rdev, path = ''] = entry;
      const type = Number.parseInt(mode, 16) & 0o170000;
      const isFile = type === TYPE_BITS.file;
      const isNode = type === TYPE_BITS.char || type === TYPE_BITS.block;
      files.set(path, [mode, uid, gid, isFile ? size : '', isNode ? rdev : ''].join(' '));
    }
    const more = /^(?:content ([\da-f]{32}) {2}-|target (.*)) \.\/(.*)$/.exec(line);
    if (more !== null) {
      const [, content, target, path = ''] = more;
      files.set(path, `${files.get(path)} ${content ?? target}`);
    }
  }
  for (const path of OWN) files.delete(path);
  return { files, failure: /Initramfs unpacking failed: (.*)/.exec(text)?.[1] };
}

/** An entry in the words of {@link listed}. */
function factsOf(entry: Entry): string {
  if (entry.type === 'hardlink') throw new Error('the kernel knows no further names');
  const mode = (TYPE_BITS[entry.type] | entry.mode).toString(16);
  const rdev = 'rdev' in entry ? `${entry.rdev.major.toString(16)}:${entry.rdev.minor.toString(16)}` : '';
  const size = entry.type === 'file' ? entry.data.length : '';
  const base = [mode, entry.uid ?? 0, entry.gid ?? 0, size, rdev].join(' ');
  if (entry.type === 'file') return `${base} ${createHash('md5').update(entry.data).digest('hex')}`;
  return entry.type === 'symlink' ? `${base} ${entry.target}` : base;
}

async function outfit(): Promise<{ kernel: string; lister: Uint8Array }> {
  const request = plainRequest(DEVICE);
  const context = await testContext();
  const busybox = await ramdiskFile(wholeImages(await build(request, context)).image, 'usr/bin/busybox');
  const { package: name } = request.device.kernel;
  if (name === undefined) throw new Error(`${DEVICE} names no kernel package`);
  const { image } = await kernelPayload(context, { arch: request.device.arch, package: name });
  const lister = packCpio([
    { type: 'file', path: 'bin/busybox', mode: 0o755, data: busybox },
    { type: 'file', path: 'init', mode: 0o755, data: utf8(LISTER) },
  ]);
  // As the ELF within, which QEMU starts as it is: a third of a boot is the kernel unpacking itself.
  const kernel = onDesk('vmlinux');
  writeFileSync(kernel, (await expandKernel(readFileSync(image))).image);
  return { kernel, lister };
}

interface Outcome {
  readonly booted: Booted;
  /** What mnx says of the same bytes. */
  readonly view: KernelView;
}

describe.skipIf(!able)('checkAsKernel and a running kernel', () => {
  const outcomes = new Map<string, Outcome>();

  beforeAll(async () => {
    const { kernel, lister } = await outfit();
    for (const [i, { name, bytes }] of cases.entries()) {
      const whole = Buffer.concat([lister, bytes]);
      const archive = onDesk(`archive-${i}.img`);
      writeFileSync(archive, whole);
      outcomes.set(name, { booted: await boot(kernel, archive), view: await checkAsKernel(whole) });
      rmSync(archive);
    }
  });

  it('meet over at least forty archives', () => expect(cases.length).toBeGreaterThanOrEqual(40));

  it.each(cases)('agree on $name', ({ name, silent = false, stricter = false }) => {
    const { booted, view } = outcomes.get(name) ?? {};
    if (booted === undefined || view === undefined) throw new Error('it was not booted');
    const own = new Set(OWN);
    const expected = view.entries.filter(({ path }) => !own.has(path));
    if (stricter) {
      expect(view.stopped).toBeDefined();
      expect(booted.failure).toBeUndefined();
      for (const entry of expected) expect(booted.files.get(entry.path)).toBe(factsOf(entry));
      return;
    }
    const files = Object.fromEntries([...booted.files].sort(([a], [b]) => (a < b ? -1 : 1)));
    expect(Object.fromEntries(expected.map((entry) => [entry.path, factsOf(entry)]))).toEqual(files);
    if (silent) expect([booted.failure, view.stopped]).toEqual([undefined, expect.anything()]);
    else expect(view.stopped === undefined).toBe(booted.failure === undefined);
  });
});
