import type { Arch } from '../device/index.ts';
import type { FileTree } from './tree.ts';

const from = 'layout';

/**
 * Everything lives below /usr, as in Debian, so that programs find their interpreter
 * (/lib/ld-linux-aarch64.so.1) and libraries, and the kernel /sbin/modprobe. There is one folder for programs:
 * no order in PATH decides between a busybox applet and a program of the same name.
 */
const LINKS: readonly (readonly [path: string, target: string])[] = [
  ['bin', 'usr/bin'],
  ['sbin', 'usr/bin'],
  ['lib', 'usr/lib'],
  ['usr/sbin', 'bin'],
  ['var/run', '../run'],
];

const FOLDERS: readonly (readonly [path: string, mode: number])[] = [
  ['usr/bin', 0o755],
  ['usr/lib', 0o755],
  ['dev', 0o755],
  ['etc', 0o755],
  ['mnt', 0o755],
  ['proc', 0o555],
  ['root', 0o700],
  ['run', 0o755],
  ['sys', 0o555],
  ['sysroot', 0o755],
  ['tmp', 0o1777],
  ['var/log', 0o755],
];

/** What must be there before devtmpfs is: the kernel opens /dev/console for init. */
const DEVICES: readonly (readonly [path: string, mode: number, major: number, minor: number])[] = [
  ['dev/console', 0o600, 5, 1],
  ['dev/kmsg', 0o600, 1, 11],
  ['dev/null', 0o666, 1, 3],
];

/**
 * Accounts, as dropbear asks for them. Root's password is locked: only a key opens it, or stage-1
 * where the image says so. glibc has the files source built in; nsswitch.conf keeps it from looking for others.
 */
const FILES: readonly (readonly [path: string, lines: readonly string[]])[] = [
  ['etc/passwd', ['root:*:0:0:root:/root:/bin/sh']],
  ['etc/group', ['root:x:0:', 'tty:x:5:']],
  ['etc/shells', ['/bin/sh', '/bin/ash']],
  // For kernels without devtmpfs, whose nodes mdev makes: those that anybody may use; the rest is root's.
  ['etc/mdev.conf', ['(null|zero|full|random|urandom|tty|ptmx) 0:0 666']],
  ['etc/nsswitch.conf', ['passwd: files', 'group: files', 'shadow: files', 'hosts: files dns']],
];

/** The folders, links, devices and accounts that programs expect. */
export function addSkeleton(tree: FileTree, arch: Arch): void {
  const links = arch === 'x86_64' ? [...LINKS, ['lib64', 'usr/lib64'] as const] : LINKS;
  for (const [path, target] of links) tree.addSymlink(path, target, { from });
  for (const [path, mode] of FOLDERS) tree.addDirectory(path, { from, mode });
  for (const [path, mode, major, minor] of DEVICES) tree.addNode(path, 'char', { from, mode, major, minor });
  for (const [path, lines] of FILES) tree.addFile(path, Buffer.from(`${lines.join('\n')}\n`), { from });
  if (arch === 'x86_64') tree.addDirectory('usr/lib64', { from });
}
