import type { Screen } from '../device/index.ts';
import { type Frame, framePixels, turn } from './frame.ts';
import { encodePng } from './png.ts';

/** What a preview page shows around its picture. */
export interface PageOptions {
  /** Name of the device. */
  readonly title: string;
  readonly screen: Screen;
}

/**
 * A page that needs no other file: the panel's shape with the picture as a person sees it who holds the
 * device upright, and the numbers of its memory. Decoded from the very bytes that the panel gets.
 */
export async function previewPage(frame: Frame, { title, screen }: PageOptions): Promise<string> {
  const seen = uprightFrame(frame, screen);
  const png = Buffer.from(await encodePng(seen)).toString('base64');
  const { width, height } = seen;
  const facts = [
    `${screen.width} × ${screen.height}`,
    screen.format,
    `${screen.stride} bytes a row`,
    ...(screen.rotation === 0 ? [] : [`turned by ${screen.rotation}°`]),
  ];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>${escaped(title)}: splash</title><style>
body{margin:0;min-height:100vh;display:grid;place-content:center;justify-items:center;gap:20px;
background:radial-gradient(circle at 50% 30%,#39415a,#161a26);color:#dfe4f2;font:15px/1.5 system-ui,sans-serif}
figure{margin:0;padding:14px;border-radius:38px;background:#05070c;box-shadow:0 0 0 2px #4b556f,0 24px 70px #000a}
img{display:block;border-radius:26px;width:min(88vw,calc(78vh*${width}/${height}));aspect-ratio:${width}/${height}}
h1{font-size:19px;margin:0;font-weight:600}p{margin:0;color:#9aa5c0;text-align:center}
</style></head><body><figure><img alt="The splash" src="data:image/png;base64,${png}"></figure>
<div><h1>${escaped(title)}</h1><p>${facts.map(escaped).join(' · ')}</p></div></body></html>
`;
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
