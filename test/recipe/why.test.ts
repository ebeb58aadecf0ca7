import { describe, expect, it } from 'vitest';
import { whyInside } from '../../src/recipe/index.ts';

const MODULE = 'usr/lib/modules/7/kernel/fs/jbd2/jbd2.ko';
const made = {
  why: {
    paths: new Map([
      ['usr/sbin/tool', { because: 'a program of this build' }],
      ['usr/lib/libz.so.1', { because: 'a link to', of: 'usr/lib/libz.so.1.3' }],
      ['usr/lib/libz.so.1.3', { because: 'a library (NEEDED) of', of: 'usr/sbin/tool' }],
      ['etc/tool', { because: 'overlay' }],
      ['usr/lib/firmware/a.bin', { because: 'the firmware of wifi <- mac80211 <- /soc/wifi@2 (acme,wifi)' }],
      [MODULE, { because: 'modules' }],
    ]),
    modules: new Map([['jbd2', 'ext4 <- /soc/mmc@1 (qcom,sdhci)']]),
  },
};

describe('whyInside', () => {
  it('follows modules, libraries and links to what began it', () => {
    expect(whyInside('jbd2', made)).toEqual([{ path: MODULE, links: ['ext4', '/soc/mmc@1 (qcom,sdhci)'] }]);
    expect(whyInside('libz.so.1', made)).toEqual([
      {
        path: 'usr/lib/libz.so.1',
        links: [
          'a link to usr/lib/libz.so.1.3',
          'a library (NEEDED) of usr/sbin/tool',
          'a program of this build',
        ],
      },
    ]);
  });

  it('follows firmware to the device that its driver is there for', () => {
    expect(whyInside('a.bin', made)[0]?.links).toEqual([
      'the firmware of wifi',
      'mac80211',
      '/soc/wifi@2 (acme,wifi)',
    ]);
  });

  it('takes a path before names, and tells of every file of a name', () => {
    expect(whyInside('/etc/tool', made).map(({ path }) => path)).toEqual(['etc/tool']);
    expect(whyInside('tool', made).map(({ path }) => path)).toEqual(['usr/sbin/tool', 'etc/tool']);
  });

  it('refuses what is not there', () => {
    expect(() => whyInside('nothing', made)).toThrow(expect.objectContaining({ code: 'recipe.not-inside' }));
  });
});
