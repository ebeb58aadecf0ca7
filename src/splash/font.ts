import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Face, Font as Shaper } from 'harfbuzzjs';
import { MnxError } from '../binary/index.ts';
import { edgesOf, type PathCommand } from './outline.ts';
import type { Edges } from './raster.ts';

/** From one baseline to the next, in sizes of the text. */
export const LEADING = 1.32;
/** How high a capital stands, in sizes of the text: Inter's, and near to that of any other font. */
export const CAPITAL = 0.727;

/** A glyph of a line of text: which one, and where its origin lies, in the font's units. */
interface Glyph {
  readonly id: number;
  readonly x: number;
  readonly y: number;
}

interface Line {
  readonly glyphs: readonly Glyph[];
  /** From the start to the end of the line, in the font's units. */
  readonly advance: number;
}

/** Where a line of text stands: its left end and its baseline, and how large its capitals' em is. */
export interface TextPlace {
  readonly left: number;
  readonly baseline: number;
  readonly size: number;
}

/**
 * A font file that shapes text to outlines. HarfBuzz shapes, so that joined scripts, marks and kerning
 * come out right; no font of the host is ever asked, so the same text gives the same pixels everywhere.
 */
export class Font {
  readonly #hb: typeof import('harfbuzzjs');
  readonly #face: Face;
  readonly #shaper: Shaper;
  readonly #name: string;
  readonly #lines = new Map<string, Line>();
  readonly #paths = new Map<number, readonly PathCommand[]>();

  /** `name` is for messages. */
  constructor(hb: typeof import('harfbuzzjs'), name: string, bytes: Uint8Array) {
    this.#hb = hb;
    this.#name = name;
    this.#face = new hb.Face(new hb.Blob(bytes));
    this.#shaper = new hb.Font(this.#face);
    if (!this.#hasLetters()) throw noFont(name);
  }

  /** Width of a line in pixels. */
  width(text: string, size: number): number {
    return (this.#line(text).advance * size) / this.#face.upem;
  }

  /**
   * The outlines of a line.
   * @throws MnxError `splash.glyph` (exit code 3) for a character that the font lacks
   */
  edges(text: string, { left, baseline, size }: TextPlace): Edges {
    const scale = size / this.#face.upem;
    const out: number[] = [];
    for (const { id, x, y } of this.#line(text).glyphs) {
      const place = { left: Math.round(left + x * scale), top: baseline - y * scale, scale, scaleY: -scale };
      for (const edge of edgesOf(this.#path(id), place)) out.push(edge);
    }
    return out;
  }

  /** Breaks at blanks, so that no line is wider than `most` pixels; a long word is cut. */
  wrap(text: string, size: number, most: number): string[] {
    const lines: string[] = [];
    let line = '';
    for (const word of text.split(/\s+/).filter((part) => part !== '')) {
      for (const piece of this.#pieces(word, size, most)) {
        const longer = line === '' ? piece : `${line} ${piece}`;
        if (line !== '' && this.width(longer, size) > most) {
          lines.push(line);
          line = piece;
        } else {
          line = longer;
        }
      }
    }
    return line === '' ? lines : [...lines, line];
  }

  #pieces(word: string, size: number, most: number): string[] {
    if (this.width(word, size) <= most) return [word];
    const out: string[] = [];
    let piece = '';
    for (const character of word) {
      if (piece !== '' && this.width(piece + character, size) > most) {
        out.push(piece);
        piece = '';
      }
      piece += character;
    }
    return [...out, piece];
  }

  #hasLetters(): boolean {
    try {
      return this.#line('A').advance > 0;
    } catch {
      return false;
    }
  }

  #line(text: string): Line {
    const line = this.#lines.get(text) ?? this.#shaped(text);
    this.#lines.set(text, line);
    return line;
  }

  #shaped(text: string): Line {
    const buffer = new this.#hb.Buffer();
    buffer.addText(text);
    buffer.guessSegmentProperties();
    this.#hb.shape(this.#shaper, buffer);
    const positions = buffer.getGlyphPositions();
    let advance = 0;
    const glyphs = buffer.getGlyphInfos().map(({ codepoint, cluster }, i): Glyph => {
      if (codepoint === 0) throw this.#lacking(text.slice(cluster));
      const at = positions[i];
      const glyph = { id: codepoint, x: advance + (at?.xOffset ?? 0), y: at?.yOffset ?? 0 };
      advance += at?.xAdvance ?? 0;
      return glyph;
    });
    return { glyphs, advance };
  }

  #lacking(rest: string): MnxError {
    const [character = ''] = rest;
    const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    return new MnxError('splash.glyph', `the font ${this.#name} has no glyph for ${character} (U+${code})`, {
      exitCode: 3,
      hint: 'Name a font that has it in the theme, or write the text with other letters.',
    });
  }

  #path(id: number): readonly PathCommand[] {
    const path = this.#paths.get(id) ?? this.#shaper.glyphToJson(id);
    this.#paths.set(id, path);
    return path;
  }
}

const known = new Map<string, Promise<Font>>();

/**
 * The font of a theme.
 * @throws MnxError `splash.font` (exit code 3) for a file that is no font; it has the letter A at least
 */
export function loadFont({ font: file }: { readonly font: string }): Promise<Font> {
  const font = known.get(file) ?? readFont(file);
  known.set(file, font);
  return font;
}

async function readFont(file: string): Promise<Font> {
  const name = basename(file);
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new MnxError('splash.font', `cannot read the font ${name}`, { exitCode: 3, cause });
  });
  return new Font(await import('harfbuzzjs'), name, bytes);
}

function noFont(name: string): MnxError {
  return new MnxError('splash.font', `${name} is no font, or has no letters`, {
    exitCode: 3,
    hint: 'Give a TrueType or OpenType file (.ttf, .otf).',
  });
}
