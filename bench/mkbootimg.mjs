// `mnx mkbootimg` and AOSP's mkbootimg packing the same v2 image (48 MiB kernel, 8 MiB ramdisk, DTB), in turn:
// processor time as a ratio of medians, and the peak of memory. A second image of 1 GiB shows that memory does not grow.
//
// usage: node bench/mkbootimg.mjs [ROUNDS]     needs: mkbootimg 34 (or MNX_MKBOOTIMG_DIR), python3

import { spawnSync } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const rounds = Number(process.argv[2] ?? 25);
const MIB = 1024 * 1024;
const mnx = join(import.meta.dirname, '..', 'dist', 'cli', 'mnx.cjs');
const folder = process.env.MNX_MKBOOTIMG_DIR;
const theirs = folder === undefined ? 'mkbootimg' : join(folder, 'mkbootimg');
const scratch = mkdtempSync(join(tmpdir(), 'mnx-bench-'));

/** Node does not tell what a child used; Python, which mkbootimg needs anyway, does. */
const MEASURE = `
import os, sys
pid = os.fork()
if pid == 0: os.execvp(sys.argv[1], sys.argv[1:])
_, status, used = os.wait4(pid, 0)
print(status, used.ru_utime + used.ru_stime, used.ru_maxrss)
`;

/** Processor seconds and peak bytes of one run. */
function measure(command) {
  const { stdout } = spawnSync('python3', ['-c', MEASURE, ...command], { encoding: 'utf8' });
  const [status, seconds, kib] = stdout.trim().split(/\s+/).map(Number);
  if (status !== 0) throw new Error(`${command.join(' ')} failed`);
  return { seconds, peak: kib * 1024 };
}

function file(name, size) {
  const path = join(scratch, name);
  writeFileSync(path, randomFillSync(Buffer.alloc(size)));
  return path;
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

try {
  const args = [
    '--header_version',
    '2',
    '--kernel',
    file('kernel', 48 * MIB),
    '--ramdisk',
    file('ramdisk', 8 * MIB),
  ];
  args.push('--dtb', file('dtb', 100_000));
  const runs = { ours: [], theirs: [] };
  const commands = {
    ours: [process.execPath, mnx, 'mkbootimg', ...args, '-o', join(scratch, 'ours')],
    theirs: [theirs, ...args, '-o', join(scratch, 'theirs')],
  };
  for (let round = -1; round < rounds; round += 1) {
    for (const who of ['ours', 'theirs']) {
      const used = measure(commands[who]);
      if (round >= 0) runs[who].push(used);
    }
  }
  if (!readFileSync(join(scratch, 'ours')).equals(readFileSync(join(scratch, 'theirs'))))
    throw new Error('images differ');
  const cpu = (who) => median(runs[who].map(({ seconds }) => seconds));
  const peak = (who) => Math.max(...runs[who].map((run) => run.peak)) / MIB;
  console.log(`v2, 56 MiB   processor time, mnx to AOSP: ${(cpu('ours') / cpu('theirs')).toFixed(2)}`);
  console.log(
    `             peak memory: mnx ${peak('ours').toFixed(0)} MiB, AOSP ${peak('theirs').toFixed(0)} MiB`,
  );
  const large = join(scratch, 'large');
  closeSync(openSync(large, 'w'));
  truncateSync(large, 1024 * MIB);
  const used = measure([process.execPath, mnx, 'mkbootimg', '--kernel', large, '-o', join(scratch, 'ours')]);
  console.log(`1 GiB        peak memory: mnx ${(used.peak / MIB).toFixed(0)} MiB`);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
