// A whole splash (picture, messages, progress, spinner, error screens, compressed) from an SVG as one process: wall time and
// memory, beside an empty Node; and the packing of the panel's format as a ratio to a plain copy of the same bytes.
//
// usage: node bench/splash.mjs [ROUNDS]     needs: npm run build

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { packSplash } from '../dist/initramfs/index.js';
import { packPixels, prepareSplash, splashFiles } from '../dist/splash/index.js';

const PANELS = [
  [1080, 1920, 1.2],
  [1440, 3120, 2.5],
];
const STEPS = [
  '30-modules',
  '40-splash',
  '50-gadget',
  '60-network',
  '70-ssh',
  '80-root',
  '90-stage2',
  'init',
];

/** In the child: everything that a build does for the splash. */
async function whole(width, height) {
  const screen = { width, height, stride: width * 4, format: 'BGRA8888', rotation: 0, pan: false };
  const splash = await prepareSplash({ screen, steps: STEPS, address: '172.16.42.1', ssh: true });
  const files = await packSplash(splashFiles(splash));
  const size = [...files.values()].reduce((sum, { length }) => sum + length, 0);
  console.log(JSON.stringify({ files: files.size, size, memory: process.resourceUsage().maxRSS / 1024 }));
}

function timed(args) {
  const start = process.hrtime.bigint();
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return { seconds: Number(process.hrtime.bigint() - start) / 1e9, stdout };
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

function compareWhole(width, height, limit, rounds) {
  const times = [];
  const empty = [];
  let last = {};
  for (let round = -1; round < rounds; round += 1) {
    const run = timed([fileURLToPath(import.meta.url), 'whole', String(width), String(height)]);
    const node = timed(['-e', '0']);
    last = JSON.parse(run.stdout);
    if (round < 0) continue;
    times.push(run.seconds);
    empty.push(node.seconds);
  }
  const [wall, bare] = [median(times), median(empty)];
  console.log(
    `${width} x ${height}: ${last.files} files, ${last.size} bytes  ${wall.toFixed(2)} s (${Math.min(...times).toFixed(2)} to ${Math.max(...times).toFixed(2)}), wanted ${limit}  empty Node ${bare.toFixed(2)} s, ratio ${(wall / bare).toFixed(1)}  ${last.memory.toFixed(0)} MiB, wanted 300`,
  );
}

function comparePacking(rounds) {
  const [width, height] = [1440, 3120];
  const rgba = new Uint8Array(width * height * 4).map((_, i) => (i * 2654435761) >>> 24);
  const best = (work) => {
    let least = Number.POSITIVE_INFINITY;
    for (let round = 0; round < rounds * 3; round += 1) {
      const start = process.hrtime.bigint();
      if (work().length === 0) throw new Error('nothing came out');
      least = Math.min(least, Number(process.hrtime.bigint() - start) / 1e6);
    }
    return least;
  };
  const copy = best(() => new Uint8Array(rgba));
  for (const [format, size] of [
    ['BGRA8888', 4],
    ['RGBA8888', 4],
    ['RGB888', 3],
    ['RGB565', 2],
    ['GRAY8', 1],
  ]) {
    const shape = { width, height, stride: width * size, format };
    const ours = best(() => packPixels(rgba, shape));
    const speed = (width * height) / ours / 1000;
    console.log(
      `pack ${format.padEnd(9)} ${speed.toFixed(0).padStart(5)} Mpx/s, wanted 300  ratio to a copy ${(ours / copy).toFixed(2)}`,
    );
  }
}

if (process.argv[2] === 'whole') {
  await whole(Number(process.argv[3]), Number(process.argv[4]));
} else {
  const rounds = Number(process.argv[2] ?? 5);
  for (const [width, height, limit] of PANELS) compareWhole(width, height, limit, rounds);
  comparePacking(rounds);
}
