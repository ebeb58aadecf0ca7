// Packing of pixel formats against a plain copy of the same RGBA, in turn, best of each: megapixels a
// second and the ratio of the times.
//
// usage: node bench/pixels.mjs [ROUNDS]     needs: npm run build

import { packPixels, unpackPixels } from '../dist/splash/index.js';

const rounds = Number(process.argv[2] ?? 15);
const [width, height] = [1440, 3120];
const formats = {
  BGRA8888: 4,
  RGBA8888: 4,
  ARGB8888: 4,
  ABGR8888: 4,
  RGB888: 3,
  BGR888: 3,
  RGB565: 2,
  BGR565: 2,
  GRAY8: 1,
};
const rgba = new Uint8Array(width * height * 4).map((_, i) => (i * 2654435761) >>> 24);

/** Milliseconds of one call; the result is looked at, so that the call cannot be left out. */
function time(work) {
  const start = process.hrtime.bigint();
  const out = work();
  const spent = Number(process.hrtime.bigint() - start) / 1e6;
  if (out.length === 0) throw new Error('nothing came out');
  return spent;
}

function compare(name, work) {
  let [ours, copy] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let round = 0; round < rounds; round += 1) {
    ours = Math.min(ours, time(work));
    copy = Math.min(
      copy,
      time(() => new Uint8Array(rgba)),
    );
  }
  const speed = (width * height) / ours / 1000;
  console.log(
    `${name.padEnd(28)} ${ours.toFixed(2).padStart(7)} ms ${speed.toFixed(0).padStart(6)} Mpx/s  copy ${copy.toFixed(2)} ms  ratio ${(ours / copy).toFixed(2)}`,
  );
}

for (const [format, size] of Object.entries(formats)) {
  for (const padding of [0, 64, 3]) {
    const shape = { width, height, stride: width * size + padding, format };
    compare(`pack ${format} +${padding}`, () => packPixels(rgba, shape));
    if (padding !== 0) continue;
    const packed = packPixels(rgba, shape);
    compare(`unpack ${format}`, () => unpackPixels(packed, shape));
  }
}
