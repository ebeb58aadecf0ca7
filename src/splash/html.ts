import type { Screen } from '../device/index.ts';
import { type Frame, framePixels, turn } from './frame.ts';
import { encodePng } from './png.ts';
import { type Moment, momentFrame, type Splash } from './splash.ts';

/** What a preview page shows around its picture. */
export interface PageOptions {
  /** Name of the device. */
  readonly title: string;
  readonly screen: Screen;
}

/** What a boot shows one after the other: names of messages, and how far the bar is. */
const BOOT: readonly (readonly [message: string, at: number])[] = [
  ['gadget', 50],
  ['network', 60],
  ['ssh', 70],
  ['root', 80],
  ['stage2', 90],
  ['ready-ssh', 100],
];

/** Frames of an animation that the page shows: each is a whole picture in it. */
const MOST_FRAMES = 12;

/** Seconds that each picture of the page stays. */
const SHOWN = 1.2;

/**
 * A page that needs no other file: the panel's shape with the boot as a person sees it who holds the
 * device upright, picture after picture, an error screen at the end, and the numbers of its memory.
 * Decoded from the very bytes that the panel gets.
 */
export async function previewPage(splash: Splash, { title, screen }: PageOptions): Promise<string> {
  const pictures = [
    ...(await Promise.all(playedFrames(splash).map((frame) => encoded(splash, frame)))),
    ...(await Promise.all(moments(splash).map((moment) => encoded(splash, momentFrame(splash, moment))))),
  ];
  const { width, height } = uprightFrame(splash.frame, screen);
  const facts = [
    `${screen.width} × ${screen.height}`,
    screen.format,
    `${screen.stride} bytes a row`,
    ...(screen.rotation === 0 ? [] : [`turned by ${screen.rotation}°`]),
  ];
  const whole = pictures.length * SHOWN;
  const share = 100 / pictures.length;
  const images = pictures.map(
    (png, i) =>
      `<img alt="Picture ${i + 1} of the boot" style="animation-delay:${(i * SHOWN).toFixed(1)}s" src="data:image/png;base64,${png}">`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>${escaped(title)}: splash</title><style>
body{margin:0;min-height:100vh;display:grid;place-content:center;justify-items:center;gap:20px;
background:radial-gradient(circle at 50% 30%,#39415a,#161a26);color:#dfe4f2;font:15px/1.5 system-ui,sans-serif}
figure{margin:0;padding:14px;border-radius:38px;background:#05070c;box-shadow:0 0 0 2px #4b556f,0 24px 70px #000a}
div.panel{position:relative;width:min(88vw,calc(78vh*${width}/${height}));aspect-ratio:${width}/${height}}
img{position:absolute;inset:0;width:100%;border-radius:26px}
img+img{opacity:0;animation:turn ${whole.toFixed(1)}s steps(1) infinite}
@keyframes turn{0%{opacity:1}${share.toFixed(2)}%{opacity:0}}
h1{font-size:19px;margin:0;font-weight:600}p{margin:0;color:#9aa5c0;text-align:center}
</style></head><body><figure><div class="panel">${images.join('\n')}</div></figure>
<div><h1>${escaped(title)}</h1><p>${facts.map(escaped).join(' · ')}</p></div></body></html>
`;
}

/** Of the boot what the theme has; on panels without room for words the picture alone. */
function moments({ names }: Splash): Moment[] {
  const boot = BOOT.filter(([message]) => names.includes(`message-${message}`));
  const step = names.includes('step-80-root') ? { step: '80-root' } : {};
  return [
    {},
    ...boot.map(([message, at]) => ({ message, at })),
    ...(names.includes('error-root-not-found') ? [{ error: 'root-not-found', ...step }] : []),
  ];
}

/** Of an animated picture what comes after its first frame, put together as the device does it. */
function playedFrames({ frame, animation }: Splash): Frame[] {
  const data = frame.data.slice();
  return animation.slice(1, 1 + MOST_FRAMES).map(({ bands }) => {
    for (const { row, data: rows } of bands) data.set(rows, row * frame.stride);
    return { ...frame, data: data.slice() };
  });
}

async function encoded(splash: Splash, frame: Frame): Promise<string> {
  const seen = uprightFrame(frame, splash.screen);
  return Buffer.from(await encodePng(seen)).toString('base64');
}

/** The frame with the panel's turn taken back: what a person sees who holds the device upright. */
export function uprightFrame(frame: Frame, { rotation }: Pick<Screen, 'rotation'>): Frame {
  const back = ({ 0: 0, 90: 270, 180: 180, 270: 90 } as const)[rotation];
  const pixels = turn(framePixels(frame), back);
  const { width, height } = pixels;
  return { width, height, stride: width * 4, format: 'RGBA8888', data: pixels.rgba };
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
