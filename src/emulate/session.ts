import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { MissingError, MnxError } from '../binary/index.ts';
import { Qmp } from './qmp.ts';

type Process = ChildProcessByStdio<Writable, Readable, Readable>;

/** A folder for the parts of one boot; gone when the machine is. */
export async function scratchFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'mnx-emulate-'));
}

/** How to start QEMU. */
export interface SessionOptions {
  readonly program: string;
  /** Debian package that has the program; named when it is missing. */
  readonly package: string;
  readonly arguments: readonly string[];
  /** Holds the parts and the control socket; removed when the machine ends. */
  readonly folder: string;
}

/** A running emulated phone. */
export class Session {
  readonly #process: Process;
  readonly #folder: string;
  readonly #qmp: Qmp;
  /** Resolves when QEMU has ended and its folder is gone. */
  readonly ended: Promise<void>;

  private constructor(process: Process, folder: string, qmp: Qmp, ended: Promise<void>) {
    this.#process = process;
    this.#folder = folder;
    this.#qmp = qmp;
    this.ended = ended;
  }

  /** Starts QEMU and waits until it takes commands. @throws MissingError when it is not installed. */
  static async start(options: SessionOptions): Promise<Session> {
    const control = join(options.folder, 'qmp.sock');
    const child = spawn(
      options.program,
      [...options.arguments, '-serial', 'stdio', '-qmp', `unix:${control},server=on,wait=off`],
      { stdio: ['pipe', 'pipe', 'pipe'] },
    );
    const stderr: string[] = [];
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk.toString()));
    const exited = exitOf(child, options, stderr);
    const ended = exited
      .catch(() => undefined)
      .then(() => rm(options.folder, { recursive: true, force: true }));
    const qmp = await Promise.race([Qmp.connect(control), exited.then(() => endedEarly(stderr))]);
    return new Session(child, options.folder, qmp, ended);
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

  /** Writes what the panel shows as a PNG file. */
  async screenshot(path: string): Promise<void> {
    await this.#qmp.execute('screendump', { filename: resolve(path), format: 'png' });
  }

  /** Ends the machine at once, as pulling the battery would, and waits until it is gone. */
  async stop(): Promise<void> {
    await this.#qmp.execute('quit').catch(() => undefined);
    const gone = await Promise.race([this.ended.then(() => true), sleep(3000, false, { ref: false })]);
    if (!gone) this.#process.kill('SIGKILL');
    this.#qmp.close();
    await this.ended;
  }
}

function exitOf(child: Process, options: SessionOptions, stderr: readonly string[]): Promise<void> {
  return new Promise((resolveExit, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'ENOENT' ? notInstalled(options) : error);
    });
    child.once('exit', (code) => {
      if (code === 0 || code === null) resolveExit();
      else reject(endedWith(code, stderr));
    });
  });
}

function notInstalled(options: SessionOptions): MissingError {
  return new MissingError('emulate.no-qemu', `${options.program} is not installed`, {
    hint: `Install the Debian package ${options.package}.`,
  });
}

function endedWith(code: number, stderr: readonly string[]): MnxError {
  const words = stderr.join('').trim();
  return new MnxError('emulate.qemu', `QEMU ended with code ${code}${words === '' ? '' : `: ${words}`}`);
}

function endedEarly(stderr: readonly string[]): never {
  throw new MnxError('emulate.qemu', `QEMU ended before it took commands: ${stderr.join('').trim()}`);
}
