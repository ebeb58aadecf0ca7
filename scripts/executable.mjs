// Lets the files named on the command line be run: tsc writes them like any other, and npx runs the
// package's own program from where it lies.
import { chmodSync } from 'node:fs';

for (const file of process.argv.slice(2)) chmodSync(file, 0o755);
