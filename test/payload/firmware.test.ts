import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { utf8, utf8Text } from '../../src/binary/index.ts';
import { compress } from '../../src/compress/index.ts';
import { firmwarePayload, type PayloadContext, payloadContext } from '../../src/payload/index.ts';
import { folderArchive, scratch, writeSuite } from './fake-archive.ts';

const place = scratch();
afterAll(() => place.remove());
let count = 0;

/** A folder of files, and of links (those that begin with `->`). */
function folder(files: Readonly<Record<string, string | Uint8Array>>): string {
  count += 1;
  const root = join(place.path, `folder-${count}`);
  for (const [name, content] of Object.entries(files)) {
    const path = join(root, name);
    mkdirSync(dirname(path), { recursive: true });
    if (typeof content === 'string' && content.startsWith('->')) symlinkSync(content.slice(2), path);
    else writeFileSync(path, content);
  }
  return root;
}

async function context(archive = folderArchive(place.path)): Promise<PayloadContext> {
  const made = await payloadContext({ cache: join(place.path, `cache-${count}`), lockFile: '/nonexistent' });
  return { ...made, archive: async () => archive };
}

const none = { packages: [], arch: 'arm64' };

async function text(found: Uint8Array | { readonly link: string }): Promise<string> {
  return found instanceof Uint8Array ? utf8Text(found) : `-> ${found.link}`;
}

describe('firmware of folders', () => {
  it('is known by the names that drivers use, and expanded', async () => {
    const xz = await compress('xz', [utf8('packed')], { level: 1 });
    const root = folder({ 'qcom/a530.fw': 'plain', 'ath10k/board.bin.xz': xz, WHENCE: '' });
    const found = await firmwarePayload(await context(), { ...none, folders: [root] });
    expect(found.names).toEqual(['WHENCE', 'ath10k/board.bin', 'qcom/a530.fw']);
    expect(await text(await found.read('qcom/a530.fw'))).toBe('plain');
    expect(await text(await found.read('ath10k/board.bin'))).toBe('packed');
  });

  it('may be a root file system, and the first of several wins', async () => {
    const own = folder({ 'usr/lib/firmware/a.bin': 'mine', 'usr/bin/sh': '' });
    const other = folder({ 'lib/firmware/a.bin': 'theirs', 'lib/firmware/b.bin': 'b' });
    const found = await firmwarePayload(await context(), { ...none, folders: [own, other] });
    expect(found.names).toEqual(['a.bin', 'b.bin']);
    expect(await text(await found.read('a.bin'))).toBe('mine');
  });

  it('keeps links inside, and leaves those out that lead elsewhere', async () => {
    const root = folder({
      'brcm/a.bin': '->../cypress/b.bin.xz',
      'brcm/abs.bin': '->/lib/firmware/cypress/b.bin',
      'brcm/out.bin': '->../../../../etc/passwd',
      'brcm/etc.bin': '->/etc/passwd',
      etc: '->/etc',
      'cypress/b.bin': 'b',
    });
    const found = await firmwarePayload(await context(), { ...none, folders: [root] });
    expect(found.names).toEqual(['brcm/a.bin', 'brcm/abs.bin', 'cypress/b.bin']);
    expect(await text(await found.read('brcm/a.bin'))).toBe('-> cypress/b.bin');
    expect(await text(await found.read('brcm/abs.bin'))).toBe('-> cypress/b.bin');
  });

  it('has another stamp when a file was written', async () => {
    const root = folder({ 'a.bin': 'one' });
    const stamp = async () => (await firmwarePayload(await context(), { ...none, folders: [root] })).stamp;
    const before = await stamp();
    expect(await stamp()).toBe(before);
    writeFileSync(join(root, 'a.bin'), 'other');
    expect(await stamp()).not.toBe(before);
  });

  it('is missing by name', async () => {
    const empty = firmwarePayload(await context(), { ...none, folders: [join(place.path, 'nowhere')] });
    await expect(empty).rejects.toMatchObject({ code: 'payload.no-firmware', exitCode: 4 });
    const found = await firmwarePayload(await context(), { ...none, folders: [folder({ a: '' })] });
    await expect(found.read('b')).rejects.toMatchObject({ code: 'payload.no-firmware' });
  });

  it('is refused when it is damaged', async () => {
    const root = folder({ 'a.bin.xz': gzipSync('no xz').subarray(0, 12) });
    const found = await firmwarePayload(await context(), { ...none, folders: [root] });
    await expect(found.read('a.bin')).rejects.toMatchObject({ exitCode: 3 });
  });
});

describe('firmware of packages', () => {
  const files = [{ name: './usr/lib/firmware/qcom/venus.mbn', content: 'venus' }];

  it('comes from the component that is not free, whose list is read for it alone', async () => {
    const root = join(place.path, 'archive');
    await writeSuite(root, {
      suite: 'test',
      arch: 'arm64',
      packages: [
        { name: 'firmware-free', files: [{ name: './lib/firmware/free.bin', content: 'free' }] },
        { name: 'firmware-acme', arch: 'all', component: 'non-free-firmware', files },
        { name: 'dropbear', files },
      ],
    });
    const archive = folderArchive(root);
    const names = (packages: readonly string[]) => packages.map((name) => ({ name, suite: 'test' }));
    const found = await firmwarePayload(await context(archive), {
      folders: [],
      packages: names(['firmware-acme', 'firmware-free']),
      arch: 'arm64',
    });
    expect(found.names).toEqual(['free.bin', 'qcom/venus.mbn']);
    expect(await text(await found.read('qcom/venus.mbn'))).toBe('venus');
    expect(found.inputs.map(({ role, name }) => `${role} ${name}`)).toEqual([
      'firmware firmware-acme',
      'firmware firmware-free',
    ]);
    expect(archive.asked.filter((what) => what.startsWith('list'))).toEqual([
      'list test arm64',
      'list test arm64 non-free-firmware',
    ]);
  });
});
