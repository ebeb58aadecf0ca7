import { discardUnfinished } from '../output/index.ts';
import { isTerminal, note, size } from './terminal.ts';

/** What the library's rooms report of long work: bytes done of bytes expected, or steps. */
export interface Progress {
  readonly label: string;
  readonly done: number;
  /** 0 when the end is not known. */
  readonly total: number;
  readonly unit?: 'bytes' | 'steps';
}

const REDRAW_MS = 80;
const BAR_WIDTH = 24;

/** Draws progress on a terminal, and one line per finished label in a pipe. */
export interface ProgressLine {
  update(progress: Progress): void;
  /** Takes the line off the screen before other output. */
  clear(): void;
}

/** The line for a stream: drawn over and over on a terminal, one line per step in a pipe. */
export function progressLine(stream: NodeJS.WriteStream = process.stderr): ProgressLine {
  return isTerminal(stream) ? drawnLine(stream) : plainLines(stream);
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs work under a progress line. When a signal ends it, the line goes, nothing half-written stays,
 * and the signal does what it does to any program.
 */
export async function withProgress<T>(work: (progress: ProgressLine) => Promise<T>): Promise<T> {
  const progress = progressLine();
  const end = (signal: NodeJS.Signals): void => {
    progress.clear();
    discardUnfinished();
    if (isTerminal(process.stderr)) note('interrupted');
    release();
    process.kill(process.pid, signal);
  };
  const release = (): void => {
    for (const signal of SIGNALS) process.off(signal, end);
  };
  for (const signal of SIGNALS) process.on(signal, end);
  try {
    return await work(progress);
  } finally {
    progress.clear();
    release();
  }
}

function drawnLine(stream: NodeJS.WriteStream): ProgressLine {
  let drawn = 0;
  let label = '';
  let started = 0;
  return {
    update(progress) {
      const now = Date.now();
      if (progress.label !== label) {
        label = progress.label;
        started = now;
      } else if (now - drawn < REDRAW_MS) return;
      drawn = now;
      const line = draw(progress, now - started).slice(0, (stream.columns ?? 80) - 1);
      stream.write(`\r\u001b[2K${line}`);
    },
    clear() {
      if (drawn > 0) stream.write('\r\u001b[2K');
      drawn = 0;
      label = '';
    },
  };
}

function plainLines(stream: NodeJS.WriteStream): ProgressLine {
  let label = '';
  return {
    update(progress) {
      if (progress.label === label) return;
      label = progress.label;
      stream.write(`${label}\n`);
    },
    clear() {},
  };
}

function draw({ label, done, total, unit = 'bytes' }: Progress, elapsed: number): string {
  if (total <= 0) return `${label} ${unit === 'bytes' && done > 0 ? size(done) : ''}`;
  const share = Math.min(1, done / total);
  const filled = Math.round(share * BAR_WIDTH);
  const bar = `${'━'.repeat(filled)}${'╌'.repeat(BAR_WIDTH - filled)}`;
  const amount = unit === 'bytes' ? `${size(done)} of ${size(total)}` : `${done} of ${total}`;
  return `${label} ${bar} ${amount}${timeLeft(share, elapsed)}`;
}

function timeLeft(share: number, elapsed: number): string {
  if (share < 0.02 || elapsed < 1000) return '';
  const seconds = Math.round(((elapsed / share) * (1 - share)) / 1000);
  return seconds > 90 ? `, ${Math.round(seconds / 60)} min left` : `, ${seconds} s left`;
}
