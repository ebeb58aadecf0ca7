import { FormatError, type MnxError } from '../binary/index.ts';
import { checkRamdisk, type Finding, sortFindings, verifyImage } from '../lint/index.ts';
import { eachLayer, type Layer } from './layer.ts';
import { isCapped } from './spend.ts';
import { type WalkOptions, walkFile } from './walk.ts';

/** What a file is, and what is odd about it. */
export interface Inspection {
  readonly layer: Layer;
  /** Sorted, errors first. */
  readonly findings: readonly Finding[];
  /** Something inside is damaged, or larger than what is expanded. */
  readonly damaged: boolean;
}

/**
 * Looks at a file of any format.
 * @throws FormatError when the file itself is damaged, too large when expanded, or `inspect.unknown`
 */
export async function inspectFile(bytes: Uint8Array, options: WalkOptions = {}): Promise<Inspection> {
  const layer = await walkFile(bytes, options);
  if (layer.problem !== undefined && layer.facts.length === 0 && layer.inside.length === 0)
    throw layer.problem;
  if (layer.format === 'data' || layer.format === 'zeros') throw unknown(bytes);
  const problems = problemsOf(layer);
  const capped = problems.some(({ code }) => code === CAPPED);
  const checked = capped ? [] : await checks(bytes, layer);
  // The rules have their own words for damage in what they look at.
  const told = new Set(checked.map(({ where }) => where));
  const more = problems.filter(({ where }) => !told.has(where.split(' > ')[0] ?? ''));
  return { layer, findings: sortFindings([...checked, ...more]), damaged: problems.length > 0 };
}

function unknown(bytes: Uint8Array): FormatError {
  const head = Buffer.from(bytes.subarray(0, 8)).toString('hex');
  return new FormatError(
    'inspect.unknown',
    {
      field: 'file.magic',
      offset: 0,
      got: bytes.length === 0 ? 'an empty file' : `bytes ${head}`,
      wanted: 'a format that is known here',
    },
    {
      hint: 'Known are boot, init_boot, vendor_boot, vbmeta and dtbo images, device trees and their tables, kernels, ramdisks, Android sparse files and Debian packages.',
    },
  );
}

/** What `mnx verify` would say of an image, and `mnx initramfs check` of a ramdisk. */
async function checks(bytes: Uint8Array, layer: Layer): Promise<readonly Finding[]> {
  try {
    return (await verifyImage(bytes)).findings;
  } catch (error) {
    if (!(error instanceof FormatError) || error.code !== 'bootimg.unknown') throw error;
  }
  const isRamdisk = [...eachLayer(layer)].some(({ format }) => format.startsWith('cpio'));
  return isRamdisk && !isPackage(layer) ? checkRamdisk({ where: 'ramdisk', bytes }) : [];
}

function isPackage({ format }: Layer): boolean {
  return format === 'ar';
}

const CAPPED = 'inspect.capped';

function problemsOf(root: Layer): Finding[] {
  const found: Finding[] = [];
  const visit = (layer: Layer, path: readonly string[]): void => {
    if (layer.problem !== undefined) found.push(problem(layer.problem, path.join(' > ') || 'file'));
    for (const inner of layer.inside) visit(inner, [...path, inner.name]);
  };
  visit(root, []);
  return found;
}

function problem(error: MnxError, where: string): Finding {
  if (isCapped(error)) {
    return {
      code: CAPPED,
      level: 'error',
      what: `it is not expanded: ${error.message}`,
      where,
      why: 'a small file that grows this far is damaged or hostile; what lies in it was left alone',
      todo: 'get the file from its source again; nothing that a phone boots from is this large',
    };
  }
  return {
    code: error.code,
    level: error instanceof FormatError ? 'error' : 'note',
    what: error.message,
    where,
    why: error instanceof FormatError ? 'it is damaged or cut off' : 'what lies in it is left unchecked',
    todo: error.hint ?? 'copy the file again from its source',
  };
}
