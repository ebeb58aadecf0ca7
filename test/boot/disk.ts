import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { onDesk } from './desk.ts';

const MIB = 1024 * 1024;

/** A real system in its smallest form: an init that says so, and then turns the phone off. */
const INIT = `#!/bin/busybox sh
b=/bin/busybox
root=$($b awk '$2 == "/" { print $1, $3, substr($4, 1, 2) }' /proc/mounts)
echo "stage-2: pid $$, arguments '$*', root $root"
echo "stage-2: folders $($b ls / | $b tr '\\n' ' ')"
echo "stage-2: device nodes $([ -c /dev/null ] && echo yes), sys $([ -d /sys/class ] && echo yes)"
echo "stage-2: stage-1's log has $($b grep -c . /run/mnx/stage1.log) lines"
others=''
for file in /proc/[0-9]*/cmdline; do
	line=''
	{ read -r line <"$file"; } 2>/dev/null
	[ -z "$line" ] || [ "$file" = "/proc/$$/cmdline" ] || others="$others $line"
done
echo "stage-2: processes$others"
echo "stage-2: storage $($b ps -o args | $b grep -o '^@[^ ]*')"
echo "stage-2: size $($b df -kP / | $b awk 'END { print $2 }') KiB, below it $($b awk '$2 == "/run/mnx/host" { print $1 }' /proc/mounts)"
echo visited >/visited && $b sync
echo "stage-2: end"
$b poweroff -f
`;

export interface SystemOptions {
  readonly name: string;
  /** A static busybox of the phone's architecture. */
  readonly busybox: Uint8Array;
  /** Label of the file system. */
  readonly label?: string;
  readonly uuid?: string;
  /** Path of the init; `/sbin/init` when absent. */
  readonly init?: string;
  /** Bytes of the device that the file is to lie on, where that is larger. */
  readonly device?: number;
  /** Bytes of a block; no file system has smaller ones than its device has sectors. */
  readonly block?: number;
}

/** An ext4 file system with a small real system in it. */
export function systemDisk(options: SystemOptions): string {
  const { name, busybox, label, uuid, init = '/sbin/init', device, block } = options;
  const root = onDesk(`${name}.root`);
  for (const folder of ['dev', 'proc', 'sys', 'run']) {
    mkdirSync(join(root, folder), { recursive: true });
  }
  for (const [path, content] of [
    ['bin/busybox', busybox],
    [init, INIT],
  ] as const) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
    chmodSync(join(root, path), 0o755);
  }
  const file = onDesk(`${name}.ext4`);
  const args = [
    ['-q', '-F', '-t', 'ext4', '-d', root],
    label === undefined ? [] : ['-L', label],
    uuid === undefined ? [] : ['-U', uuid],
    block === undefined ? [] : ['-b', String(block)],
    [file, '24M'],
  ].flat();
  execFileSync('mke2fs', args, { stdio: ['ignore', 'ignore', 'inherit'] });
  if (device !== undefined) truncateSync(file, device);
  return file;
}

/** An ext4 file system of 64 MiB that holds files, as an Android's data partition holds images. */
export function dataDisk(name: string, files: Readonly<Record<string, string>>): string {
  const root = onDesk(`${name}.data`);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    copyFileSync(content, join(root, path));
  }
  const file = onDesk(`${name}.ext4`);
  execFileSync('mke2fs', ['-q', '-F', '-t', 'ext4', '-d', root, file, '64M'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return file;
}

/** A disk full of bytes that any write would change. */
export function patternDisk(name: string, mebibytes: number): string {
  const file = onDesk(name);
  writeFileSync(file, Buffer.alloc(mebibytes * MIB, 'not to be written '));
  return file;
}

export function digestOf(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
