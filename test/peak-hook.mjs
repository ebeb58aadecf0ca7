// For `node --import`: says at the end how much memory the process had at most, in KiB. Not the usage that
// wait() tells, which begins with what the parent had.
import { readFileSync } from 'node:fs';

process.on('exit', () => {
  const [, peak] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'latin1')) ?? [];
  process.stderr.write(`PEAK ${peak}\n`);
});
