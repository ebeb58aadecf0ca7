import type { Session } from '../emulate/index.ts';

const CTRL_C = 3;

/**
 * Makes this terminal the machine's serial console. Keys go there one by one and unchanged, so that
 * the shell there edits its own line; Ctrl-C ends the machine.
 *
 * @returns what gives the terminal back.
 */
export function attachTerminal(session: Session, end: () => void): () => void {
  const { stdin } = process;
  const raw = stdin.isTTY === true;
  if (raw) stdin.setRawMode(true);
  const forward = (chunk: Buffer): void => {
    if (raw && chunk.includes(CTRL_C)) end();
    else session.keyboard.write(chunk);
  };
  stdin.on('data', forward);
  session.console.pipe(process.stdout, { end: false });
  return () => {
    stdin.off('data', forward);
    if (raw) stdin.setRawMode(false);
    // The machine's last line is seldom whole.
    if (process.stdout.isTTY) process.stdout.write('\n');
    stdin.pause();
    stdin.unref?.();
  };
}

/** Resolves to true when the console has printed a line like the pattern, to false after `limit` seconds. */
export function consoleLine({ console }: Session, pattern: RegExp, limit: number): Promise<boolean> {
  return new Promise((resolve) => {
    let last = '';
    const take = (chunk: Buffer): void => {
      last += chunk.toString('latin1');
      if (pattern.test(last)) settle(true);
      last = last.slice(last.lastIndexOf('\n') + 1);
    };
    const timer = setTimeout(() => settle(false), limit * 1000);
    const settle = (seen: boolean): void => {
      clearTimeout(timer);
      console.off('data', take);
      resolve(seen);
    };
    console.on('data', take);
    console.once('end', () => settle(false));
  });
}
