import { mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { latin1, sha256 } from '../../src/binary/index.ts';
import { Arm64Header, readModinfo } from '../../src/kernel/index.ts';
import {
  dtbPath,
  type KernelRequest,
  kernelPayload,
  type PayloadContext,
  type Progress,
  payloadContext,
  programPayload,
} from '../../src/payload/index.ts';
import { moduleOrder } from '../../src/payload/kernel-tree.ts';
import { moduleFile } from '../kernel/module-file.ts';
import type { Member } from './deb-file.ts';
import { folderArchive, scratch, writeSuite } from './fake-archive.ts';

const place = scratch();
afterAll(() => place.remove());

/** The release in the vermagic of synthetic modules. */
const RELEASE = '1.0-test';
const ALPHA = moduleFile({ name: 'alpha', modinfo: ['alias=of:NaT*Cacme,alpha', 'depends=beta'] });
const BETA = moduleFile({ name: 'beta' });
const IMAGE = Buffer.concat([
  Arm64Header.write({
    code0: 0x14000010,
    code1: 0,
    textOffset: 0n,
    imageSize: 0x20000n,
    flags: 0xan,
    reserved: new Uint8Array(24),
    magic: 'ARM\x64',
    peOffset: 0,
  }),
  latin1(`Linux version ${RELEASE} (a@b) #1\n\0`),
]);

const BUILTIN_LIST = 'kernel/fs/plain.ko\n';
const BUILTIN_MODINFO = latin1('plain.alias=fs-plain\0plain.license=GPL\0');

const modules = (folder: string): Member[] => [
  { name: `${folder}/kernel/drivers/alpha.ko`, content: ALPHA },
  { name: `${folder}/kernel/lib/beta.ko`, content: BETA },
];

const lists = (folder: string): Member[] => [
  { name: `${folder}/modules.builtin`, content: BUILTIN_LIST },
  { name: `${folder}/modules.builtin.modinfo`, content: BUILTIN_MODINFO },
];

const SPLIT = `./usr/lib/modules/${RELEASE}`;
const archiveRoot = join(place.path, 'archive');
const archive = folderArchive(archiveRoot);

beforeAll(async () => {
  await writeSuite(archiveRoot, {
    suite: 'split',
    arch: 'arm64',
    packages: [
      { name: 'linux-image-arm64', version: '7.2-1', depends: `linux-image-${RELEASE} (= 7.2-1)` },
      {
        name: `linux-image-${RELEASE}`,
        version: '7.2-1',
        depends: `dracut | initramfs-tools (>= 0.120), linux-base-${RELEASE} (= 7.2-1), linux-binary-${RELEASE} (= 7.2-1), linux-modules-${RELEASE} (= 7.2-1)`,
      },
      {
        name: `linux-base-${RELEASE}`,
        version: '7.2-1',
        files: [
          ...lists(SPLIT),
          { name: `${SPLIT}/config`, content: 'CONFIG_A=y\n' },
          { name: `${SPLIT}/dtb/acme/phone-one.dtb`, content: 'dtb' },
          { name: `./usr/lib/linux-image-${RELEASE}`, type: 'symlink', linkname: `modules/${RELEASE}/dtb` },
        ],
      },
      {
        name: `linux-binary-${RELEASE}`,
        version: '7.2-1',
        files: [{ name: `${SPLIT}/vmlinuz`, content: IMAGE }],
      },
      { name: `linux-modules-${RELEASE}`, version: '7.2-1', depends: 'kmod', files: modules(SPLIT) },
    ],
  });
  await writeSuite(archiveRoot, {
    suite: 'whole',
    arch: 'arm64',
    packages: [
      { name: 'linux-image-arm64', depends: `linux-image-${RELEASE}` },
      {
        name: `linux-image-${RELEASE}`,
        depends: 'kmod, linux-base (>= 4.3~)',
        files: [
          { name: `./boot/vmlinuz-${RELEASE}`, content: IMAGE },
          { name: `./boot/config-${RELEASE}`, content: 'CONFIG_A=y\n' },
          { name: `./usr/lib/linux-image-${RELEASE}/acme/phone-one.dtb`, content: 'dtb' },
          ...modules(`./lib/modules/${RELEASE}`),
          ...lists(`./lib/modules/${RELEASE}`),
        ],
      },
    ],
  });
  await writeSuite(archiveRoot, {
    suite: 'odd',
    arch: 'arm64',
    packages: [
      { name: 'linux-image-arm64' },
      { name: 'prog', depends: 'libprog', files: [{ name: './usr/bin/prog', mode: 0o755, content: 'x' }] },
      { name: 'libprog', files: [{ name: './lib/a/libprog.so', content: 'y' }] },
    ],
  });
});

let seen: Progress[] = [];

async function context(): Promise<PayloadContext> {
  seen = [];
  const made = await payloadContext({
    cache: join(place.path, 'cache'),
    lockFile: join(place.path, 'none'),
    onProgress: (progress) => seen.push(progress),
  });
  return { ...made, archive: async () => archive };
}

const request = (more: Partial<KernelRequest>): KernelRequest => ({ arch: 'aarch64', ...more });

describe.each(['split', 'whole'])('a kernel from %s packages', (suite) => {
  const wanted = request({ package: { name: 'linux-image-arm64', suite } });

  it('is found with everything that belongs to it', async () => {
    const kernel = await kernelPayload(await context(), wanted);
    expect(kernel).toMatchObject({ release: RELEASE, origin: 'package', configText: 'CONFIG_A=y\n' });
    expect(readFileSync(kernel.image)).toEqual(IMAGE);
    expect(readFileSync(await dtbPath(kernel, 'acme/phone-one.dtb'), 'utf8')).toBe('dtb');
    expect(await kernel.readModule('kernel/drivers/alpha.ko')).toEqual(ALPHA);
    expect(kernel.packages[0]?.name).toBe('linux-image-arm64');
    expect(kernel.inputs.map(({ role }) => role)).toEqual(kernel.packages.map(() => 'kernel'));
  });

  it('reads its modules once, then from the cache', async () => {
    const first = await (await kernelPayload(await context(), wanted)).index();
    expect([...first.modules.keys()]).toEqual(['alpha', 'beta']);
    expect([...first.builtin.keys()]).toEqual(['plain']);
    const again = await kernelPayload(await context(), wanted);
    const kept = await again.index();
    expect(seen).toEqual([]);
    expect(kept.modules).toEqual(first.modules);
    expect(await again.index()).toBe(kept);
  });

  it('names the nearest device trees', async () => {
    const kernel = await kernelPayload(await context(), wanted);
    for (const name of ['acme/phone-two.dtb', '../../../../../acme/phone-two.dtb']) {
      await expect(dtbPath(kernel, name)).rejects.toMatchObject({ code: 'payload.no-dtb', exitCode: 4 });
    }
    await expect(dtbPath(kernel, 'acme/phone-two.dtb')).rejects.toMatchObject({
      hint: expect.stringContaining('acme/phone-one.dtb'),
    });
  });
});

it('a package without a kernel is none', async () => {
  const wanted = request({ package: { name: 'linux-image-arm64', suite: 'odd' } });
  await expect(kernelPayload(await context(), wanted)).rejects.toMatchObject({
    code: 'payload.kernel-package',
  });
  await expect(kernelPayload(await context(), request({}))).rejects.toMatchObject({
    code: 'payload.no-kernel',
    exitCode: 4,
  });
});

function put(root: string, files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
}

describe('a kernel from a build tree', () => {
  const tree = join(place.path, 'tree');
  const wanted = request({ kernelTree: tree });

  beforeAll(() =>
    put(tree, {
      'include/config/kernel.release': `${RELEASE}\n`,
      'arch/arm64/boot/Image': IMAGE,
      'arch/arm64/boot/dts/acme/phone-one.dtb': 'dtb',
      '.config': 'CONFIG_A=y\n',
      'modules.order': 'drivers/alpha.o\nkernel/sched/beta.o\n',
      'modules.builtin': BUILTIN_LIST,
      'modules.builtin.modinfo': BUILTIN_MODINFO,
      'drivers/alpha.ko': ALPHA,
      'kernel/sched/beta.ko': BETA,
    }),
  );

  it('is taken as the build left it', async () => {
    const kernel = await kernelPayload(await context(), wanted);
    expect(kernel).toMatchObject({ release: RELEASE, origin: 'tree', configText: 'CONFIG_A=y\n' });
    expect(kernel.inputs[0]).toEqual({
      role: 'kernel',
      name: 'Image',
      version: RELEASE,
      sha256: sha256(IMAGE),
    });
    expect(await dtbPath(kernel, 'acme/phone-one.dtb')).toBe(
      join(tree, 'arch/arm64/boot/dts/acme/phone-one.dtb'),
    );
    const index = await kernel.index();
    expect([...index.modules.values()].map(({ path }) => path)).toEqual([
      'kernel/drivers/alpha.ko',
      'kernel/kernel/sched/beta.ko',
    ]);
    const module = await kernel.readModule('kernel/kernel/sched/beta.ko');
    expect(readModinfo(module, 'beta').vermagic).toContain(RELEASE);
  });

  it('has another stamp when a module was built anew', async () => {
    const before = await kernelPayload(await context(), wanted);
    const same = await kernelPayload(await context(), wanted);
    utimesSync(join(tree, 'drivers/alpha.ko'), new Date(1000), new Date(1000));
    const after = await kernelPayload(await context(), wanted);
    expect([same.stamp === before.stamp, after.stamp === before.stamp]).toEqual([true, false]);
  });

  it('refuses modules of another build', async () => {
    put(tree, { 'include/config/kernel.release': '2.0-other\n' });
    const kernel = await kernelPayload(await context(), wanted);
    await expect(kernel.readModule('kernel/drivers/alpha.ko')).rejects.toMatchObject({
      code: 'kernel.vermagic',
    });
    put(tree, { 'include/config/kernel.release': `${RELEASE}\n` });
  });

  it('says what is not built', async () => {
    await expect(
      kernelPayload(await context(), request({ arch: 'x86_64', kernelTree: tree })),
    ).rejects.toMatchObject({ code: 'payload.kernel-tree', message: expect.stringContaining('bzImage') });
    await expect(
      kernelPayload(await context(), request({ kernelTree: join(place.path, 'none') })),
    ).rejects.toMatchObject({ code: 'payload.kernel-tree', exitCode: 4 });
  });

  it.each([
    ['kernel/fs/ext4/ext4.ko', 'kernel/fs/ext4/ext4.ko'],
    ['fs/ext4/ext4.ko', 'kernel/fs/ext4/ext4.ko'],
    ['fs/ext4/ext4.o', 'kernel/fs/ext4/ext4.ko'],
    ['kernel/trace/x.o', 'kernel/kernel/trace/x.ko'],
  ])('reads %s of modules.order', (line, wanted) => {
    expect(moduleOrder(`${line}\n\n${line}\n`)).toEqual([wanted]);
  });
});

describe("a kernel from the user's file", () => {
  const folder = join(place.path, 'own');
  const installed = join(folder, 'lib/modules', RELEASE);

  beforeAll(() =>
    put(folder, {
      Image: IMAGE,
      'Image.gz-dtb': Buffer.concat([gzipSync(IMAGE), latin1('\xd0\x0d\xfe\xed and more')]),
      'text.txt': 'no kernel',
      [`lib/modules/${RELEASE}/kernel/drivers/alpha.ko`]: ALPHA,
      [`lib/modules/${RELEASE}/modules.builtin`]: BUILTIN_LIST,
    }),
  );

  it.each(['Image', 'Image.gz-dtb'])('%s says its release', async (name) => {
    const kernel = await kernelPayload(await context(), request({ kernel: join(folder, name) }));
    expect(kernel).toMatchObject({ release: RELEASE, origin: 'file', modulesRoot: undefined });
    expect((await kernel.index()).modules.size).toBe(0);
  });

  it.each([installed, folder])('takes modules from %s', async (modules) => {
    const kernel = await kernelPayload(await context(), request({ kernel: join(folder, 'Image'), modules }));
    expect([kernel.release, kernel.modulesRoot]).toEqual([RELEASE, installed]);
    const index = await kernel.index();
    expect([index.modules.size, index.builtin.size]).toEqual([1, 1]);
  });

  it('takes its configuration from where it is named, from the module folder, or from nowhere', async () => {
    put(folder, {
      'own.config': 'CONFIG_RD_XZ=y\n',
      'with/kernel/drivers/alpha.ko': ALPHA,
      'with/config': 'CONFIG_RD_ZSTD=y\n',
    });
    const image = join(folder, 'Image');
    const made = async (more: Partial<KernelRequest>) =>
      kernelPayload(await context(), request({ kernel: image, ...more }));
    const [none, beside, named] = [
      await made({}),
      await made({ modules: join(folder, 'with') }),
      await made({ modules: join(folder, 'with'), config: join(folder, 'own.config') }),
    ];
    expect([none, beside, named].map(({ configText }) => configText)).toEqual([
      undefined,
      'CONFIG_RD_ZSTD=y\n',
      'CONFIG_RD_XZ=y\n',
    ]);
    expect(named.inputs.map(({ role }) => role)).toEqual(['kernel', 'config']);
    expect(new Set([none.stamp, beside.stamp, named.stamp]).size).toBe(3);
    await expect(made({ config: join(folder, 'absent') })).rejects.toMatchObject({ exitCode: 4 });
  });

  it('refuses what is no kernel, no file, and no module folder', async () => {
    const made = await context();
    const failing = (more: Partial<KernelRequest>) => kernelPayload(made, request(more));
    await expect(failing({ kernel: join(folder, 'text.txt') })).rejects.toMatchObject({
      code: 'kernel.not-a-kernel',
      exitCode: 3,
    });
    await expect(failing({ kernel: join(folder, 'none') })).rejects.toMatchObject({ exitCode: 4 });
    await expect(
      failing({ kernel: join(folder, 'Image'), modules: join(folder, 'lib') }),
    ).rejects.toMatchObject({ code: 'payload.modules' });
  });
});

it('programs come with their libraries, and say what is what', async () => {
  const programs = await programPayload(await context(), { packages: ['prog'], suite: 'odd', arch: 'arm64' });
  expect(programs.inputs.map(({ role, name }) => `${role} ${name}`)).toEqual([
    'program prog',
    'library libprog',
  ]);
  expect(await programs.sysroot.find('/usr/lib/a/libprog.so')).toMatch(/lib\/a\/libprog\.so$/);
  expect(readFileSync(join(programs.rootOf('prog'), 'usr/bin/prog'), 'utf8')).toBe('x');
  expect(() => programs.rootOf('libprog')).toThrow(/not asked for/);
});
