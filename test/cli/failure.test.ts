import { chmodSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { knownKey, opensshFile, opensshParts } from '../initramfs/openssh-file.ts';
import { desk, documentOf, listing, mnx } from './mnx.ts';
import { phoneFiles } from './phone-files.ts';

const { env, fresh, clear } = desk();
afterAll(clear);

const cwd = fresh();
writeFileSync(join(cwd, 'README.md'), '# not a kernel\n'.repeat(20));
symlinkSync('gone', join(cwd, 'nowhere'));
writeFileSync(join(cwd, 'empty'), '');
writeFileSync(join(cwd, 'broken.toml'), 'name = "x"\nsoc = \n');
const Z00T = readFileSync(resolve(import.meta.dirname, '../../devices/asus-z00t.toml'), 'utf8');
writeFileSync(join(cwd, 'odd.toml'), `colour = "red"\n${Z00T}`);
writeFileSync(
  join(cwd, 'id.pub'),
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKU2sVZ4yWzQbBdNpQ7mGvCqRcbWeIz2Wsn4lBp0Y1uh',
);
const openssh = opensshParts(knownKey());
const torn = opensshFile({ ...openssh, cipher: 'x'.repeat(65) });
writeFileSync(join(cwd, 'locked'), opensshFile({ ...openssh, cipher: 'aes256-ctr', kdf: 'bcrypt' }), {
  mode: 0o600,
});
writeFileSync(join(cwd, 'torn'), torn, { mode: 0o600 });
const own = phoneFiles(fresh('own'));
const [, kernel = '', , dtb = ''] = own;
const z00t = ['bootimg', '--device', 'asus-z00t'];

interface Failure {
  readonly args: readonly string[];
  readonly exit: number;
  readonly code: string;
  readonly says: RegExp;
  readonly hint?: RegExp;
}

const FAILURES: Readonly<Record<string, Failure>> = {
  'an unknown command': {
    args: ['bootmg'],
    exit: 2,
    code: 'cli.usage',
    says: /unknown command 'bootmg'/,
    hint: /Did you mean bootimg\?/,
  },
  'an unknown command with nothing near': {
    args: ['quux'],
    exit: 2,
    code: 'cli.usage',
    says: /unknown command/,
    hint: /mnx --help/,
  },
  'a typo of a command of initramfs': {
    args: ['initramfs', 'lst', 'x'],
    exit: 2,
    code: 'cli.usage',
    says: /unknown command 'lst'/,
    hint: /Did you mean list\?/,
  },
  ...Object.fromEntries(
    [
      ['inspect'],
      ['verify'],
      ['initramfs', 'check'],
      ['splash', 'decode', '--device', 'asus-z00t', '-o', 'p'],
    ].map((words): [string, Failure] => [
      `a device without an end for ${words.slice(0, 2).join(' ')}`,
      {
        args: [...words, '/dev/zero'],
        exit: 2,
        code: words[0] === 'splash' ? 'cli.no-dump' : 'cli.no-file',
        says: /cannot read \/dev\/zero: it brings data without an end/,
      },
    ]),
  ),
  'a kernel without an end': {
    args: [...z00t, '--kernel', '/dev/zero', '--dtb', dtb, '-o', 'never.img'],
    exit: 4,
    code: 'payload.input',
    says: /data without an end/,
  },
  'a device of the computer in place of a device file': {
    args: ['bootimg', '--device', '/dev/zero'],
    exit: 2,
    code: 'device.no-file',
    says: /zero is a device of this computer/,
  },
  'a link that leads nowhere': {
    args: ['inspect', 'nowhere'],
    exit: 2,
    code: 'cli.no-file',
    says: /cannot read nowhere/,
    hint: /a link that leads nowhere/,
  },
  'an empty ramdisk': {
    args: ['initramfs', 'check', 'empty'],
    exit: 3,
    code: 'initramfs.empty',
    says: /got an empty file/,
  },
  'an empty boot image': {
    args: ['verify', 'empty'],
    exit: 3,
    code: 'bootimg.unknown',
    says: /got an empty file/,
  },
  'an unknown option': {
    args: ['devices', '--jsn'],
    exit: 2,
    code: 'cli.usage',
    says: /unknown option '--jsn'/,
    hint: /Did you mean --json\?/,
  },
  'an option without its device': {
    args: ['bootimg', '--devic', 'asus-z00t'],
    exit: 2,
    code: 'cli.usage',
    says: /unknown option '--devic'/,
    hint: /--device/,
  },
  'no device': {
    args: ['bootimg'],
    exit: 2,
    code: 'cli.no-device',
    says: /no device/,
    hint: /--device NAME.*mnx devices/,
  },
  'a missing argument': {
    args: ['device', 'show'],
    exit: 2,
    code: 'cli.usage',
    says: /missing required argument/,
    hint: /mnx device show --help/,
  },
  'a value outside the choices': {
    args: [...z00t, '--stage2', 'bios'],
    exit: 2,
    code: 'cli.usage',
    says: /Allowed choices are switch-root, kexec, shell/,
  },
  'a number that is none': {
    args: [...z00t, '--header-version', 'two'],
    exit: 2,
    code: 'cli.usage',
    says: /Not a number/,
  },
  'an unknown device': {
    args: ['bootimg', '--device', 'asus-z00'],
    exit: 2,
    code: 'device.unknown',
    says: /no device asus-z00$/m,
    hint: /Did you mean asus-z00t\?/,
  },
  'an unknown device to show': {
    args: ['device', 'show', 'qemu-arch64'],
    exit: 2,
    code: 'device.unknown',
    says: /no device qemu-arch64/,
    hint: /qemu-aarch64/,
  },
  'an unknown variant': {
    args: [...z00t, '--variant', 'mainlin'],
    exit: 2,
    code: 'device.variant',
    says: /no variant mainlin/,
    hint: /mainline/,
  },
  'an unknown loader': {
    args: [...z00t, '--loader', 'lk3nd-msm8916'],
    exit: 2,
    code: 'device.loader',
    says: /no loader lk3nd-msm8916/,
    hint: /lk2nd-msm8916/,
  },
  'broken TOML': {
    args: ['bootimg', '--device', 'broken.toml'],
    exit: 3,
    code: 'device.syntax',
    says: /broken\.toml:2:7: .*\n.*soc = \n.*\^/,
  },
  'an unknown key': {
    args: ['bootimg', '--device', 'odd.toml'],
    exit: 2,
    code: 'device.unknown-key',
    says: /odd\.toml:1:1: .*colour/,
  },
  'the downstream variant without its kernel and tree': {
    args: [...z00t, '--variant', 'downstream'],
    exit: 4,
    code: 'recipe.no-kernel',
    says: /variant downstream/,
    hint: /--kernel FILE --dt FILE/,
  },
  'the downstream variant without its tree': {
    args: [...z00t, '--variant', 'downstream', '--kernel', kernel],
    exit: 4,
    code: 'recipe.no-dt',
    says: /QCDT/,
    hint: /--dt dt\.img/,
  },
  'a kernel that is not a kernel': {
    args: [...z00t, '--kernel', 'README.md'],
    exit: 3,
    code: 'kernel.not-a-kernel',
    says: /README\.md: .*want an arm64 Image/,
    hint: /arch\/\*\/boot/,
  },
  'a kernel that is not there': {
    args: [...z00t, '--kernel', 'nowhere/Image', '--dtb', dtb],
    exit: 4,
    code: 'payload.input',
    says: /nowhere\/Image/,
  },
  'a tree that is not there': {
    args: [...z00t, ...own, '--dtb', 'nowhere.dtb'],
    exit: 4,
    code: 'recipe.input',
    says: /nowhere\.dtb/,
  },
  'a kernel without a tree': {
    args: [...z00t, '--kernel', kernel],
    exit: 4,
    code: 'recipe.no-dtb',
    says: /needs a device tree/,
    hint: /--dtb FILE/,
  },
  'a tree that is not a tree': {
    args: [...z00t, '--kernel', kernel, '--dtb', 'README.md'],
    exit: 3,
    code: 'devicetree.magic',
    says: /README\.md: /,
  },
  'two kernels': {
    args: [...z00t, '--kernel', kernel, '--kernel-tree', '.'],
    exit: 2,
    code: 'recipe.two-kernels',
    says: /two kernels/,
  },
  'modules without their kernel': {
    args: [...z00t, '--modules', '.'],
    exit: 2,
    code: 'recipe.modules-alone',
    says: /--modules/,
    hint: /--kernel/,
  },
  'a folder that is no kernel tree': {
    args: [...z00t, '--kernel-tree', '.'],
    exit: 4,
    code: 'payload.kernel-tree',
    says: /no built kernel tree/,
    hint: /make O=/,
  },
  'a header version that the loader does not read': {
    args: [...z00t, ...own, '--header-version', '4'],
    exit: 2,
    code: 'recipe.header-version',
    says: /lk2nd does not read header version 4/,
  },
  'a key that is not there': {
    args: [...z00t, ...own, '--ssh-key', 'nobody.pub'],
    exit: 2,
    code: 'cli.ssh-key',
    says: /nobody\.pub/,
    hint: /ssh-keygen/,
  },
  'a host key that is a public one': {
    args: [...z00t, '--ssh-key', 'id.pub', '--host-key', 'id.pub', '--offline'],
    exit: 2,
    code: 'initramfs.host-key-type',
    says: /id\.pub is no private key/,
    hint: /without \.pub/,
  },
  'a host key behind a passphrase': {
    args: [...z00t, '--ssh-key', 'id.pub', '--host-key', 'locked', '--offline'],
    exit: 2,
    code: 'initramfs.host-key-locked',
    says: /locked by a passphrase/,
    hint: /ssh-keygen -p -f locked/,
  },
  'a host key that is damaged': {
    args: [...z00t, '--ssh-key', 'id.pub', '--host-key', 'torn', '--offline'],
    exit: 3,
    code: 'initramfs.host-key-format',
    says: /openssh-key\.cipher/,
  },
  'a host key in an image to be shared': {
    args: [...z00t, '--release', '--host-key', 'locked'],
    exit: 2,
    code: 'recipe.release',
    says: /a private key \(--host-key\)/,
  },
  'a cold cache without a network': {
    args: [...z00t, '--offline'],
    exit: 4,
    code: 'payload.offline',
    says: /linux-image-arm64/,
    hint: /mnx fetch/,
  },
  'a lock file that is not there': {
    args: [...z00t, '--locked'],
    exit: 2,
    code: 'payload.no-lock',
    says: /mnx\.lock/,
  },
  'an output that is a folder': {
    args: [...z00t, ...own, '-o', '.'],
    exit: 2,
    code: 'recipe.output-is-folder',
    says: /is a folder/,
  },
  'an output folder that is not there': {
    args: [...z00t, ...own, '-o', 'nowhere/a.img'],
    exit: 2,
    code: 'recipe.output-folder',
    says: /no folder .*nowhere/,
    hint: /mkdir -p .*nowhere/,
  },
  'an output that is a device': {
    args: [...z00t, ...own, '-o', '/dev/null'],
    exit: 2,
    code: 'recipe.output-not-file',
    says: /\/dev\/null/,
  },
  'an output below a file': {
    args: [...z00t, ...own, '-o', 'README.md/a.img'],
    exit: 2,
    code: 'recipe.output-folder',
    says: /no folder .*README\.md/,
  },
  'an image that does not fit': {
    args: [...z00t, ...own, '--cmdline-append', 'x'.repeat(600)],
    exit: 1,
    code: 'recipe.refused',
    says: /lk2nd reads 511/,
    hint: /--force/,
  },
  'a ramdisk that is not there': {
    args: ['initramfs', 'list', 'nowhere.gz'],
    exit: 2,
    code: 'cli.no-file',
    says: /nowhere\.gz/,
  },
  'a file whose name is nearly right': {
    args: ['inspect', 'READM.md'],
    exit: 2,
    code: 'cli.no-file',
    says: /cannot read READM\.md: there is no such file/,
    hint: /There is README\.md/,
  },
  'a folder where a file is wanted': {
    args: ['verify', '.'],
    exit: 2,
    code: 'cli.no-file',
    says: /it is a folder/,
    hint: /mnx pack/,
  },
  'an image to unpack that is not there': {
    args: ['unpack', 'nowhere.img', '-d', 'parts'],
    exit: 2,
    code: 'cli.no-file',
    says: /nowhere\.img: there is no such file/,
    hint: /Check the path/,
  },
  'a pipe to unpack': {
    args: ['unpack', '-', '-d', 'parts'],
    exit: 2,
    code: 'cli.no-file',
    says: /- is no plain file/,
    hint: /save what a pipe brings first/,
  },
  'a folder to pack that is not there': {
    args: ['initramfs', 'pack', 'nowhere', '-o', 'ramdisk.gz'],
    exit: 2,
    code: 'cli.no-file',
    says: /nowhere: there is no such file/,
  },
  'a file to pack': {
    args: ['initramfs', 'pack', 'README.md', '-o', 'ramdisk.gz'],
    exit: 2,
    code: 'cli.no-file',
    says: /a file stands where a folder should be/,
    hint: /Name a folder/,
  },
  'a folder that nobody unpacked': {
    args: ['pack', '.', '-o', 'new.img'],
    exit: 2,
    code: 'unpack.no-file',
    says: /\. is no unpacked image/,
    hint: /mnx unpack FILE/,
  },
  'an output to a pipe': {
    args: ['avb', 'vbmeta', '-o', '-'],
    exit: 2,
    code: 'recipe.output-not-file',
    says: /- is no place for an output/,
    hint: /name a file with -o/,
  },
  'a folder for frames that is a file': {
    args: ['splash', '--device', 'asus-z00t', '-o', 'README.md'],
    exit: 2,
    code: 'recipe.output-folder',
    says: /README\.md is no folder/,
    hint: /another folder/,
  },
  'an error screen that there is not': {
    args: ['splash', '--device', 'asus-z00t', '--preview', 'p.png', '--error', 'root'],
    exit: 2,
    code: 'splash.part',
    says: /no error root/,
    hint: /It has modules, gadget,/,
  },
  'one tree of many that is damaged': {
    args: ['dt', 'build', own[3] ?? '', 'README.md', '-o', 'dt.img'],
    exit: 2,
    code: 'devicetree.qcdt-ids',
    says: /\.dtb: the device tree has no whole qcom,msm-id/,
    hint: /downstream/,
  },
  'a port that there is not': {
    args: ['ssh', '--device', 'asus-z00t', '--port', '99999'],
    exit: 2,
    code: 'cli.usage',
    says: /Not a port: 1 to 65535/,
  },
  'a picture without a place': {
    args: ['splash', '--device', 'asus-z00t'],
    exit: 2,
    code: 'cli.splash-output',
    says: /nothing to write/,
    hint: /--preview/,
  },
};

const before = listing(cwd);

describe('a failure is one clear message, one document with --json, and nothing half-written', () => {
  it.each(Object.entries(FAILURES))('%s', async (_, { args, exit, code, says, hint = /(?:)/ }) => {
    const [plain, json] = await Promise.all([
      mnx(args, { env, cwd }),
      mnx([...args, '--json'], { env, cwd }),
    ]);
    expect([plain.code, json.code]).toEqual([exit, exit]);
    expect(plain.stdout).toBe('');
    expect(plain.stderr).toMatch(says);
    expect(plain.stderr).toMatch(hint);
    expect(plain.stderr.match(/^error: /gm)).toHaveLength(1);
    expect(plain.stderr).not.toMatch(/\n\s+at |node:internal|unexpected failure/);
    const { error, ...rest } = documentOf(json) as { error: Record<string, string> };
    expect(rest).toEqual({});
    expect(error).toMatchObject({ code, message: expect.stringMatching(says) });
    expect(error['hint'] ?? '').toMatch(hint);
    expect(error['hint'], 'the next thing to do').toBeTruthy();
    expect(json.stderr).not.toContain('error');
    expect(listing(cwd)).toEqual(before);
  });
});

it('warns of readers of a private key alone', async () => {
  chmodSync(join(cwd, 'id.pub'), 0o644);
  const args = [...z00t, '--ssh-key', 'id.pub', '--host-key', 'id.pub', '--offline'];
  expect((await mnx(args, { env, cwd })).stderr).not.toContain('warning:');
});

describe('a mirror that refuses', () => {
  it('ends with one message and leaves nothing in the cache', async () => {
    const cache = join(fresh(), 'cache');
    // A port that is surely free: it was just given to somebody who has gone.
    const run = await mnx(z00t, {
      env: { ...env, MNX_CACHE: cache, MNX_DEBIAN_MIRROR: `http://127.0.0.1:${await freePort()}` },
      cwd,
    });
    expect(run.code).toBe(4);
    expect(run.stderr.match(/^error: /gm)).toHaveLength(1);
    expect(run.stderr).toMatch(/Debian archive cannot be reached/);
    expect(run.stderr).toMatch(/--mirror/);
    expect(listing(join(cache, 'tmp'))).toEqual([]);
    expect(listing(cwd)).toEqual(before);
  });
});

async function freePort(): Promise<number> {
  const { createServer } = await import('node:net');
  const server = createServer();
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}

describe('--verbose', () => {
  it('shows the chain of causes, and only then', async () => {
    const args = [...z00t, ...own, '--dtb', 'nowhere.dtb'];
    expect((await mnx([...args, '--verbose'], { env, cwd })).stderr).toMatch(/ENOENT.*nowhere\.dtb/);
    expect((await mnx(args, { env, cwd })).stderr).not.toContain('ENOENT');
  });
});
