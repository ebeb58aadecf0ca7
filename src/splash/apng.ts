import { concat, layout, u8, u16be, u32be } from '../binary/index.ts';
import { MOST_PIXELS, pictureEngine } from './engine.ts';
import type { Pixels } from './frame.ts';
import { broken, type Chunk, chunksOf, PNG_SIGNATURE, pngChunk } from './png-chunks.ts';

/** APNG 1.0, "fcTL": how a frame is laid over what is there. */
const FrameControl = layout('fcTL', {
  sequence: u32be,
  width: u32be,
  height: u32be,
  left: u32be,
  top: u32be,
  delay: u16be,
  delayUnit: u16be,
  dispose: u8,
  blend: u8,
});

const DISPOSE = { none: 0, background: 1, previous: 2 } as const;
const OVER = 1;

/** A frame as it is seen, and how long. */
export interface SeenFrame {
  readonly pixels: Pixels;
  readonly seconds: number;
}

interface Piece {
  readonly control: ReturnType<typeof FrameControl.read>;
  readonly data: Uint8Array[];
}

/**
 * The frames of an animated PNG as they are seen, one laid over the other. libvips shows only the
 * first, so each is taken out as a PNG of its own.
 *
 * @throws MnxError `splash.picture` (exit code 3) for frames that lie outside of the picture
 */
export async function apngFrames(bytes: Uint8Array, name: string): Promise<SeenFrame[]> {
  const chunks = chunksOf(bytes, name);
  const header = chunks.find(({ type }) => type === 'IHDR');
  if (header === undefined || header.data.length < 8) throw broken(name, 'it has no header');
  const size = new DataView(header.data.buffer, header.data.byteOffset);
  const [width, height] = [size.getUint32(0), size.getUint32(4)];
  const shared = chunks.filter(({ type }) => ['PLTE', 'tRNS', 'gAMA', 'sRGB', 'cHRM'].includes(type));
  if (width * height > MOST_PIXELS)
    throw broken(name, `${width} x ${height} pixels are over the pixel limit`);
  const out: SeenFrame[] = [];
  let canvas = new Uint8Array(width * height * 4);
  for (const { control, data } of piecesOf(chunks)) {
    const inside = control.left + control.width <= width && control.top + control.height <= height;
    if (!inside || control.width === 0 || control.height === 0) {
      throw broken(name, `its frame ${out.length} lies outside of ${width} x ${height}`);
    }
    const before = canvas.slice();
    const own = await pixelsOf(header, control, shared, data).catch((cause: Error) => {
      throw broken(name, `its frame ${out.length} cannot be read: ${cause.message.split('\n')[0]}`);
    });
    lay(canvas, width, own, control);
    const unit = control.delayUnit === 0 ? 100 : control.delayUnit;
    out.push({ pixels: { width, height, rgba: canvas.slice() }, seconds: control.delay / unit });
    if (control.dispose === DISPOSE.previous) canvas = before;
    if (control.dispose === DISPOSE.background) clear(canvas, width, control);
  }
  return out;
}

/** A picture in front of the first control belongs to no frame. */
function piecesOf(chunks: readonly Chunk[]): Piece[] {
  const pieces: Piece[] = [];
  for (const { type, data } of chunks) {
    if (type === 'fcTL') pieces.push({ control: FrameControl.read(data, 0), data: [] });
    if (type === 'IDAT') pieces.at(-1)?.data.push(data);
    if (type === 'fdAT') pieces.at(-1)?.data.push(data.subarray(4));
  }
  return pieces.filter(({ data }) => data.length > 0);
}

async function pixelsOf(
  header: Chunk,
  { width, height }: Piece['control'],
  shared: readonly Chunk[],
  data: readonly Uint8Array[],
): Promise<Pixels> {
  const sharp = await pictureEngine();
  // A Buffer's slice would be the picture's own bytes.
  const own = new Uint8Array(header.data);
  new DataView(own.buffer).setUint32(0, width);
  new DataView(own.buffer).setUint32(4, height);
  const png = concat([
    PNG_SIGNATURE,
    pngChunk('IHDR', own),
    ...shared.map(({ type, data: bytes }) => pngChunk(type, bytes)),
    pngChunk('IDAT', concat(data)),
    pngChunk('IEND', new Uint8Array()),
  ]);
  const rgba = await sharp(png, { failOn: 'warning' }).toColourspace('srgb').ensureAlpha().raw().toBuffer();
  return { width, height, rgba };
}

function lay(
  canvas: Uint8Array,
  stride: number,
  { width, height, rgba }: Pixels,
  at: Piece['control'],
): void {
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [from, to] = [(y * width + x) * 4, ((at.top + y) * stride + at.left + x) * 4];
      const alpha = at.blend === OVER ? (rgba[from + 3] as number) : 255;
      if (alpha === 255) canvas.set(rgba.subarray(from, from + 4), to);
      else if (alpha > 0) mix(canvas, to, rgba.subarray(from, from + 4));
    }
  }
}

/** PNG's own formula: over what is there, alpha included. */
function mix(canvas: Uint8Array, to: number, source: Uint8Array): void {
  const [over, under] = [(source[3] as number) / 255, (canvas[to + 3] as number) / 255];
  const alpha = over + under * (1 - over);
  for (let c = 0; c < 3; c++) {
    const level = (source[c] as number) * over + (canvas[to + c] as number) * under * (1 - over);
    canvas[to + c] = Math.round(level / alpha);
  }
  canvas[to + 3] = Math.round(alpha * 255);
}

function clear(canvas: Uint8Array, stride: number, { left, top, width, height }: Piece['control']): void {
  for (let y = top; y < top + height; y++)
    canvas.fill(0, (y * stride + left) * 4, (y * stride + left + width) * 4);
}
