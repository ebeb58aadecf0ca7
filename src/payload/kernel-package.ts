import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FormatError, sha256, utf8 } from '../binary/index.ts';
import type { Arch } from '../device/index.ts';
import type { PayloadContext } from './context.ts';
import type { KernelPayload } from './kernel.ts';
import { cachedIndex, moduleFiles, readModuleFile } from './module-folder.ts';
import { debianArch, inputOf } from './package.ts';
import { followKernel } from './resolve.ts';
import { type PackageRoots, packageRoots } from './unpack.ts';

/** A kernel as Debian packages it. */
export interface PackagedKernel {
  readonly name: string;
  readonly suite: string;
  readonly arch: Arch;
}

/**
 * Brings a kernel package and unpacks it. Since 7.x a kernel is split into `linux-binary-*` (vmlinuz),
 * `linux-modules-*` and `linux-base-*` (config, lists, DTBs), all below /usr/lib/modules/RELEASE; before,
 * one `linux-image-*` has /boot/vmlinuz-RELEASE, /lib/modules and /usr/lib/linux-image-RELEASE.
 */
export async function kernelFromPackage(
  context: PayloadContext,
  { name, suite, arch }: PackagedKernel,
): Promise<KernelPayload> {
  const found = await packageRoots(context, [{ name, suite, arch: debianArch(arch) }], followKernel);
  const { release, image } = await findImage(found, name);
  const folder = `/usr/lib/modules/${release}`;
  const find = found.sysroot.find;
  const modules = await find(`${folder}/kernel`);
  const modulesRoot = modules?.slice(0, -'/kernel'.length);
  const configFile = (await find(`${folder}/config`)) ?? (await find(`/boot/config-${release}`));
  const stamp = sha256(utf8(found.packages.map((one) => one.sha256).join('\n')));
  const builtinModinfo = await find(`${folder}/modules.builtin.modinfo`);
  const builtinList = await find(`${folder}/modules.builtin`);
  return {
    release,
    origin: 'package',
    image,
    modulesRoot,
    dtbRoot: (await find(`/usr/lib/linux-image-${release}`)) ?? (await find(`${folder}/dtb`)),
    configText: configFile === undefined ? undefined : await readFile(configFile, 'utf8'),
    index: () =>
      cachedIndex(context, {
        key: stamp,
        release,
        files: async () => (modulesRoot === undefined ? [] : moduleFiles(modulesRoot)),
        builtinModinfo,
        builtinList,
      }),
    readModule: (path) => readModuleFile(join(modulesRoot ?? '', path)),
    inputs: found.packages.map((one) => inputOf(one, 'kernel')),
    packages: found.packages,
    stamp,
  };
}

async function findImage(
  { roots, sysroot }: PackageRoots,
  name: string,
): Promise<{ readonly release: string; readonly image: string }> {
  for (const root of roots) {
    for (const folder of ['usr/lib/modules', 'lib/modules']) {
      for (const release of (await readdir(join(root, folder)).catch(() => [])).sort()) {
        const image =
          (await sysroot.find(`/usr/lib/modules/${release}/vmlinuz`)) ??
          (await sysroot.find(`/boot/vmlinuz-${release}`));
        if (image !== undefined) return { release, image };
      }
    }
  }
  throw new FormatError(
    'payload.kernel-package',
    { field: `package ${name}`, offset: 0, got: 'no vmlinuz', wanted: 'a kernel with its module folder' },
    { hint: 'Name a kernel package, such as linux-image-arm64.' },
  );
}
