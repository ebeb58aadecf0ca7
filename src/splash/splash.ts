import { UsageError } from '../binary/index.ts';
import type { Screen } from '../device/index.ts';
import {
  changedBands,
  type MovingPicture,
  movingPictures,
  type PlayedFrame,
  type RowRange,
} from './animation.ts';
import { type Canvas, colorOf } from './canvas.ts';
import { loadFont } from './font.ts';
import { encodeFrame, type Frame, type Pixels, turn } from './frame.ts';
import { type Layout, layoutOf, type Part } from './layout.ts';
import type { Picture } from './picture.ts';
import { plainPicture, type SplashOptions, shellNote } from './render.ts';
import {
  accessScene,
  errorScene,
  type Kit,
  messageScene,
  noteScene,
  PROGRESS_STEPS,
  progressScene,
  SPINNER_FRAMES,
  spinnerScene,
  stepScene,
} from './scenes.ts';
import { type Band, bandOf } from './strip.ts';
import { readTheme } from './theme.ts';
import { wordsOf } from './words.ts';

/** Rows of background in the block that a panel is cleared with; stage1/lib/splash.sh knows the number. */
export const GROUND_ROWS = 32;

/** Codes of errors behind which nobody can log in over the cable; stage1/lib/splash.sh knows them. */
export const OFFLINE: readonly string[] = ['gadget', 'network', 'ssh', 'random'];

/** Messages behind the step that looks at the keys, which has said which one opens a shell. */
const AFTER_KEYS = /^(?:root|stage2|ready)(?:-|$)/;

export interface MovingOptions extends SplashOptions {
  /** Names of the steps that an error screen may name. */
  readonly steps?: readonly string[];
  /** The phone's address on the cable, for messages. */
  readonly address?: string;
  /** Whether anybody may log in: error screens and the last message say how. */
  readonly ssh?: boolean;
}

/** A splash with its moving parts, each of which is drawn when it is asked for. */
export interface Splash {
  readonly screen: Screen;
  /** What the panel shows first. */
  readonly frame: Frame;
  /** {@link GROUND_ROWS} rows of the background. */
  readonly ground: Uint8Array;
  /** The rows of the frame that are not background, in whole blocks of the ground. */
  readonly boot: Band;
  /** Frames of an animated picture; the first is the frame above. Empty for a picture that stands still. */
  readonly animation: readonly PlayedFrame[];
  /** Names of the moving parts: `message-ready`, `progress-25`, `error-broken`. */
  readonly names: readonly string[];
  /** @throws UsageError `splash.part` for a name that is none */
  band(name: string): Band;
  /** A message that the theme does not have. @throws MnxError `splash.glyph` */
  message(text: string): Band;
}

/**
 * Renders a splash whose messages, progress bar, spinner and error screens are bands: rows of the panel
 * from edge to edge, which the shell on the device writes with one seek each.
 *
 * @throws as {@link renderSplash}; MnxError `splash.glyph` for texts that the theme's font cannot write
 */
export async function prepareSplash(options: MovingOptions): Promise<Splash> {
  const { screen } = options;
  const theme = await readTheme(options.theme ?? 'default');
  const background = options.background ?? theme.background;
  const image = options.image ?? theme.picture;
  const moving = image === undefined ? [] : await movingPictures(image);
  const encoded = async (picture?: Picture): Promise<Frame> =>
    encodeFrame(turn(await plainPicture(options, theme, picture), screen.rotation), screen);
  const first = await plainPicture(options, theme, moving[0]?.picture);
  const frame = encodeFrame(turn(first, screen.rotation), screen);
  const ground = groundOf(screen, background);
  // Words over the test card would hide what it is for.
  const layout = image === undefined ? undefined : layoutOf(screen, options.safeArea);
  const kit =
    layout === undefined
      ? undefined
      : {
          layout,
          theme,
          background,
          grounds: groundsUnder(first, layout),
          banner: first.banner,
          font: await loadFont(theme),
        };
  const scenes = kit === undefined ? new Map<string, Scene>() : scenesOf(kit, options);
  const draw = ({ part, draw: drawn }: Scene): Band => {
    if (kit === undefined)
      throw new UsageError(
        'splash.no-words',
        'there is no room for words on this panel, or it shows the test card',
      );
    return bandOf(drawn(), kit.layout.strips[part], screen);
  };
  return {
    screen,
    frame,
    ground,
    boot: bootBand(frame, ground),
    animation: await playedFrames(frame, moving, { encoded, spared: wordRows(layout) }),
    names: [...scenes.keys()],
    band(name) {
      const scene = scenes.get(name);
      if (scene !== undefined) return draw(scene);
      throw new UsageError('splash.part', `the splash has no ${name.replace('-', ' ')}`, {
        hint: `It has ${alike(name, [...scenes.keys()]).join(', ')}.`,
      });
    },
    message: (text) => draw({ part: 'message', draw: () => messageScene(kit as Kit, text) }),
  };
}

