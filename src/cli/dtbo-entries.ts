import { UsageError } from '../binary/index.ts';
import { cellsOf, type DtboSource, findNode, readFdt } from '../devicetree/index.ts';

/** One tree as the command line names it. */
export interface DtboRequest {
  readonly file: string;
  readonly values: Readonly<Record<string, string>>;
}

const WORDS = ['id', 'rev', 'flags', 'custom0', 'custom1', 'custom2', 'custom3'] as const;
const KNOWN: readonly string[] = [...WORDS, 'compress'];
const CODECS = ['none', 'zlib', 'gzip'] as const;

/**
 * Reads `FILE [--id N] [--rev N] ... FILE ...` as mkdtboimg does: flags before the first file are for all
 * of them, flags behind a file are its own.
 * @throws UsageError `cli.usage`
 */
export function parseDtboEntries(args: readonly string[]): DtboRequest[] {
  const shared: Record<string, string> = {};
  const requests: { file: string; values: Record<string, string> }[] = [];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? '';
    const flag = /^--([^=]+)(?:=(.*))?$/s.exec(arg);
    if (flag === null) {
      requests.push({ file: arg, values: {} });
      continue;
    }
    const [, name = '', inline] = flag;
    if (!KNOWN.includes(name))
      throw usage(`unknown option --${name}`, `Each tree takes --${KNOWN.join(', --')}.`);
    const value = inline ?? args[++at];
    if (value === undefined) throw usage(`--${name}: a value is missing`);
    (requests.at(-1)?.values ?? shared)[name] = value;
  }
  if (requests.length === 0) throw usage('no device tree is named');
  return requests.map(({ file, values }) => ({ file, values: { ...shared, ...values } }));
}

/**
 * A tree with its numbers; `/node:property` takes the number from the tree itself.
 * @throws UsageError `cli.usage`; FormatError for a damaged tree that a number is taken from
 */
export function dtboSource({ file, values }: DtboRequest, blob: Uint8Array, version: 0 | 1): DtboSource {
  const word = (name: (typeof WORDS)[number]): number => {
    const text = values[name];
    return text === undefined ? 0 : text.startsWith('/') ? fromTree(blob, text, file) : number(name, text);
  };
  const custom = [word('custom0'), word('custom1'), word('custom2'), word('custom3')];
  // The fourth word of version 0 is where version 1 has none: flags are its first.
  if (version === 1 && values['custom3'] !== undefined) throw usage('--custom3: version 1 has three words');
  const compression = CODECS.find((name) => name === (values['compress'] ?? 'none'));
  if (compression === undefined) throw usage(`--compress ${values['compress']}: want ${CODECS.join(', ')}`);
  return {
    blob,
    id: word('id'),
    rev: word('rev'),
    flags: word('flags'),
    custom: version === 1 ? custom.slice(0, 3) : custom,
    compression,
  };
}

function number(name: string, text: string): number {
  const value = /^(?:\d+|0x[\da-f]+)$/i.test(text) ? Number(text) : Number.NaN;
  if (Number.isInteger(value) && value < 2 ** 32) return value;
  throw usage(`--${name} ${text}: want a number of 32 bits, or /node:property`);
}

function fromTree(blob: Uint8Array, text: string, file: string): number {
  const colon = text.lastIndexOf(':');
  const path = colon < 0 ? text : text.slice(0, colon);
  const node = findNode(readFdt(blob), path);
  const [cell] = (node === undefined ? undefined : cellsOf(node, text.slice(colon + 1))) ?? [];
  if (colon > 0 && cell !== undefined) return cell;
  throw usage(`${file} has no number at ${text}`, 'Name it as /node:property.');
}

function usage(message: string, hint?: string): UsageError {
  return new UsageError('cli.usage', message, hint === undefined ? {} : { hint });
}
