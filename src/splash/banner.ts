import { CAP_HEIGHT, glyphOf, LINE_HEIGHT, PEN, textWidth } from './glyphs.ts';
import type { Theme } from './theme.ts';

/** Parts of the panel's shorter side. */
const MARGIN = 0.06;
const PADDING = 0.038;
const TEXT_HEIGHT = 0.0235;
const SIGN = 0.068;

/**
 * A line of text over the picture: a plate at the bottom with a warning sign, the text in the project's
 * own stroke font, wrapped at blanks. An SVG of the whole picture's size, transparent elsewhere.
 */
export function bannerSvg(text: string, width: number, height: number, theme: Theme): string {
  const side = Math.min(width, height);
  const scale = (side * TEXT_HEIGHT) / CAP_HEIGHT;
  const [margin, padding, sign] = [side * MARGIN, side * PADDING, side * SIGN];
  const textLeft = margin + padding + sign + padding * 0.8;
  const lines = wrap(text, (width - margin - padding - textLeft) / scale);
  const textTall = ((lines.length - 1) * LINE_HEIGHT + CAP_HEIGHT) * scale;
  const inner = Math.max(textTall, sign);
  const tall = inner + 2 * padding;
  const top = height - margin - tall;
  const middle = top + tall / 2;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">`,
    `<rect x="${n(margin)}" y="${n(top)}" width="${n(width - 2 * margin)}" height="${n(tall)}" rx="${n(padding * 0.7)}"`,
    ` fill="${theme.plate}" stroke="${theme.warning}" stroke-width="${n(side * 0.0028)}"/>`,
    warningSign(margin + padding, middle - sign / 2, sign, theme),
    ...lines.map((line, i) =>
      textPath(
        line,
        { left: textLeft, top: middle - textTall / 2 + i * LINE_HEIGHT * scale },
        scale,
        theme.text,
      ),
    ),
    '</svg>',
  ].join('');
}

/** A rounded triangle with an exclamation mark, `size` pixels wide. */
function warningSign(left: number, top: number, size: number, theme: Theme): string {
  return [
    `<g transform="translate(${n(left)} ${n(top)}) scale(${n(size / 24)})" stroke-linecap="round" stroke-linejoin="round">`,
    `<path d="M12 3L22 20.5H2Z" fill="none" stroke="${theme.warning}" stroke-width="1.8"/>`,
    `<path d="M12 9.6V13.6M12 16.9h.01" fill="none" stroke="${theme.warning}" stroke-width="2.1"/></g>`,
  ].join('');
}

/** A line of text as outlines, its capitals' upper left at a place; `scale` is pixels per font unit. */
export function textPath(
  line: string,
  place: { readonly left: number; readonly top: number },
  scale: number,
  color: string,
): string {
  let x = 0;
  const glyphs = [...line].map((character) => {
    const { advance, path } = glyphOf(character);
    const out = path === '' ? '' : `<path transform="translate(${n(x)})" d="${path}"/>`;
    x += advance;
    return out;
  });
  return [
    `<g transform="translate(${n(place.left)} ${n(place.top)}) scale(${n(scale)})" fill="none" stroke="${color}"`,
    ` stroke-width="${PEN}" stroke-linecap="round" stroke-linejoin="round">${glyphs.join('')}</g>`,
  ].join('');
}

/** Breaks at blanks so that no line is wider than `most` font units; a long word is cut. */
export function wrap(text: string, most: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).filter((part) => part !== '')) {
    for (const piece of pieces(word, most)) {
      const longer = line === '' ? piece : `${line} ${piece}`;
      if (line !== '' && textWidth(longer) > most) {
        lines.push(line);
        line = piece;
      } else {
        line = longer;
      }
    }
  }
  return line === '' ? lines : [...lines, line];
}

function pieces(word: string, most: number): string[] {
  const out: string[] = [];
  let piece = '';
  for (const character of word) {
    if (piece !== '' && textWidth(piece + character) > most) {
      out.push(piece);
      piece = '';
    }
    piece += character;
  }
  return [...out, piece];
}

/** Numbers of the SVG with at most three decimals, the same on every machine. */
function n(value: number): string {
  return String(Math.round(value * 1000) / 1000);
}
