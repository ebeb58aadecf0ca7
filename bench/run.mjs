// Whole commands against a yardstick of the same machine, in turn (A B A B ...), as ratios of medians:
// `mnx bootimg` with payloads cached, from nothing, after a change and without one, against `gzip -9` of the same
// kernel, and `mnx devices` against an empty Node.
//
// usage: npm run bench [-- ROUNDS]     needs: a cache that `mnx fetch --device asus-z00t` has filled

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const rounds = Number(process.argv[2] ?? 5);
const node = process.execPath;
const mnx = join(import.meta.dirname, '..', 'dist', 'cli', 'mnx.cjs');
const scratch = mkdtempSync(join(tmpdir(), 'mnx-bench-'));
const cache = process.env.MNX_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'mnx');

/** Seconds of wall time of one command; its failure ends the bench. */
function time([program, ...args], before = () => {}) {
  before();
  const start = process.hrtime.bigint();
  const { status, stderr } = spawnSync(program, args, { stdio: ['ignore', 'ignore', 'pipe'], cwd: scratch });
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
  return seconds;
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

/** Runs both in turn after one warm-up each. */
function compare(name, ours, yardstick) {
  const times = { ours: [], yardstick: [] };
  for (let round = -1; round < rounds; round += 1) {
    const pair = { ours: time(ours.command, ours.before), yardstick: time(yardstick.command) };
    if (round >= 0) for (const key of Object.keys(pair)) times[key].push(pair[key]);
  }
  const [a, b] = [median(times.ours), median(times.yardstick)];
  const spread = `${Math.min(...times.ours).toFixed(2)} to ${Math.max(...times.ours).toFixed(2)}`;
  console.log(
    `${name.padEnd(34)} ${a.toFixed(3)} s (${spread})  ${yardstick.name.padEnd(20)} ${b.toFixed(3)} s  ratio ${(a / b).toFixed(2)}`,
  );
}

function kernelFile() {
  const found = readdirSync(join(cache, 'unpacked'), { recursive: true, encoding: 'utf8' }).find((file) =>
    /-arm64\/vmlinuz$/.test(file),
  );
  if (found === undefined) throw new Error('no arm64 kernel in the cache: run mnx fetch --device asus-z00t');
  return join(cache, 'unpacked', found);
}

try {
  const build = { command: [node, mnx, 'bootimg', '--device', 'asus-z00t', '--offline', '-o', 'a.img'] };
  const forget = (...kinds) => {
    for (const kind of kinds) rmSync(join(cache, kind), { recursive: true, force: true });
  };
  // A file of stage-1 that is another one each time, as somebody has who works on it.
  const log = join(scratch, 'overlay/lib/mnx/lib/log.sh');
  mkdirSync(dirname(log), { recursive: true });
  const original = readFileSync(join(import.meta.dirname, '..', 'stage1/lib/log.sh'), 'utf8');
  let round = 0;
  const change = () => {
    round += 1;
    writeFileSync(log, `${original}# ${round}\n`);
  };
  const gzip = { name: 'gzip -9 of its kernel', command: ['sh', '-c', `gzip -9 < ${kernelFile()} > k.gz`] };
  const empty = { name: 'node -e 0', command: [node, '-e', '0'] };
  compare('bootimg, nothing kept', { ...build, before: () => forget('builds', 'parts') }, gzip);
  const rebuild = { command: [...build.command, '--overlay', join(scratch, 'overlay')], before: change };
  compare('bootimg, a stage-1 file changed', rebuild, gzip);
  compare('bootimg, nothing changed', build, gzip);
  compare('devices', { command: [node, mnx, 'devices'] }, empty);
  compare('--help', { command: [node, mnx, '--help'] }, empty);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
