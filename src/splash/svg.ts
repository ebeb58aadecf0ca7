import { MnxError } from '../binary/index.ts';

/**
 * Prepares an SVG for a panel: its root gets the panel's size and is fitted into it whole (`xMidYMid
 * meet`), so that the renderer draws at full resolution and nothing is scaled afterwards.
 *
 * @throws MnxError (exit code 3) when it draws text, which would come in whatever fonts the host has;
 *   when it refers to other files; when it has no size.
 */
export function fitSvg(source: string, width: number, height: number, name: string): string {
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
  const sized = ` width="${width}" height="${height}" viewBox="${viewBox}" preserveAspectRatio="xMidYMid meet"`;
  const fitted = kept.replace(/\s*\/?>$/, (end) => `${sized}${end.trim()}`);
  return plain.slice(0, root.index) + fitted + plain.slice(root.index + tag.length);
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
    pattern: /\bhref\s*=\s*(?:"(?!#|data:)[^"]+"|'(?!#|data:)[^']+')(?=[^<]*>)/,
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
