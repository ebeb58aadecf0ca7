import { createServer } from 'node:net';
import { bootImage, machineDtb, type Session } from '../../src/emulate/index.ts';
import { type BuildRequest, build, wholeImages } from '../../src/recipe/index.ts';
import { Console } from './console.ts';
import { plainRequest, testContext } from './payloads.ts';

export interface PhoneOptions {
  /** `qemu-aarch64` when absent. */
  readonly device?: string;
  /** Another loader than the device's. */
  readonly loader?: string;
  readonly request?: Partial<BuildRequest>;
  readonly disks?: readonly string[];
  /** Which of the loader's ways is walked. */
  readonly mode?: 'boot' | 'flash';
  /** Device tree that the machine gets instead of its own. */
  readonly dtb?: Uint8Array;
  readonly reboots?: boolean;
}

/** A phone that runs: its image, its console, the port that leads to its SSH. */
export interface Phone {
  readonly image: Uint8Array;
  /** Of header version 3 and 4. */
  readonly vendorBoot?: Uint8Array;
  readonly request: BuildRequest;
  readonly console: Console;
  readonly sshPort: number;
  readonly session: Session;
}

/** Builds a device's image as `mnx bootimg` does. */
export async function buildImage(
  options: PhoneOptions,
): Promise<Pick<Phone, 'image' | 'vendorBoot' | 'request'>> {
  const plain = plainRequest(options.device ?? 'qemu-aarch64', options.loader);
  const request = { ...plain, ...options.request };
  const { device } = request;
  const complete =
    device.loader.kind === 'direct' ? request : { ...request, machineDtb: await machineDtb(device) };
  return { ...wholeImages(await build(complete, await testContext())), request: complete };
}

/** Builds and boots. The caller stops the session. */
export async function bootPhone(options: PhoneOptions = {}): Promise<Phone> {
  const { request, ...images } = await buildImage(options);
  const sshPort = await freePort();
  const session = await bootImage({
    device: request.device,
    ...images,
    sshPort,
    ...(options.mode === undefined ? {} : { mode: options.mode }),
    ...(options.disks === undefined ? {} : { disks: options.disks }),
    ...(options.reboots === undefined ? {} : { reboots: options.reboots }),
    ...(options.dtb === undefined ? {} : { machineDtb: options.dtb }),
  });
  return { ...images, request, console: new Console(session), sshPort, session };
}

/** The line with which stage-1 ends where no root is named. */
export const STAYS_UP = /mnx: init: stage-1 stays up/;

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = address !== null && typeof address === 'object' ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
