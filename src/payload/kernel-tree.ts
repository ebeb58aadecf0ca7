import { access, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { MissingError, sha256, utf8 } from '../binary/index.ts';
import type { Arch } from '../device/index.ts';
import {
  checkVermagic,
  type ModuleFile,
  moduleNameOfPath,
  readModinfo,
  stripDebug,
} from '../kernel/index.ts';
import type { PayloadContext } from './context.ts';
import type { KernelPayload } from './kernel.ts';
import { cachedIndex, readModuleFile, stampOf } from './module-folder.ts';

/** Where a build leaves its image, best first, and the folder of its device trees. */
const TREES: Readonly<Record<Arch, { readonly images: readonly string[]; readonly dts: string }>> = {
  aarch64: {
    images: ['arch/arm64/boot/Image', 'arch/arm64/boot/Image.gz', 'arch/arm64/boot/vmlinuz.efi'],
    dts: 'arch/arm64/boot/dts',
  },
  armv7: { images: ['arch/arm/boot/zImage', 'arch/arm/boot/Image'], dts: 'arch/arm/boot/dts' },
  x86_64: { images: ['arch/x86/boot/bzImage'], dts: 'arch/x86/boot/dts' },
};

/**
 * A kernel from its build tree (`make O=...`): image, device trees, .config and modules, no
 * `modules_install` needed. Modules lose their debug data when they are read, and must have been built for
 * the release that the tree says.
 *
 * @throws MissingError `payload.kernel-tree` when the tree is not built
 */
export async function kernelFromTree(
  context: PayloadContext,
  { tree, arch }: { readonly tree: string; readonly arch: Arch },
): Promise<KernelPayload> {
  const release = (await readText(join(tree, 'include/config/kernel.release')))?.trim();
  if (release === undefined || release === '') throw notBuilt(tree, 'include/config/kernel.release', arch);
  const { images, dts } = TREES[arch];
  const image = await firstPresent(tree, images);
  if (image === undefined) throw notBuilt(tree, images[0] ?? '', arch);
  const paths = moduleOrder((await readText(join(tree, 'modules.order'))) ?? '');
  const configText = await readText(join(tree, '.config'));
  const stamp = sha256(
    utf8([release, await stampOf(tree, [...BUILTIN, image, ...paths.map(inTree)])].join('\n')),
  );
  return {
    release,
    origin: 'tree',
    image: join(tree, image),
    modulesRoot: paths.length === 0 ? undefined : tree,
    dtbRoot: (await isPresent(join(tree, dts))) ? join(tree, dts) : undefined,
    configText,
    index: async () =>
      cachedIndex(context, {
        key: stamp,
        release,
        files: async () => paths.map((path) => treeModule(tree, path)),
        builtinModinfo: await presentFile(tree, 'modules.builtin.modinfo'),
        builtinList: await presentFile(tree, 'modules.builtin'),
      }),
    readModule: (path) => readStripped(tree, path, release),
    inputs: [
      {
        role: 'kernel',
        name: basename(image),
        version: release,
        sha256: sha256(await readModuleFile(join(tree, image))),
      },
      ...(configText === undefined
        ? []
        : [{ role: 'config', name: '.config', version: release, sha256: sha256(utf8(configText)) }]),
    ],
    packages: [],
    stamp,
  };
}

const BUILTIN = ['modules.builtin', 'modules.builtin.modinfo'] as const;

/**
 * Modules of a modules.order file, by their path on the device. Lines are `kernel/fs/ext4/ext4.ko` (up to
 * Linux 5.2 and in installed folders), `fs/ext4/ext4.ko`, or since 6.3 `fs/ext4/ext4.o`.
 */
export function moduleOrder(text: string): string[] {
  const paths = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map((line) => `kernel/${line.replace(/^kernel\/(?=.*\.ko$)/, '').replace(/\.k?o$/, '.ko')}`);
  return [...new Set(paths)];
}

/** The tree has no folder `kernel` around its modules; its own folder `kernel/` is one of many. */
function inTree(path: string): string {
  return path.slice('kernel/'.length);
}

function treeModule(tree: string, path: string): ModuleFile {
  return { path, read: () => readModuleFile(join(tree, inTree(path))) };
}

async function readStripped(tree: string, path: string, release: string): Promise<Uint8Array> {
  const elf = await readModuleFile(join(tree, inTree(path)));
  checkVermagic(readModinfo(elf, moduleNameOfPath(path)), { release });
  return stripDebug(elf);
}

function notBuilt(tree: string, file: string, arch: Arch): MissingError {
  const make = {
    aarch64: 'ARCH=arm64 Image modules dtbs',
    armv7: 'ARCH=arm zImage modules dtbs',
    x86_64: 'bzImage modules',
  };
  return new MissingError('payload.kernel-tree', `${tree} is no built kernel tree: ${file} is missing`, {
    hint: `Build it first: make O=${tree} ${make[arch]}`,
  });
}

async function firstPresent(tree: string, paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) if (await isPresent(join(tree, path))) return path;
  return undefined;
}

async function presentFile(tree: string, name: string): Promise<string | undefined> {
  return (await isPresent(join(tree, name))) ? join(tree, name) : undefined;
}

async function isPresent(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function readText(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined);
}
