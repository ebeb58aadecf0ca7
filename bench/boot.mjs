// From the first instruction of /init to where SSH can be reached, on the emulated phone, in virtual seconds: under
// -icount time counts instructions, so that the figure is the same on every machine and in every run.
//
// usage: node bench/boot.mjs [DEVICE]     needs: QEMU, ssh-keygen, and a cache that `mnx fetch` has filled

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadDevice } from '../dist/device/index.js';
import { bootImage } from '../dist/emulate/index.js';
import { payloadContext } from '../dist/payload/index.js';
import { build, wholeImages } from '../dist/recipe/index.js';

const named = loadDevice(process.argv[2] ?? 'qemu-aarch64');
// Two processors take turns of a tenth of a second under -icount: what one waits for from the other is no time of ours.
const device = { ...named, emulator: { ...named.emulator, cpus: 1 } };
const scratch = mkdtempSync(join(tmpdir(), 'mnx-bench-'));

/** Seconds at which the kernel's log has a line. */
function timeOf(log, pattern) {
  const line = log.split('\n').find((one) => pattern.test(one));
  const time = /^\[ *(\d+\.\d+)\]/.exec(line ?? '')?.[1];
  if (time === undefined) throw new Error(`the log has no line ${pattern}:\n${log.slice(-2000)}`);
  return Number(time);
}

/** The log up to where stage-1 stays up. */
async function booted(image) {
  const session = await bootImage({ device, image, icount: true });
  let log = '';
  try {
    for await (const chunk of session.console) {
      log += chunk.toString('latin1').replaceAll('\r', '');
      if (/mnx: init: stage-1 stays up/.test(log)) return log;
    }
    throw new Error(`the phone went off:\n${log.slice(-2000)}`);
  } finally {
    await session.stop();
  }
}

try {
  const file = join(scratch, 'key');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'bench', '-f', file]);
  const request = {
    device,
    ssh: {
      files: [{ name: 'key', text: readFileSync(`${file}.pub`, 'utf8') }],
      personal: false,
      passwordless: false,
    },
    purpose: 'boot',
    cmdlineAppend: ['nokaslr'],
  };
  const log = await booted(wholeImages(await build(request, await payloadContext({ offline: true }))).image);
  const start = timeOf(log, /Run \/init as init process/);
  const ssh = timeOf(log, /70-ssh: log in with/);
  console.log(`${device.id}: /init to SSH ${(ssh - start).toFixed(3)} s`);
  console.log(/seconds per step:.*/.exec(log)?.[0]);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
