import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { MnxError } from '../binary/index.ts';
import { nbdSocket } from './nbd.ts';
import { Qmp } from './qmp.ts';

type Process = ChildProcessByStdio<Writable, Readable, Readable>;

/** A folder for the parts of one boot; gone when the machine is. */
export async function scratchFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'mnx-emulate-'));
}

/** How to start QEMU. */
export interface SessionOptions {
  /** QEMU. */
  readonly program: string;
  readonly arguments: readonly string[];
  /** Holds the parts and the control socket; removed when the machine ends. */
  readonly folder: string;
}

/** A running emulated phone. */
export class Session {
  readonly #process: Process;
  readonly #folder: string;
  readonly #qmp: Qmp;
  #stopped = false;
  /**
   * Resolves when QEMU has ended and its folder is gone: with what went wrong, or with nothing when
   * the machine turned itself off or was stopped.
   */
  readonly ended: Promise<MnxError | undefined>;

  private constructor(process: Process, folder: string, qmp: Qmp, exited: Promise<MnxError | undefined>) {
    this.#process = process;
    this.#folder = folder;
    this.#qmp = qmp;
    this.ended = exited.then((failure) => (this.#stopped ? undefined : failure));
  }

  /**
   * Starts QEMU and waits until it takes commands. QEMU and its folder do not outlive this program.
   * @throws MnxError `emulate.qemu` with QEMU's own words when it gives up.
   */
  static async start(options: SessionOptions): Promise<Session> {
    const { folder } = options;
    const control = join(folder, 'qmp.sock');
    const child = spawn(
      options.program,
      [...options.arguments, '-serial', 'stdio', '-qmp', `unix:${control},server=on,wait=off`],
      { stdio: ['pipe', 'pipe', 'pipe'] },
    );
    // Keys that are typed while the machine ends have nowhere to go.
    child.stdin.on('error', () => undefined);
    const abandon = (): void => {
      child.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    };
    process.once('exit', abandon);
    const exited = exitOf(child, options.program).finally(async () => {
      await rm(folder, { recursive: true, force: true });
      process.off('exit', abandon);
    });
    const ready = await Promise.race([Qmp.connect(control), exited]).catch(async (error: unknown) => {
      // A control socket that closes means that QEMU is about to be gone, and its own words say why.
      const failure = await Promise.race([exited, sleep(1000, undefined, { ref: false })]);
      child.kill('SIGKILL');
      throw failure ?? error;
    });
    if (ready instanceof Qmp) return new Session(child, folder, ready, exited);
    throw ready ?? new MnxError('emulate.qemu', 'QEMU ended before it took commands');
  }

  /** What the machine's serial console prints. */
  get console(): Readable {
    return this.#process.stdout;
  }

  /** What a person types on the serial console. */
  get keyboard(): Writable {
    return this.#process.stdin;
  }

  /** QEMU's process id, so that a test may measure it. */
  get pid(): number | undefined {
    return this.#process.pid;
  }

  get folder(): string {
    return this.#folder;
  }

  /** What the panel shows, as a PNG file. */
  async screenshot(): Promise<Uint8Array> {
    const file = join(this.#folder, 'screen.png');
    await this.#qmp.execute('screendump', { filename: file, format: 'png' });
    return new Uint8Array(await readFile(file));
  }

  /** Presses or releases a key of the phone, by QEMU's name for it (qapi/ui.json, QKeyCode): `volumedown`. */
  async key(name: string, down: boolean): Promise<void> {
    const data = { down, key: { type: 'qcode', data: name } };
    await this.#qmp.execute('input-send-event', { events: [{ type: 'key', data }] });
  }

  /**
   * Makes QEMU an NBD server with this raw disk image as its only export.
   * @throws MnxError `emulate.qmp` when QEMU cannot open it; the machine has ended then
   */
  async serve(filename: string): Promise<void> {
    const node = { 'node-name': 'served' };
    try {
      await this.#qmp.execute('blockdev-add', {
        ...node,
        driver: 'raw',
        file: { driver: 'file', filename: resolve(filename) },
      });
      await this.#qmp.execute('nbd-server-start', {
        addr: { type: 'unix', data: { path: nbdSocket(this.#folder) } },
      });
      await this.#qmp.execute('block-export-add', {
        ...node,
        type: 'nbd',
        id: 'served',
        name: '',
        writable: true,
      });
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Ends that server and its connections, as when the computer restarts; {@link serve} brings it back. */
  async unserve(): Promise<void> {
    await this.#qmp.execute('nbd-server-stop');
    await this.#qmp.execute('blockdev-del', { 'node-name': 'served' });
  }

  /**
   * Ends the machine at once, as pulling the battery would, and waits until it is gone. What has
   * ended already is left alone.
   */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#qmp.execute('quit').catch(() => undefined);
    const gone = await Promise.race([this.ended.then(() => true), sleep(3000, false, { ref: false })]);
    if (!gone) this.#process.kill('SIGKILL');
    this.#qmp.close();
    await this.ended;
  }
}

/** Resolves with what went wrong when QEMU has ended, or with nothing when all went well. */
function exitOf(child: Process, program: string): Promise<MnxError | undefined> {
  const stderr: string[] = [];
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk.toString()));
  return new Promise((resolve) => {
    child.once('error', (cause) => {
      const message = `${program} cannot be started: ${cause.message}`;
      resolve(new MnxError('emulate.qemu', message, { cause }));
    });
    child.once('close', (code, signal) => {
      const how = signal === null ? `with code ${code}` : `by ${signal}`;
      resolve(code === 0 ? undefined : new MnxError('emulate.qemu', endWords(how, stderr.join(''))));
    });
  });
}

/** QEMU's words, without its name in front of each line. */
function endWords(how: string, stderr: string): string {
  const words = stderr.trim().replaceAll(/^\S*qemu-system-\S+: /gm, '');
  return `QEMU ended ${how}${words === '' ? '' : `: ${words}`}`;
}
