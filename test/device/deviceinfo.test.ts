import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadDevice } from '../../src/device/index.ts';

const CORPUS = resolve(import.meta.dirname, '../../../shared/corpus/deviceinfo');
const there = existsSync(CORPUS);
if (!there) console.log('skipped: no deviceinfo corpus beside the repository');

/** Values of a deviceinfo file: shell assignments in double quotes. */
function deviceinfo(name: string): ReadonlyMap<string, string> {
  const text = readFileSync(`${CORPUS}/device-${name}/deviceinfo`, 'utf8');
  return new Map(
    [...text.matchAll(/^deviceinfo_(\w+)="([^"]*)"/gm)].map((match) => [match[1] ?? '', match[2] ?? '']),
  );
}

/** postmarketOS's numbers for the same phones, written down by other people. */
describe.skipIf(!there)('agrees with deviceinfo', () => {
  it.each([
    ['asus-z00t', 'downstream'],
    ['asus-flo', 'mainline'],
    ['motorola-addison', undefined],
    ['oneplus-enchilada', undefined],
  ])('%s %s', (name, variant) => {
    const info = deviceinfo(name);
    const { bootimg, screen, arch, year, kernel } = loadDevice(
      name,
      variant === undefined ? {} : { variant },
    );
    // An absent base is mkbootimg's own default.
    const number = (key: string, fallback?: string) => Number(info.get(key) ?? fallback);
    expect(bootimg).toMatchObject({
      base: number('flash_offset_base', '0x10000000'),
      kernelOffset: number('flash_offset_kernel'),
      ramdiskOffset: number('flash_offset_ramdisk'),
      secondOffset: number('flash_offset_second'),
      tagsOffset: number('flash_offset_tags'),
      pageSize: number('flash_pagesize'),
      dtb: info.get('bootimg_qcdt') === 'true' ? 'qcdt' : 'append',
    });
    expect(screen).toMatchObject({ width: number('screen_width'), height: number('screen_height') });
    expect(arch).toBe(info.get('arch'));
    expect(year).toBe(number('year'));
    const dtb = info.get('dtb');
    if (dtb !== undefined) expect(kernel.dtb?.endsWith(`${dtb}.dtb`)).toBe(true);
  });
});
