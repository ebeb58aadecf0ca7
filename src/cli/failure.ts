import { type ExitCode, FormatError, MnxError } from '../binary/index.ts';
import { note, paint, sayJson } from './terminal.ts';

/** How a failure is shown. */
export interface FailureStyle {
  readonly json: boolean;
  /** Shows the chain of causes. */
  readonly verbose: boolean;
}

/** Reports a failure in the form that the command was asked for and gives its exit code. */
export function report(error: unknown, style: FailureStyle): ExitCode {
  const failure = asMnxError(error);
  if (style.json) sayJson({ error: asJson(failure) });
  else {
    note(`${paint('red', 'error:', process.stderr)} ${failure.message}`);
    const hint = hintOf(failure);
    if (hint !== undefined) note(`${paint('cyan', ' hint:', process.stderr)} ${hint}`);
  }
  if (style.verbose) for (const line of causes(failure)) note(`  ${line}`);
  return failure.exitCode;
}

/** Failures of the system, and defects of mnx itself, in words of their own. */
function asMnxError(error: unknown): MnxError {
  if (error instanceof MnxError) return error;
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  const path = (error as NodeJS.ErrnoException | undefined)?.path;
  const message = error instanceof Error ? error.message : String(error);
  if (code === 'ENOSPC') {
    return new MnxError('cli.disk-full', 'no space left on the disk', {
      hint: 'Free some room, or point MNX_CACHE and -o at another disk; nothing half-written was left behind.',
      cause: error,
    });
  }
  if (code !== undefined && SYSTEM[code] !== undefined) {
    return new MnxError(`cli.${code.toLowerCase()}`, `${path ?? message}: ${SYSTEM[code]}`, {
      hint: 'Look whether the path is right and you may read and write there.',
      cause: error,
    });
  }
  return new MnxError('cli.defect', `unexpected failure: ${message}`, {
    hint: 'This is a defect of mnx. Run again with --verbose and report the lines that follow.',
    cause: error,
  });
}

const SYSTEM: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EISDIR: 'is a directory',
  ENOTDIR: 'a part of the path is not a directory',
  EROFS: 'the file system is read-only',
  EMFILE: 'too many open files',
};

/** The next thing to do; readers of formats know a field, and not what the file was meant to be. */
function hintOf(failure: MnxError): string | undefined {
  return failure.hint ?? (failure instanceof FormatError ? DAMAGED : undefined);
}

const DAMAGED = 'The file is damaged, cut off, or of another kind: mnx inspect FILE tells what it is.';

function asJson(failure: MnxError): Record<string, unknown> {
  const json: Record<string, unknown> = { code: failure.code, message: failure.message };
  const hint = hintOf(failure);
  if (hint !== undefined) json['hint'] = hint;
  if (failure instanceof FormatError) {
    Object.assign(json, {
      field: failure.field,
      offset: failure.offset,
      got: failure.got,
      wanted: failure.wanted,
    });
  }
  return json;
}

function causes(error: Error): string[] {
  const lines: string[] = [];
  for (let next: unknown = error; next instanceof Error; next = next.cause) {
    lines.push(...(next.stack ?? next.message).split('\n'));
  }
  return lines;
}
