import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { availableParallelism } from 'node:os';
import { createInterface } from 'node:readline';
import { MnxError } from '../binary/index.ts';
import type { Workspace } from './driver-workspace.ts';

export interface MakeRun {
  readonly workspace: Workspace;
  /** kbuild's name of the architecture: `arm64`. */
  readonly arch: string;
  /** Names of the modules, for the error. */
  readonly modules: readonly string[];
  /** Folders of the host's programs (the form of PATH). */
  readonly path: string;
  /** Everything that make says goes there. */
  readonly log: string;
  /** Called with each line that make prints on its standard output. */
  readonly onLine?: (line: string) => void;
}

const TAIL_LINES = 20;

/**
 * Runs kbuild over the workspace's sources.
 *
 * @throws MnxError `payload.driver-build` with the last lines as its cause and the log's path.
 */
export async function makeModules(run: MakeRun): Promise<void> {
  const child = spawn('make', makeArguments(run.workspace, run.arch), {
    cwd: run.workspace.sources,
    env: buildEnvironment(run.workspace, run.path),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log = createWriteStream(run.log);
  const tail: string[] = [];
  const keep = (line: string) => {
    log.write(`${line}\n`);
    tail.push(line);
    if (tail.length > TAIL_LINES) tail.shift();
  };
  createInterface({ input: child.stdout }).on('line', (line) => {
    keep(line);
    run.onLine?.(line);
  });
  createInterface({ input: child.stderr }).on('line', keep);
  const result = await new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(code === 0 ? '' : `make ended with ${code ?? signal}`));
  });
  await new Promise<void>((resolve) => {
    log.end(resolve);
  });
  if (result !== '') throw failure(run, result, tail);
}

function failure({ modules, log }: MakeRun, result: string, tail: readonly string[]): MnxError {
  const telling = tail.filter((line) =>
    /\b(error|ERROR|fatal|undefined|not found|No such file)\b/.test(line),
  );
  const first = telling[0]?.trim();
  return new MnxError('payload.driver-build', `building ${modules.join(', ')} failed: ${first ?? result}`, {
    hint: `The whole output is in ${log}`,
    cause: new Error([...tail, result].join('\n')),
  });
}

/**
 * - The modules carry no debug data (-g0): it would be stripped anyway, and the build id is taken
 *   over it.
 * - Paths in WARN() and the like are given from the root of the tree, not of this folder.
 * - BTF for modules wants pahole; a module without it loads as well.
 */
function makeArguments(workspace: Workspace, arch: string): string[] {
  const { common, headers, sources } = workspace;
  const flags = ['-g0', ...[headers, common, sources].map((folder) => `-ffile-prefix-map=${folder}/=`)].join(
    ' ',
  );
  return [
    '-f',
    `${common}/Makefile`,
    `-j${availableParallelism()}`,
    `O=${headers}`,
    `M=${sources}`,
    `ARCH=${arch}`,
    'CONFIG_DEBUG_INFO_BTF_MODULES=',
    `KCFLAGS=${flags}`,
    `KAFLAGS=${flags}`,
    'modules',
  ];
}

/** Nothing of the user's environment: MAKEFLAGS, LANG, CC or C_INCLUDE_PATH would change the result. */
export function buildEnvironment(workspace: Workspace, path: string): Record<string, string> {
  return {
    PATH: `${workspace.programs}:${path}`,
    TMPDIR: workspace.temporary,
    LC_ALL: 'C',
    TZ: 'UTC',
    SOURCE_DATE_EPOCH: '0',
    KBUILD_BUILD_TIMESTAMP: '@0',
    KBUILD_BUILD_USER: 'mnx',
    KBUILD_BUILD_HOST: 'mnx',
  };
}
