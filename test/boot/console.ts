import type { Readable, Writable } from 'node:stream';

/** What a test sees of a machine's serial console. */
export interface Wires {
  readonly console: Readable;
  readonly keyboard: Writable;
}

/** Reads and types on a serial console, as a person at a terminal would. */
export class Console {
  #text = '';
  #seen = 0;
  #commands = 0;
  #ended = false;
  readonly #keyboard: Writable;
  readonly #waiters = new Set<() => void>();

  constructor({ console: output, keyboard }: Wires) {
    this.#keyboard = keyboard;
    output.on('data', (chunk: Buffer) => {
      this.#text += chunk.toString('latin1').replaceAll('\r', '');
      for (const wake of this.#waiters) wake();
    });
    output.on('end', () => {
      this.#ended = true;
      for (const wake of this.#waiters) wake();
    });
  }

  /** Everything printed so far. */
  get text(): string {
    return this.#text;
  }

  /** Waits for a pattern behind what was seen last, and gives its match. */
  async waitFor(pattern: RegExp, seconds = 300): Promise<RegExpExecArray> {
    const deadline = Date.now() + seconds * 1000;
    for (;;) {
      const match = pattern.exec(this.#text.slice(this.#seen));
      if (match !== null) {
        this.#seen += match.index + match[0].length;
        return match;
      }
      if (this.#ended || Date.now() > deadline) {
        const why = this.#ended ? 'the machine ended' : `${seconds} s went by`;
        throw new Error(
          `${why} before ${pattern} came; the console's last lines:\n${this.#text.slice(-3000)}`,
        );
      }
      await this.#news(deadline);
    }
  }

  /** Runs one line in the shell on the console. The kernel keeps quiet meanwhile: its lines would stand between the command's. */
  async run(command: string, seconds = 300): Promise<{ output: string; code: number }> {
    this.#commands += 1;
    const n = this.#commands;
    // The quotes keep the echoed line from looking like its own result.
    const quiet = 'levels=$(cat /proc/sys/kernel/printk); echo 1 >/proc/sys/kernel/printk';
    const loud = 'echo "$levels" >/proc/sys/kernel/printk';
    this.#keyboard.write(
      `${quiet}; echo "begin""-of-${n}"; (${command}); echo "end""-of-${n}:$?"; ${loud}\n`,
    );
    const [, output = '', code] = await this.waitFor(
      new RegExp(`begin-of-${n}\\n([^]*)end-of-${n}:(\\d+)\\n`),
      seconds,
    );
    return { output, code: Number(code) };
  }

  #news(deadline: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#waiters.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, Math.max(1, deadline - Date.now()));
      this.#waiters.add(wake);
    });
  }
}