/** Parts of the kind that was asked for: `error-root-mount` for `error-root`; of no kind, all. */
function alike(name: string, parts: readonly string[]): readonly string[] {
  const kind = name.slice(0, name.indexOf('-') + 1);
  const same = parts.filter((part) => part.startsWith(kind));
  return same.length > 0 ? same.map((part) => part.slice(kind.length)) : parts;
}

/** Where words are laid over the picture, its own colour, when it has only one there. */
function groundsUnder({ width, rgba }: Pixels, { strips }: Layout): Map<Part, string> {
  const words = wordsOf(rgba);
  const grounds = new Map<Part, string>();
  for (const part of ['spinner', 'message', 'progress', 'note'] as const) {
    const { left, top, width: across, height } = strips[part].box;
    const color = words[top * width + left] as number;
    let flat = true;
    for (let y = top; flat && y < top + height; y++) {
      flat = words.subarray(y * width + left, y * width + left + across).every((word) => word === color);
    }
    if (flat) grounds.set(part, colorOf(color));
  }
  return grounds;
}

interface Playing {
  readonly encoded: (picture: Picture) => Promise<Frame>;
  readonly spared: readonly RowRange[];
}

async function playedFrames(
  first: Frame,
  moving: readonly MovingPicture[],
  { encoded, spared }: Playing,
): Promise<PlayedFrame[]> {
  const out: PlayedFrame[] = [];
  let before = first;
  for (const [i, { picture, seconds }] of moving.entries()) {
    if (i === 0) continue;
    const frame = await encoded(picture);
    out.push({ name: `frame-${i}`, seconds, bands: changedBands(before, frame, spared) });
    before = frame;
  }
  const [start] = moving;
  if (start === undefined) return [];
  return [{ name: 'frame-0', seconds: start.seconds, bands: changedBands(before, first, spared) }, ...out];
}

/** Where words stand nothing moves. */
function wordRows(layout: Layout | undefined): RowRange[] {
  if (layout === undefined) return [];
  return (['spinner', 'message', 'progress', 'note'] as const).map((part) => {
    const { row, rows } = layout.strips[part];
    return { from: row, to: row + rows };
  });
}

interface Scene {
  readonly part: Part;
  readonly draw: () => Canvas;
}

function scenesOf(
  kit: Kit,
  { steps = [], address = '', ssh = false, shellKey, banner }: MovingOptions,
): Map<string, Scene> {
  const scenes = new Map<string, Scene>();
  const { messages, errors } = kit.theme;
  for (const [name, text] of Object.entries(messages)) {
    const line = text.replaceAll('{address}', address);
    scenes.set(`message-${name}`, { part: 'message', draw: () => messageScene(kit, line) });
  }
  for (let state = 0; state <= PROGRESS_STEPS; state++) {
    scenes.set(`progress-${state}`, { part: 'progress', draw: () => progressScene(kit, state) });
  }
  for (let frame = 0; frame < SPINNER_FRAMES; frame++) {
    scenes.set(`spinner-${frame}`, { part: 'spinner', draw: () => spinnerScene(kit, frame) });
  }
  for (const [code, error] of Object.entries(errors)) {
    scenes.set(`error-${code}`, { part: 'error', draw: () => errorScene(kit, code, error) });
  }
  for (const step of steps) {
    scenes.set(`step-${step}`, { part: 'step', draw: () => stepScene(kit, step) });
  }
  const note = shellNote(kit.theme, shellKey);
  // A banner has the place, and says it.
  if (note !== '' && (banner ?? '').trim() === '') {
    scenes.set('shell-key', { part: 'note', draw: () => noteScene(kit, note) });
  }
  if (ssh) scenes.set('access', { part: 'access', draw: () => accessScene(kit, `ssh root@${address}`) });
  return scenes;
}

