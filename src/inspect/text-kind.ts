import { type Format, FormatError, utf8Text } from '../binary/index.ts';
import { kindOf } from './kind.ts';

/** Text: a boot configuration, a kernel's configuration. Nothing marks it, so it is never detected. */
const textFormat: Format<Uint8Array> = {
  name: 'text',
  detect: () => false,
  read: (bytes) => {
    const nul = bytes.indexOf(0);
    if (nul < 0) return bytes;
    throw new FormatError('inspect.text', { field: 'text', offset: nul, got: 0, wanted: 'text without NUL' });
  },
  write: (bytes) => bytes,
  describe: (bytes) => {
    const lines = utf8Text(bytes).split('\n');
    return lines.at(-1) === '' ? lines.slice(0, -1).map(asFact) : lines.map(asFact);
  },
};

function asFact(value: string, i: number) {
  return { name: `line ${i + 1}`, value };
}

export const textKind = kindOf(textFormat, {
  title: (bytes) =>
    `text, ${
      utf8Text(bytes)
        .split('\n')
        .filter((line) => line !== '').length
    } lines`,
});
