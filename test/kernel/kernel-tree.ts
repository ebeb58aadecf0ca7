import type { ModuleFile, ModuleIndex } from '../../src/kernel/index.ts';
import { indexModules } from '../../src/kernel/index.ts';
import { type ModuleSpec, moduleFile } from './module-file.ts';

export const RELEASE = '1.0-test';

/** A small kernel: hard dependencies, softdeps in a ring, aliases with brackets, built-ins. */
export const MODULES: readonly ModuleSpec[] = [
  {
    name: 'clk-base',
    exports: ['clk_get'],
    modinfo: ['depends=', 'alias=of:N*T*Cacme,clk-v1', 'alias=of:N*T*Cacme,clk-v1C*'],
  },
  { name: 'bus_core', exports: ['bus_add'], imports: ['clk_get'], modinfo: ['depends=clk-base'] },
  {
    name: 'storage',
    imports: ['bus_add', 'clk_get'],
    modinfo: [
      'depends=bus_core,clk-base',
      'alias=of:N*T*Cacme,store[0-3]*',
      'softdep=pre: tuner post: crc-alias gone',
    ],
  },
  { name: 'tuner', imports: ['bus_add'], modinfo: ['depends=bus_core', 'softdep=pre: storage'] },
  { name: 'crc_fast', modinfo: ['depends=', 'alias=crc-alias'] },
  { name: 'crc_slow', modinfo: ['depends=', 'alias=crc-alias', 'softdep=post: storage'] },
  {
    name: 'late',
    imports: ['bus_add'],
    exports: ['late_x'],
    modinfo: ['depends=bus_core', 'softdep=post: follower'],
  },
  { name: 'follower', imports: ['top_y', 'late_x'], modinfo: ['depends=top,late'] },
  { name: 'top', imports: ['late_x'], exports: ['top_y'], modinfo: ['depends=late'] },
];

export const BUILTIN_LIST = 'kernel/drivers/block/built-block.ko\nkernel/fs/plainfs.ko\n';
export const BUILTIN_MODINFO = new Uint8Array(
  Buffer.from(
    'built_block.alias=of:N*T*Cacme,block\0built_block.license=GPL\0built_block.file=drivers/block/built-block\0',
  ),
);

export const pathOf = (name: string) => `kernel/drivers/${name}.ko`;

export function moduleFiles(specs: readonly ModuleSpec[] = MODULES): ModuleFile[] {
  return specs.map((spec) => ({ path: pathOf(spec.name), read: async () => moduleFile(spec) }));
}

export function smallIndex(specs: readonly ModuleSpec[] = MODULES): Promise<ModuleIndex> {
  return indexModules({
    release: RELEASE,
    files: moduleFiles(specs),
    builtinList: BUILTIN_LIST,
    builtinModinfo: BUILTIN_MODINFO,
  });
}
