// Debian's arm64 module tree as an initramfs, gzip in all: `mkinitramfs` with MODULES=most, `dracut` for any host with
// the same drivers, and `mnx initramfs pack` of the very entries that mkinitramfs has made; wall time as ratios, and
// the peak of memory.
//
// usage: node bench/initramfs.mjs [ROUNDS]     as root
// needs: initramfs-tools-core, dracut-core, kmod, cpio, and a cache that `mnx fetch --device asus-z00t` has filled

import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

const rounds = Number(process.argv[2] ?? 2);
const mnx = join(import.meta.dirname, '..', 'dist', 'cli', 'mnx.cjs');
const cache = process.env.MNX_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'mnx');
const scratch = mkdtempSync(join(tmpdir(), 'mnx-bench-'));

/** Python tells what a child used, which Node does not. */
const MEASURE = `
import os, sys, time
begun = time.time()
pid = os.fork()
if pid == 0:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.execvp(sys.argv[1], sys.argv[1:])
_, status, used = os.wait4(pid, 0)
print(status, time.time() - begun, used.ru_maxrss)
`;

/** Wall seconds and peak bytes of one run. */
function measure(command) {
  const { stdout, stderr } = spawnSync('python3', ['-c', MEASURE, ...command], { encoding: 'utf8' });
  const [status, seconds, kib] = stdout.trim().split(/\s+/).map(Number);
  if (status !== 0) throw new Error(`${command.join(' ')} failed: ${stderr}`);
  return { seconds, peak: kib * 1024 };
}

/** The folders below `usr/lib/modules` of the cached kernel packages: what one of them has, another lacks. */
function moduleTrees() {
  const folder = join(cache, 'unpacked');
  const trees = readdirSync(folder).flatMap((name) => {
    const modules = join(folder, name, 'usr/lib/modules');
    const releases = existsSync(modules) ? readdirSync(modules) : [];
    return releases
      .filter((one) => one.endsWith('-arm64'))
      .map((release) => ({ release, path: join(modules, release) }));
  });
  const full = trees.find(({ path }) => existsSync(join(path, 'kernel')));
  if (full === undefined) throw new Error('no arm64 modules in the cache: run mnx fetch --device asus-z00t');
  return {
    release: full.release,
    paths: trees.filter(({ release }) => release === full.release).map(({ path }) => path),
  };
}

/** Where both programs look, with the lists that the package's own script would have made. */
function install({ release, paths }) {
  const place = join('/usr/lib/modules', release);
  if (existsSync(place)) return () => {};
  mkdirSync(place, { recursive: true });
  for (const path of paths) {
    cpSync(path, place, {
      recursive: true,
      filter: (name) => !/(?:build|source|vmlinuz|System\.map|dtbs?)$/.test(name),
    });
  }
  execFileSync('depmod', [release]);
  const config = `/boot/config-${release}`;
  cpSync(join(place, 'config'), config);
  return () => {
    for (const path of [place, config]) rmSync(path, { recursive: true, force: true });
  };
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

const trees = moduleTrees();
const uninstall = install(trees);
try {
  const { release } = trees;
  const theirs = join(scratch, 'mkinitramfs.img');
  const mkinitramfs = ['mkinitramfs', '-c', 'gzip', '-o', theirs, release];
  // Once beforehand: for the entries that mnx packs, and for the drivers that dracut is to take.
  measure(mkinitramfs);
  const root = join(scratch, 'root');
  mkdirSync(root);
  execFileSync('sh', ['-c', `zcat "$1" | cpio -idm --quiet`, 'sh', theirs], { cwd: root });
  const drivers = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .flatMap((name) => /([^/]+)\.ko(?:\.\w+)?$/.exec(name)?.[1] ?? [])
    .join(' ');
  const commands = {
    mkinitramfs,
    dracut: [
      'dracut',
      '--no-hostonly',
      '--gzip',
      '--force',
      '--quiet',
      '--add-drivers',
      drivers,
      '--kver',
      release,
      join(scratch, 'dracut.img'),
    ],
    mnx: [process.execPath, mnx, 'initramfs', 'pack', root, '-o', join(scratch, 'mnx.img')],
  };
  const runs = { mkinitramfs: [], dracut: [], mnx: [] };
  for (let round = 0; round < rounds; round += 1) {
    for (const [who, command] of Object.entries(commands)) {
      runs[who].push(measure(command));
    }
  }
  const count = execFileSync('sh', ['-c', 'find . | wc -l; du -sm --apparent-size .'], {
    cwd: root,
    encoding: 'utf8',
  });
  const [entries, megabytes] = count.split(/\s+/);
  const seconds = (who) => median(runs[who].map((run) => run.seconds));
  const peak = Math.max(...runs.mnx.map((run) => run.peak)) / 1e6;
  console.log(`${entries} entries, ${megabytes} MiB, Linux ${release}`);
  for (const who of ['mkinitramfs', 'dracut']) {
    const ratio = seconds('mnx') / seconds(who);
    console.log(
      `mnx ${seconds('mnx').toFixed(1)} s, ${who} ${seconds(who).toFixed(1)} s: ratio ${ratio.toFixed(3)} (an eighth is 0.125)`,
    );
  }
  console.log(`peak memory of mnx: ${peak.toFixed(0)} MB`);
} finally {
  uninstall();
  rmSync(scratch, { recursive: true, force: true });
}
