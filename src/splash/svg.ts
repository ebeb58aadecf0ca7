import { MnxError } from '../binary/index.ts';
import type { Box, Size } from './place.ts';

/**
 * Prepares an SVG for a panel: its root gets the panel's size, and a view box that brings the picture to
 * its place, so that the renderer draws at full resolution and nothing is scaled afterwards.
 *
 * @throws MnxError (exit code 3) when it draws text, which would come in whatever fonts the host has;
 *   when it refers to other files; when it has no size.
 */
export function fitSvg(source: string, panel: Size, place: (natural: Size) => Box, name: string): string {
  const plain = source.replace(/<!--[\s\S]*?-->/g, '');
  refuse(plain, name);
  const root = /<(?:[\w-]+:)?svg\b[^>]*>/.exec(plain);
  if (root === null) throw new MnxError('splash.picture', `${name}: no <svg> element`, { exitCode: 3 });
  const tag = root[0];
  const viewBox = attribute(tag, 'viewBox') ?? boxOf(tag);
  if (viewBox === undefined) {
    throw new MnxError(
      'splash.svg-size',
      `${name}: the SVG has neither a viewBox nor a width and height in pixels`,
      {
        exitCode: 3,
        hint: 'Add viewBox="0 0 WIDTH HEIGHT" to its <svg> element.',
      },
    );
  }
  const kept = tag.replace(
    /\s(?:width|height|viewBox|preserveAspectRatio|x|y)\s*=\s*(?:"[^"]*"|'[^']*')/g,
    '',
  );
  const { width, height } = panel;
  const sized = ` width="${width}" height="${height}" viewBox="${viewOf(viewBox, panel, place, name)}" preserveAspectRatio="none"`;
  const fitted = kept.replace(/\s*\/?>$/, (end) => `${sized}${end.trim()}`);
  return plain.slice(0, root.index) + fitted + plain.slice(root.index + tag.length);
}

/** The part of the drawing's plane that the panel shows, so that the drawing comes to its place. */
function viewOf(viewBox: string, panel: Size, place: (natural: Size) => Box, name: string): string {
  const [x, y, width, height] = viewBox
    .trim()
    .split(/[\s,]+/)
    .map(Number);
  const numbers = [x ?? Number.NaN, y ?? Number.NaN, width ?? Number.NaN, height ?? Number.NaN] as const;
  if (!numbers.every(Number.isFinite) || !(numbers[2] > 0 && numbers[3] > 0)) {
    throw new MnxError('splash.svg-size', `${name}: the viewBox "${viewBox}" is no area`, { exitCode: 3 });
  }
  const box = place({ width: numbers[2], height: numbers[3] });
  const [stepX, stepY] = [numbers[2] / box.width, numbers[3] / box.height];
  return [
    numbers[0] - box.left * stepX,
    numbers[1] - box.top * stepY,
    panel.width * stepX,
    panel.height * stepY,
  ].join(' ');
}

const REFUSED: readonly {
  readonly pattern: RegExp;
  readonly code: string;
  readonly what: string;
  readonly hint: string;
}[] = [
  {
    pattern: /<(?:[\w-]+:)?(?:text|tspan|textPath|tref|flowRoot|foreignObject)[\s/>]/,
    code: 'splash.svg-text',
    what: 'it draws text, which would look different on every machine',
    hint: 'Convert the text to paths (Inkscape: Path > Object to Path), or use the banner for a message.',
  },
  {
    pattern: /<!(?:DOCTYPE[^>]*\[|ENTITY)/,
    code: 'splash.svg-entity',
    what: 'it declares entities',
    hint: 'Save it as plain SVG.',
  },
  {
    pattern:
      /\bhref\s*=\s*(?:"(?!#|data:)[^"]+"|'(?!#|data:)[^']+')(?=[^<]*>)|\burl\(\s*['"]?(?!#|data:|['"\s])|@import\b/,
    code: 'splash.svg-link',
    what: 'it refers to another file',
    hint: 'Embed what it needs; a splash has to be whole in one file.',
  },
];

function refuse(source: string, name: string): void {
  // A link around a shape (<a href>) draws nothing of its own.
  const drawn = source.replace(/<(?:[\w-]+:)?a\s[^>]*>/g, '');
  for (const { pattern, code, what, hint } of REFUSED) {
    if (pattern.test(drawn)) throw new MnxError(code, `${name}: ${what}`, { exitCode: 3, hint });
  }
}

function attribute(tag: string, key: string): string | undefined {
  const match = new RegExp(`\\s${key}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`).exec(tag);
  return match?.[1] ?? match?.[2];
}

function boxOf(tag: string): string | undefined {
  const [width, height] = ['width', 'height'].map(
    (key) => /^([\d.]+)(?:px)?$/.exec(attribute(tag, key)?.trim() ?? '')?.[1],
  );
  return width === undefined || height === undefined ? undefined : `0 0 ${width} ${height}`;
}