/** A block of the background: one column and row would do, but for dithering, which repeats every 8 rows. */
function groundOf(screen: Screen, background: string): Uint8Array {
  const { width } = screen;
  const value = Number.parseInt(background.slice(1), 16);
  const rgba = new Uint8Array(width * GROUND_ROWS * 4);
  for (let i = 0; i < rgba.length; i += 4) {
    rgba[i] = value >>> 16;
    rgba[i + 1] = (value >>> 8) & 255;
    rgba[i + 2] = value & 255;
    rgba[i + 3] = 255;
  }
  const pixels: Pixels = { width, height: GROUND_ROWS, rgba };
  return encodeFrame(pixels, { ...screen, height: GROUND_ROWS }).data;
}

/** From the first block of rows that differs from the ground to the last. */
function bootBand({ data, stride, height }: Frame, ground: Uint8Array): Band {
  const size = stride * GROUND_ROWS;
  const blocks = Math.ceil(height / GROUND_ROWS);
  const isGround = (block: number): boolean => {
    const rows = data.subarray(block * size, (block + 1) * size);
    return Buffer.compare(rows, ground.subarray(0, rows.length)) === 0;
  };
  let [first, end] = [0, blocks];
  while (first < blocks - 1 && isGround(first)) first++;
  while (end > first + 1 && isGround(end - 1)) end--;
  return { row: first * GROUND_ROWS, data: data.subarray(first * size, Math.min(data.length, end * size)) };
}

/** What a panel shows at some moment. */
export interface Moment {
  /** Name of a message of the theme, or a text of one's own. */
  readonly message?: string;
  /** Progress in per cent. */
  readonly at?: number;
  /** Code of an error screen; it takes the place of everything else. */
  readonly error?: string;
  /** Step that the error screen names. */
  readonly step?: string;
}

/**
 * The frame of a moment, put together from the same bands, in the same order, as the device does it.
 * @throws UsageError `splash.part` for what the splash does not have
 */
export function momentFrame(splash: Splash, { message, at, error, step }: Moment): Frame {
  const { frame, names } = splash;
  const data = error === undefined ? frame.data.slice() : cleared(splash);
  const lay = (band: Band): void => data.set(band.data, band.row * frame.stride);
  if (error !== undefined) {
    lay(splash.band(`error-${error}`));
    if (step !== undefined) lay(splash.band(`step-${step}`));
    if (names.includes('access') && !OFFLINE.includes(error)) lay(splash.band('access'));
    return { ...frame, data };
  }
  if (message !== undefined) {
    if (names.includes('shell-key') && AFTER_KEYS.test(message)) lay(splash.band('shell-key'));
    const name = `message-${message}`;
    lay(names.includes(name) ? splash.band(name) : splash.message(message));
  }
  if (at !== undefined) lay(splash.band(`progress-${progressState(at)}`));
  return { ...frame, data };
}

/** What stage-1 plays: a line per frame, its name and the seconds that it stays. */
export function animationPlan({ animation }: Splash): string | undefined {
  if (animation.length === 0) return undefined;
  return animation.map(({ name, seconds }) => `${name} ${seconds}\n`).join('');
}

/** Which picture of the bar stands for a percentage; rounded down, as shells do. */
export function progressState(percent: number): number {
  return Math.floor((Math.min(100, Math.max(0, percent)) * PROGRESS_STEPS) / 100);
}

function cleared({ frame: { data }, ground }: Splash): Uint8Array {
  const out = new Uint8Array(data.length);
  for (let at = 0; at < out.length; at += ground.length) {
    out.set(ground.subarray(0, Math.min(ground.length, out.length - at)), at);
  }
  return out;
}

/**
 * The files of a ramdisk: name to bytes in the panel's format. A band's name ends in the rows of the panel
 * from which and up to which it reaches, `progress-25@1464-1472`.
 */
export function splashFiles(splash: Splash): Map<string, Uint8Array> {
  const files = new Map([['ground', splash.ground]]);
  const add = (name: string, { row, data }: Band): unknown =>
    files.set(`${name}@${row}-${row + data.length / splash.screen.stride}`, data);
  add('boot', splash.boot);
  for (const name of splash.names) add(name, splash.band(name));
  for (const { name, bands } of splash.animation) for (const band of bands) add(name, band);
  return files;
}
