import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { closeModules, installedPath, moduleTables } from '../../src/kernel/index.ts';
import { smallIndex } from './kernel-tree.ts';
import type { ModuleSpec } from './module-file.ts';

const names = (set: { readonly modules: readonly { readonly name: string }[] }) =>
  set.modules.map(({ name }) => name);

describe('closeModules', () => {
  it('puts hard dependencies first and softdeps around', async () => {
    const set = closeModules(await smallIndex(), ['storage']);
    expect(names(set)).toEqual(['clk_base', 'bus_core', 'tuner', 'storage', 'crc_fast', 'crc_slow']);
    expect(set.missing).toEqual([]);
    expect(set.why.get('clk_base')).toBe('bus_core <- storage <- wanted');
  });

  it('loads what a post softdep needs before it, even what asked for the softdep', async () => {
    expect(names(closeModules(await smallIndex(), ['top']))).toEqual([
      'clk_base',
      'bus_core',
      'late',
      'top',
      'follower',
    ]);
  });

  it('takes aliases, and prefers modules to built-ins as kmod does', async () => {
    const set = closeModules(await smallIndex(), ['of:NclkT(null)Cacme,clk-v1', 'of:NbT(null)Cacme,block']);
    expect(names(set)).toEqual(['clk_base']);
  });

  it('counts built-ins as present and names what is missing', async () => {
    const wanted = [
      { name: 'built-block', by: 'a' },
      { name: 'nowhere', by: 'the list' },
    ];
    const set = closeModules(await smallIndex(), wanted);
    expect([names(set), set.missing]).toEqual([[], [{ name: 'nowhere', wantedBy: 'the list' }]]);
    expect(set.builtin).toEqual(['built_block']);
  });

  it('brings in what weakdeps name, last and marked, with all that it needs', async () => {
    const index = await smallIndex([
      { name: 'host', modinfo: ['depends=', 'weakdep=helper'] },
      { name: 'helper', modinfo: ['depends=base', 'weakdep=more gone'] },
      { name: 'base', modinfo: ['depends='] },
      { name: 'more', modinfo: ['depends=', 'weakdep=host'] },
    ]);
    const set = closeModules(index, ['host']);
    expect(names(set)).toEqual(['host', 'base', 'helper', 'more']);
    expect([...set.weak]).toEqual(['base', 'helper', 'more']);
    expect(set.missing).toEqual([]);
    expect(set.why.get('base')).toBe('helper <- host (weakdep) <- wanted');
    expect([...closeModules(index, ['host', 'base']).weak]).toEqual(['helper', 'more']);
  });

  it('leaves modules out by either spelling', async () => {
    expect(names(closeModules(await smallIndex(), ['bus_core'], ['clk-base']))).toEqual(['bus_core']);
  });

  it('names the ring of modules that depend on each other', async () => {
    const ring: ModuleSpec[] = [
      { name: 'a', modinfo: ['depends=b'] },
      { name: 'b', modinfo: ['depends=a'] },
    ];
    const index = await smallIndex(ring);
    expect(() => closeModules(index, ['a'])).toThrow('a -> b -> a');
  });

  it('always has every dependency of a module before it', async () => {
    await fc.assert(
      fc.asyncProperty(randomTree(), async (specs) => {
        const index = await smallIndex(specs);
        const set = closeModules(index, ['m0', 'm1']);
        const order = names(set);
        expect(new Set(order).size).toBe(order.length);
        for (const [place, module] of set.modules.entries()) {
          for (const need of module.depends) expect(order.indexOf(need)).toBeLessThan(place);
          expect(module.depends.every((need) => order.includes(need))).toBe(true);
          for (const soft of [...module.softdepsPre, ...module.softdepsPost]) expect(order).toContain(soft);
        }
      }),
      { numRuns: 60 },
    );
  });
});

/** Modules m0..m8: hard dependencies on higher numbers only, softdeps on any. */
function randomTree(): fc.Arbitrary<ModuleSpec[]> {
  const others = fc.array(fc.nat(8), { maxLength: 3 });
  return fc.array(fc.tuple(others, others, others), { minLength: 9, maxLength: 9 }).map((rows) =>
    rows.map(([hard, pre, post], i) => ({
      name: `m${i}`,
      modinfo: [
        `depends=${hard
          .filter((n) => n > i)
          .map((n) => `m${n}`)
          .join(',')}`,
        `softdep=pre: ${pre.map((n) => `m${n}`).join(' ')} post: ${post.map((n) => `m${n}`).join(' ')}`,
      ],
    })),
  );
}

describe('moduleTables', () => {
  it('lists dependencies nearest first, for the files as installed', async () => {
    const index = await smallIndex();
    const tables = moduleTables(index, closeModules(index, ['storage']).modules);
    const line = tables
      .get('modules.dep')
      ?.split('\n')
      .find((text) => text.includes('storage.ko:'));
    expect(line).toBe('kernel/drivers/storage.ko: kernel/drivers/bus_core.ko kernel/drivers/clk-base.ko');
    expect(tables.get('modules.softdep')).toContain('softdep storage pre: tuner post: crc-alias gone\n');
    expect(tables.get('modules.alias')).toContain('alias of:N*T*Cacme,clk-v1C* clk_base\n');
  });

  it('installs modules expanded', () => {
    expect(installedPath({ path: 'kernel/a.ko.xz' } as never)).toBe('kernel/a.ko');
  });
});
