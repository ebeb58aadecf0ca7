import { access, readdir, realpath } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { MissingError, sha256, UsageError, unreadable, utf8, utf8Text } from '../binary/index.ts';
import { detectCodec, expand, gunzip } from '../compress/index.ts';
import { extractIkconfig, readKernelImage, releaseOf } from '../kernel/index.ts';
import { readWhole } from '../output/index.ts';
import type { PayloadContext } from './context.ts';
import type { KernelPayload } from './kernel.ts';
import { cachedIndex, moduleFiles, readModuleFile, stampOf } from './module-folder.ts';

/** A kernel expands to less than this, or it is no kernel. */
const LIMIT = { limit: 256 * 1024 * 1024 } as const;

/** What a user's own kernel consists of. */
export interface KernelFile {
  readonly kernel: string;
  /** lib/modules/RELEASE, or a folder with that inside (`make INSTALL_MOD_PATH=... modules_install`). */
  readonly modules?: string | undefined;
  /** Its `.config`; absent: `config` in the module folder, as Debian has it, else what the kernel itself carries. */
  readonly config?: string | undefined;
  readonly dtbRoot?: string | undefined;
}

/**
 * The user's own kernel file, with an installed module folder when one is named.
 *
 * @throws MissingError `payload.input` for a path that cannot be read, FormatError `kernel.not-a-kernel`
 */
export async function kernelFromFile(
  context: PayloadContext,
  { kernel, modules, config, dtbRoot }: KernelFile,
): Promise<KernelPayload> {
  const file = await readNamed(kernel);
  const facts = await factsOf(file);
  const modulesRoot = modules === undefined ? undefined : await moduleFolder(modules);
  const release = modulesRoot === undefined ? facts.release : basename(await realpath(modulesRoot));
  const files = modulesRoot === undefined ? [] : await moduleFiles(modulesRoot);
  const configFile = config ?? (await beside(modulesRoot, 'config'));
  const given = configFile === undefined ? undefined : await readNamed(configFile);
  const hash = sha256(file);
  const stamp = sha256(
    utf8(
      [
        hash,
        release,
        given === undefined ? '' : sha256(given),
        modulesRoot === undefined
          ? ''
          : await stampOf(modulesRoot, [
              'modules.builtin',
              'modules.builtin.modinfo',
              ...files.map(({ path }) => path),
            ]),
      ].join('\n'),
    ),
  );
  return {
    release,
    origin: 'file',
    image: kernel,
    modulesRoot,
    dtbRoot,
    configText: given === undefined ? facts.configText : utf8Text(given),
    index: async () =>
      cachedIndex(context, {
        key: stamp,
        release,
        files: async () => files,
        builtinModinfo: await beside(modulesRoot, 'modules.builtin.modinfo'),
        builtinList: await beside(modulesRoot, 'modules.builtin'),
      }),
    readModule: (path) => readModuleFile(join(modulesRoot ?? '', path)),
    inputs: [
      { role: 'kernel', name: basename(kernel), version: release, sha256: hash },
      ...(given === undefined
        ? []
        : [{ role: 'config', name: '.config', version: release, sha256: sha256(given) }]),
    ],
    packages: [],
    stamp,
  };
}

/** What the image says of itself; device trees behind a compressed kernel are not looked at. */
async function factsOf(file: Uint8Array): Promise<{ release: string; configText: string | undefined }> {
  const codec = detectCodec(file);
  const image = codec === 'gzip' ? gunzip(file, LIMIT).data : await expand(file, { ...LIMIT, codec });
  const { version } = readKernelImage(image);
  return { release: version === undefined ? '' : releaseOf(version), configText: extractIkconfig(image) };
}

async function moduleFolder(path: string): Promise<string> {
  if (await looksInstalled(path)) return path;
  for (const below of ['lib/modules', 'usr/lib/modules']) {
    const names = await readdir(join(path, below)).catch(() => []);
    const [only] = names;
    if (only !== undefined && names.length === 1) return join(path, below, only);
    if (names.length > 1) {
      throw new UsageError('payload.modules', `${join(path, below)} has modules of ${names.length} kernels`, {
        hint: `Name one of them: ${names
          .sort()
          .slice(0, 4)
          .map((name) => join(path, below, name))
          .join(', ')}`,
      });
    }
  }
  throw new MissingError('payload.modules', `${path} is no module folder`, {
    hint: 'Name lib/modules/RELEASE, as make modules_install leaves it.',
  });
}

async function looksInstalled(path: string): Promise<boolean> {
  const names: string[] = await readdir(path).catch(() => []);
  return ['kernel', 'modules.order', 'modules.builtin'].some((name) => names.includes(name));
}

async function beside(folder: string | undefined, name: string): Promise<string | undefined> {
  if (folder === undefined) return undefined;
  return access(join(folder, name)).then(
    () => join(folder, name),
    () => undefined,
  );
}

async function readNamed(path: string): Promise<Uint8Array> {
  const bytes = await readWhole(path).catch((error: unknown) => {
    throw new MissingError('payload.input', `cannot read ${path}${unreadable(error)}`, {
      hint: 'Check the path that was given.',
      cause: error,
    });
  });
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}
