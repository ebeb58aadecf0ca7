import { describe, expect, it } from 'vitest';
import { loadDevice } from '../../src/device/index.ts';
import { buildKeyOf, type Named } from '../../src/recipe/build-key.ts';
import { type BuildRequest, planBuild } from '../../src/recipe/index.ts';

const nobody = { files: [], personal: false, passwordless: false };
const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKU2sVZ4yWzQbBdNpQ7mGvCqRcbWeIz2Wsn4lBp0Y1uh';
const KERNEL = { role: 'kernel', name: 'linux', version: '7.2', sha256: 'aa' };
const TREE = { role: 'dtb', name: 'a.dtb', version: '', sha256: 'bb' };
const OTHER_TREE = { role: 'dtb', name: 'b.dtb', version: '', sha256: 'cc' };

function gathered({ inputs = [KERNEL, TREE], trees = [TREE], stamp = 's', firmware = 'f' } = {}): Named {
  return { inputs, trees: { inputs: trees }, kernel: { stamp }, firmware: { stamp: firmware } };
}

function keyOf(more: Partial<BuildRequest> = {}, named: Named = gathered(), variant?: string): string {
  const device = loadDevice('asus-z00t', variant === undefined ? {} : { variant });
  const request: BuildRequest = { device, ssh: nobody, purpose: 'boot', ...more };
  return buildKeyOf(request, planBuild(request), named);
}

const file = (name: string) => ({ ...nobody, files: [{ name, text: KEY }] });
const own = { kernel: 'a/Image', dtbs: ['a/x.dtb'] };

describe('buildKeyOf', () => {
  it('is the same for the same build', () => {
    expect(keyOf()).toBe(keyOf());
    expect(keyOf()).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each<[string, Partial<BuildRequest>]>([
    ['the command line', { cmdlineAppend: ['quiet'] }],
    ['the root', { root: 'LABEL=x' }],
    ['another root', { root: 'LABEL=y' }],
    ['the way of stage-2', { stage2: 'shell' }],
    ['the purpose', { purpose: 'flash' }],
    ['a release', { release: true }],
    ['an AVB footer', { avbKey: 'key.pem' }],
    ['force', { force: true }],
    ['packages', { packages: ['strace'] }],
    ['no password', { ssh: { ...nobody, passwordless: true } }],
    ['a key', { ssh: file('id.pub') }],
    ['a picture', { splash: 'a.svg' }],
    ['a theme', { splash: 'minimal' }],
    ['an overlay', { overlay: 'over' }],
    ['a ramdisk', { ramdisk: 'r.gz' }],
    ['a kernel of the user', own],
    ['a build tree', { kernelTree: 'out' }],
    ["a machine's tree", { machineDtb: new Uint8Array(4) }],
  ])('changes with %s', (_, more) => {
    expect(keyOf(more)).not.toBe(keyOf());
  });

  it('does not change with the place of a host key, whose content is an input', () => {
    const held = (hostKey: string) => keyOf({ ssh: { ...file('id.pub'), hostKey } });
    expect(held('a/key')).toBe(held('b/key'));
    expect(held('a/key')).toBe(keyOf({ ssh: file('id.pub') }));
  });

  it('changes with every input, its name and its version', () => {
    const keys = [
      gathered(),
      gathered({ inputs: [{ ...KERNEL, sha256: 'ab' }, TREE] }),
      gathered({ inputs: [{ ...KERNEL, version: '7.3' }, TREE] }),
      gathered({ inputs: [{ ...KERNEL, name: 'Image' }, TREE] }),
      gathered({ inputs: [KERNEL, TREE, OTHER_TREE] }),
      gathered({ inputs: [TREE] }),
    ].map((named) => keyOf({}, named));
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('changes when modules of a build tree were built anew', () => {
    expect(keyOf({ kernelTree: 'out' }, gathered({ stamp: 'later' }))).not.toBe(keyOf({ kernelTree: 'out' }));
  });

  it('changes with the order of device trees', () => {
    const inputs = [KERNEL, TREE, OTHER_TREE];
    expect(keyOf(own, gathered({ inputs, trees: [TREE, OTHER_TREE] }))).not.toBe(
      keyOf(own, gathered({ inputs, trees: [OTHER_TREE, TREE] })),
    );
  });

  it('changes with the device', () => {
    const device = loadDevice('asus-z00t');
    const more = {
      device: { ...device, kernel: { ...device.kernel, modules: [...device.kernel.modules, 'x'] } },
    };
    expect(keyOf(more)).not.toBe(keyOf());
  });

  it('does not change with the places of files', () => {
    expect(keyOf({ kernel: 'b/Image', dtbs: ['c/x.dtb'] })).toBe(keyOf(own));
    expect(keyOf({ kernelTree: '/elsewhere' })).toBe(keyOf({ kernelTree: 'out' }));
    expect(keyOf({ ssh: file('/home/me/.ssh/id.pub') })).toBe(keyOf({ ssh: file('id.pub') }));
    expect(keyOf({ avbKey: '/key.pem' })).toBe(keyOf({ avbKey: 'key.pem' }));
    expect(keyOf({ overlay: '/over' })).toBe(keyOf({ overlay: 'over' }));
    expect(keyOf({ splash: '/a.svg' })).toBe(keyOf({ splash: 'b/a.svg' }));
    const device = { ...loadDevice('asus-z00t'), sources: ['/somewhere/asus-z00t.toml'] };
    expect(keyOf({ device })).toBe(keyOf());
  });
});
