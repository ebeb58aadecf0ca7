import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { MnxError, startsWith, UsageError, unreadable, utf8Text } from '../binary/index.ts';
import { readWhole } from '../output/index.ts';
import { checkPng, PNG_SIGNATURE } from './png-chunks.ts';

/** A picture that is going to be drawn, still in its file format. */
export interface Picture {
  /** For messages: the file's name, or "the picture". */
  readonly name: string;
  readonly kind: 'svg' | 'png' | 'jpeg' | 'webp' | 'gif';
  readonly bytes: Uint8Array;
  /** Which picture of a file that holds several; absent: the first. */
  readonly page?: number;
}

/** A splash is a logo; what is larger was taken by mistake. */
const LARGEST_FILE = 32 * 1024 * 1024;

/**
 * Takes bytes or reads a file, and tells by its first bytes what it is; names and endings do not count.
 * @throws UsageError `splash.no-file`; MnxError `splash.picture` (exit code 3) for any other kind
 */
export async function readPicture(image: Uint8Array | string): Promise<Picture> {
  const name = typeof image === 'string' ? basename(image) : 'the picture';
  const bytes = typeof image === 'string' ? await readBytes(await fileOf(image)) : image;
  if (bytes.length > LARGEST_FILE) {
    throw new MnxError(
      'splash.picture',
      `${name} has ${bytes.length} bytes, more than any splash needs (${LARGEST_FILE})`,
      {
        exitCode: 3,
      },
    );
  }
  const kind = kindOf(bytes);
  if (kind === undefined) {
    throw new MnxError(
      'splash.picture',
      `${name} is no picture that can be a splash: it starts with ${firstBytes(bytes)}`,
      {
        exitCode: 3,
        hint: 'Give an SVG, PNG, JPEG, WebP or GIF file.',
      },
    );
  }
  if (kind === 'png') checkPng(bytes, name);
  return { name, kind, bytes };
}

/** A folder of frames stands for its first frame. */
async function fileOf(path: string): Promise<string> {
  const [first] = (await frameFiles(path)) ?? [];
  return first ?? path;
}

/**
 * The pictures of a folder of frames, by the code units of their names; undefined for what is no folder.
 * @throws UsageError `splash.no-frames` for a folder without any
 */
export async function frameFiles(path: string): Promise<string[] | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined || !found.isDirectory()) return undefined;
  const names = (await readdir(path)).filter((name) => !name.startsWith('.')).sort();
  if (names.length > 0) return names.map((name) => join(path, name));
  throw new UsageError('splash.no-frames', `the folder ${path} holds no frames`, {
    hint: 'Name its pictures so that they sort: 001.png, 002.png.',
  });
}

async function readBytes(file: string): Promise<Uint8Array> {
  try {
    return await readWhole(file);
  } catch (cause) {
    throw new UsageError('splash.no-file', `cannot read the picture ${file}${unreadable(cause)}`, {
      hint: 'Give the path of an SVG, PNG, JPEG, WebP or GIF file.',
      cause,
    });
  }
}

const GIF = new TextEncoder().encode('GIF8');
/** A RIFF container names its kind behind the length. */
const RIFF = new TextEncoder().encode('RIFF');
const WEBP = new TextEncoder().encode('WEBP');
const JPEG = new Uint8Array([0xff, 0xd8, 0xff]);

/** An XML prolog, comments and a document type may stand in front of the root. */
const SVG_START =
  /^\uFEFF?\s*(?:<\?xml[^>]*\?>\s*|<!--[\s\S]*?-->\s*|<!DOCTYPE[^>[]*(?:\[[^\]]*\]\s*)?>\s*)*<(?:[\w-]+:)?svg[\s>]/;

function kindOf(bytes: Uint8Array): Picture['kind'] | undefined {
  if (startsWith(bytes, PNG_SIGNATURE)) return 'png';
  if (startsWith(bytes, JPEG)) return 'jpeg';
  if (startsWith(bytes, GIF)) return 'gif';
  if (startsWith(bytes, RIFF) && startsWith(bytes.subarray(8), WEBP)) return 'webp';
  return SVG_START.test(utf8Text(bytes.subarray(0, 65536))) ? 'svg' : undefined;
}

function firstBytes(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'nothing, the file is empty';
  return Buffer.from(bytes.subarray(0, 8))
    .toString('hex')
    .replace(/..(?=.)/g, '$& ');
}
