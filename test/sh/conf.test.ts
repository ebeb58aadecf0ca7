import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { utf8, utf8Text } from '../../src/binary/index.ts';
import { CONF_KEYS, type Conf, type ConfKey, writeConf } from '../../src/initramfs/index.ts';

const SHELLS: readonly (readonly string[])[] = [['busybox', 'ash'], ['dash']];
const present = SHELLS.filter(([program = '']) => spawnSync(program, ['-c', ':']).error === undefined);
if (present.length < SHELLS.length) console.log('skipping shells that are not installed: busybox or dash');

const scratch = mkdtempSync(join(tmpdir(), 'mnx-conf-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const LISTS = ['mnx_modules', 'mnx_usb_functions'];
const keys = Object.keys(CONF_KEYS) as ConfKey[];

/** The text without what a setting cannot hold. */
function valueFor(key: ConfKey, text: string): string {
  const lines = LISTS.includes(key) ? text : text.replaceAll('\n', ' ');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out
  return utf8Text(utf8(lines.replace(/[\x00-\x09\x0b-\x1f\x7f]/g, '')));
}

const word = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.string({
    unit: fc.constantFrom("'", '"', '\\', '$', '`', ' ', '\n', '-', '(', ';', '#', 'x', '木'),
    maxLength: 12,
  }),
);
const confs = fc
  .array(word, { minLength: keys.length, maxLength: keys.length })
  .map((texts) => Object.fromEntries(keys.map((key, i) => [key, valueFor(key, texts[i] ?? '')])) as Conf);

describe.each(present)('%s %s', (program = '', ...first) => {
  it('reads back every value as it was', () => {
    const file = join(scratch, 'mnx.conf');
    const script = `. "$1"; for key in ${keys.join(' ')}; do eval "printf '%s\\\\0' \\"\\$$key\\""; done`;
    fc.assert(
      fc.property(confs, (conf) => {
        writeFileSync(file, writeConf(conf));
        const { stdout, status, stderr } = spawnSync(program, [...first, '-c', script, 'sh', file], {
          encoding: 'utf8',
        });
        expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
        expect(stdout.split('\0').slice(0, -1)).toEqual(keys.map((key) => conf[key] ?? ''));
      }),
      { numRuns: 60 },
    );
  });
});
