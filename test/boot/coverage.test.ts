import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readBootImage, splitKernelPart } from '../../src/bootimg/index.ts';
import { loadDevice } from '../../src/device/index.ts';
import { readFdt, writeFdt } from '../../src/devicetree/index.ts';
import { machineDtb } from '../../src/emulate/index.ts';
import { type ModuleIndex, moduleNameOfPath, withModules } from '../../src/kernel/index.ts';
import { type Coverage, compatiblesIn, coverage } from '../../src/lint/index.ts';
import { kernelPayload } from '../../src/payload/index.ts';
import { bootable, testContext } from './payloads.ts';
import { bootPhone, type Phone, STAYS_UP } from './phone.ts';
import { ramdiskOf } from './ramdisk.ts';
import { keyed, makeKey, ssh } from './ssh.ts';
import { have } from './tools.ts';
import { addDependents, SERVING } from './tree-of-dependents.ts';

const aarch64 = await bootable('qemu-aarch64');
const BOUND_NODES = readFileSync(resolve(import.meta.dirname, 'guest/bound-nodes.sh'), 'utf8');

/** The kernel's index with only those modules that are in the image. */
async function indexOf({ image, request }: Phone): Promise<ModuleIndex> {
  const { arch, kernel } = request.device;
  if (kernel.package === undefined) throw new Error('the device has no packaged kernel');
  const payload = await kernelPayload(await testContext(), { arch, package: kernel.package });
  const index = await payload.index();
  const names = (await ramdiskOf(image)).map(({ path }) => path).filter((path) => path.endsWith('.ko'));
  const kept = names
    .map((path) => index.modules.get(moduleNameOfPath(path)))
    .filter((record) => record !== undefined);
  return withModules({ ...index, modules: new Map() }, kept);
}

async function predict(phone: Phone, dtb: Uint8Array): Promise<Coverage> {
  const { image } = splitKernelPart(readBootImage(phone.image).parts.kernel ?? new Uint8Array(), {
    limit: 2 ** 28,
  });
  return coverage({ fdt: readFdt(dtb), index: await indexOf(phone), knownToImage: compatiblesIn(image) });
}

/**
 * What is compared: nodes that a driver is expected for. Not those that the kernel sets up without
 * one (timers, interrupt controllers) and those that only describe.
 */
const JUDGED: ReadonlySet<string> = new Set(['module', 'builtin', 'nobody']);

/** Nodes whose driver runs and waits for nothing, as `bound-nodes.sh` prints them. */
function litNodes(report: string): Set<string> {
  const words = report.split('\n').map((line) => line.split(' '));
  const lit = new Set(
    words.filter(([what, , driver]) => what === 'node' && driver !== '-').map(([, path]) => path),
  );
  for (const [what, path] of words) if (what === 'waits') lit.delete(path);
  return new Set([...lit].filter((path) => path !== undefined));
}

describe.skipIf(!aarch64 || !have('ssh', '-V'))('coverage', () => {
  it('tells what a booted kernel leaves dark', async () => {
    const device = loadDevice('qemu-aarch64');
    const fdt = readFdt(await machineDtb(device));
    addDependents(fdt);
    const dtb = writeFdt(fdt);
    const key = makeKey('coverage');
    const modules = [...device.kernel.modules, ...SERVING];
    const phone = await bootPhone({
      request: { device: { ...device, kernel: { ...device.kernel, modules } }, ssh: keyed(key) },
      dtb,
    });
    onTestFinished(() => phone.session.stop());
    const predicted = await predict(phone, dtb);
    await phone.console.waitFor(STAYS_UP);
    const { stdout } = await ssh(phone, ['sh', '-s'], { key, input: BOUND_NODES });
    const judged = predicted.nodes.filter(({ service }) => JUDGED.has(service.by));
    const dark = judged.filter((node) => node.dark !== undefined).map(({ path }) => path);
    const lit = litNodes(stdout);
    expect(dark).toEqual(expect.arrayContaining(['/left-out', '/phy-three-steps', '/dark-bus/on-dark-bus']));
    expect(lit).toContain('/phy-on-free');
    expect(dark.toSorted()).toEqual(
      judged
        .map(({ path }) => path)
        .filter((path) => !lit.has(path))
        .toSorted(),
    );
  });
});
