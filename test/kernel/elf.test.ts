import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../../src/binary/index.ts';
import {
  checkVermagic,
  decodeIndex,
  encodeIndex,
  readElf,
  readModinfo,
  stripDebug,
} from '../../src/kernel/index.ts';
import { smallIndex } from './kernel-tree.ts';
import { moduleFile } from './module-file.ts';

const file = moduleFile({
  name: 'acme-x',
  exports: ['x_on'],
  modinfo: [
    'depends=a-b,c',
    'alias=of:N*',
    'softdep=odd pre: p-q post: r s',
    'weakdep=w',
    'firmware=f.bin',
    'license=GPL',
  ],
});

/** Only FormatError may come out of a reader. */
function survives(read: () => unknown): void {
  try {
    read();
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError);
  }
}

describe('readElf', () => {
  it('reads what the builder wrote', () => {
    const elf = readElf(file);
    expect([elf.bits, elf.machine, elf.type, elf.dynamic, elf.interpreter]).toEqual([
      64,
      183,
      1,
      undefined,
      undefined,
    ]);
    expect(elf.sections.map(({ name }) => name)).toContain('.modinfo');
  });

  it('answers any truncation and any changed byte with a FormatError or a value', () => {
    for (let end = 0; end < file.length; end += 7) survives(() => readElf(file.subarray(0, end)));
    fc.assert(
      fc.property(fc.nat(file.length - 1), fc.nat(255), (at, value) => {
        const bad = Uint8Array.from(file);
        bad[at] = value;
        survives(() => readElf(bad));
        survives(() => readModinfo(bad, 'acme-x'));
        survives(() => stripDebug(bad));
      }),
      { numRuns: 1500 },
    );
  });

  it('refuses big-endian files and unknown classes', () => {
    const big = Uint8Array.from(file);
    big[5] = 2;
    expect(() => readElf(big)).toThrow(/little-endian/);
    const odd = Uint8Array.from(file);
    odd[4] = 3;
    expect(() => readElf(odd)).toThrow(/32 bit/);
  });
});

describe('readModinfo', () => {
  it('sorts the entries', () => {
    expect(readModinfo(file, 'acme-x')).toEqual({
      name: 'acme_x',
      aliases: ['of:N*'],
      depends: ['a_b', 'c'],
      softdepsPre: ['p-q'],
      softdepsPost: ['r', 's'],
      weakdeps: ['w'],
      firmware: ['f.bin'],
      vermagic: '1.0-test SMP aarch64',
      license: 'GPL',
    });
  });

  it('holds vermagic against the kernel', () => {
    const module = readModinfo(file, 'acme-x');
    expect(() => checkVermagic(module, { release: '1.0-test' })).not.toThrow();
    expect(() => checkVermagic(module, { release: '1.0' })).toThrow(/1\.0-test SMP/);
    expect(() => checkVermagic(module, { release: '1.0-test', vermagic: '1.0-test aarch64' })).toThrow();
  });
});

describe('the module index', () => {
  it('comes back from its JSON, aliases included', async () => {
    const index = await smallIndex();
    const back = decodeIndex(encodeIndex(index));
    expect([...(back?.modules ?? [])]).toEqual([...index.modules]);
    expect([...(back?.builtin ?? [])]).toEqual([...index.builtin]);
    expect(back?.aliases.match('of:NbT(null)Cacme,block')).toEqual(['built_block']);
  });

  it('is the same for files in any order', async () => {
    const index = await smallIndex();
    const { indexModules } = await import('../../src/kernel/index.ts');
    const { BUILTIN_LIST, BUILTIN_MODINFO, moduleFiles, RELEASE } = await import('./kernel-tree.ts');
    const turned = await indexModules({
      release: RELEASE,
      files: moduleFiles().reverse(),
      builtinList: BUILTIN_LIST,
      builtinModinfo: BUILTIN_MODINFO,
    });
    expect(encodeIndex(turned)).toBe(encodeIndex(index));
  });

  it('makes a cache of another shape anew', () => {
    expect(decodeIndex('{"schema":1}')).toBeUndefined();
  });
});
