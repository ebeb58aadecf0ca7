import { createConnection, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { MnxError } from '../binary/index.ts';

interface Reply {
  readonly return?: unknown;
  readonly error?: { readonly class: string; readonly desc: string };
  readonly event?: string;
  readonly QMP?: unknown;
}

/** QEMU's machine protocol: one JSON object per line over a socket, answers in order. */
export class Qmp {
  readonly #socket: Socket;
  #closed: string | undefined;
  readonly #waiting: { resolve: (value: unknown) => void; reject: (error: Error) => void }[] = [];

  private constructor(socket: Socket) {
    this.#socket = socket;
    const lines = createInterface({ input: socket });
    lines.on('line', (line) => this.#take(JSON.parse(line) as Reply));
    // readline repeats the socket's errors as its own; both mean that QEMU went away.
    lines.on('error', (error: Error) => this.#failAll(error.message));
    socket.on('close', () => this.#failAll('QEMU closed its control socket'));
    socket.on('error', (error) => this.#failAll(error.message));
  }

  /** Connects to a socket that QEMU makes while it starts; waits up to `patience` ms for it. */
  static async connect(path: string, patience = 60_000): Promise<Qmp> {
    const qmp = new Qmp(await openSocket(path, patience));
    await qmp.execute('qmp_capabilities');
    return qmp;
  }

  /** Runs one command. @throws MnxError with QEMU's own words when it refuses. */
  execute(command: string, args: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#closed !== undefined) {
        reject(new MnxError('emulate.qmp', this.#closed));
        return;
      }
      this.#waiting.push({ resolve, reject });
      this.#socket.write(`${JSON.stringify({ execute: command, arguments: args })}\n`);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(reply: Reply): void {
    if (reply.event !== undefined || reply.QMP !== undefined) return;
    const waiter = this.#waiting.shift();
    if (reply.error === undefined) waiter?.resolve(reply.return);
    else waiter?.reject(new MnxError('emulate.qmp', `QEMU refused: ${reply.error.desc}`));
  }

  #failAll(reason: string): void {
    this.#closed ??= reason;
    for (const { reject } of this.#waiting.splice(0)) reject(new MnxError('emulate.qmp', reason));
  }
}

async function openSocket(path: string, patience: number): Promise<Socket> {
  const step = 50;
  for (let waited = 0; ; waited += step) {
    try {
      return await tryConnect(path);
    } catch (error) {
      if (waited >= patience) {
        throw new MnxError('emulate.qmp', 'QEMU did not open its control socket', { cause: error });
      }
      // QEMU itself keeps the program waiting; nothing does once it has ended.
      await sleep(step, undefined, { ref: false });
    }
  }
}

function tryConnect(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path, () => {
      socket.off('error', reject);
      resolve(socket);
    });
    socket.once('error', reject);
  });
}
