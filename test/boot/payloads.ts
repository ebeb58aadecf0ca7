import { MissingError } from '../../src/binary/index.ts';
import { type Device, loadDevice } from '../../src/device/index.ts';
import { type Cache, openCache, type PayloadContext, payloadContext } from '../../src/payload/index.ts';
import { type BuildRequest, fetchPayloads } from '../../src/recipe/index.ts';
import { onDesk } from './desk.ts';
import { have } from './tools.ts';

/** The user's cache for what was downloaded; builds stay on the desk. */
export async function testContext(): Promise<PayloadContext> {
  const mirror = process.env['MNX_DEBIAN_MIRROR'];
  const context = await payloadContext(mirror === undefined ? {} : { mirror });
  return { ...context, cache: withOwnBuilds(context.cache) };
}

function withOwnBuilds(shared: Cache): Cache {
  const own = openCache({ root: onDesk('cache') });
  const of = (kind: string): Cache => (kind === 'builds' || kind === 'parts' ? own : shared);
  return {
    root: shared.root,
    path: (kind, ...names) => of(kind).path(kind, ...names),
    temporary: () => shared.temporary(),
    read: (kind, name) => of(kind).read(kind, name),
    write: (kind, name, content) => of(kind).write(kind, name, content),
    folder: (kind, name, fill) => of(kind).folder(kind, name, fill),
    list: () => shared.list(),
    clean: (kinds) => own.clean(kinds),
  };
}

/** What every build of a test says unless the test says otherwise: nobody may log in, one processor. */
export function plainRequest(id: string, loader?: string): BuildRequest {
  return {
    device: onOneProcessor(loadDevice(id, loader === undefined ? {} : { loader })),
    ssh: { files: [], personal: false, passwordless: false },
    purpose: 'boot',
  };
}

/** Emulated processors that wait for each other cost a third of the time; tests boot two phones at once instead. */
function onOneProcessor(device: Device): Device {
  const { emulator } = device;
  return emulator === undefined ? device : { ...device, emulator: { ...emulator, cpus: 1 } };
}

/**
 * Whether a device can be booted here: QEMU, and payloads in the cache or within reach. Where not,
 * one line says so.
 */
export async function bootable(id: string, more: Partial<BuildRequest> = {}): Promise<boolean> {
  const program = id.includes('x86_64') ? 'qemu-system-x86_64' : 'qemu-system-aarch64';
  if (!have(program)) return false;
  try {
    await fetchPayloads({ ...plainRequest(id), ...more }, await testContext());
    return true;
  } catch (error) {
    if (!(error instanceof MissingError)) throw error;
    console.log(`skipped: ${error.message}`);
    return false;
  }
}
