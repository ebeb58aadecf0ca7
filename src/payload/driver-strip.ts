import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { MnxError } from '../binary/index.ts';
import { buildEnvironment } from './driver-make.ts';
import type { Workspace } from './driver-workspace.ts';

/**
 * `strip -g` with the target's own binutils: what is left is what the kernel reads.
 *
 * @param crossCompile prefix of the tool's name: `aarch64-linux-gnu-`
 * @throws MnxError `payload.driver-strip`
 */
export async function stripModules(
  workspace: Workspace,
  crossCompile: string,
  { files, path }: { files: readonly string[]; path: string },
): Promise<void> {
  const child = spawn(join(workspace.programs, `${crossCompile}strip`), ['-g', '--', ...files], {
    cwd: workspace.sources,
    env: buildEnvironment(workspace, path),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const result = await new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code) => resolve(code === 0 ? '' : said.trim() || `strip ended with ${code}`));
  });
  if (result !== '') throw new MnxError('payload.driver-strip', `stripping ${files.join(', ')}: ${result}`);
}
