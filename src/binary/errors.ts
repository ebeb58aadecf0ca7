/**
 * What an `MnxError` may carry besides its sentence.
 */
export interface ErrorDetail {
  /** The next thing the user can do; printed on its own line. */
  readonly hint?: string;
  readonly cause?: unknown;
  /** Overrides the exit code that the error's kind implies. */
  readonly exitCode?: ExitCode;
}

/** 0 done, 1 the work failed, 2 wrong use, 3 damaged or hostile input, 4 a payload or tool is missing. */
export type ExitCode = 0 | 1 | 2 | 3 | 4;

/**
 * Every failure that mnx reports on purpose. `code` is stable and reads `room.reason`
 * (`bootimg.page-size`); `message` says what was read, got and wanted.
 */
export class MnxError extends Error {
  readonly code: string;
  readonly hint: string | undefined;
  readonly exitCode: ExitCode;

  constructor(code: string, message: string, detail: ErrorDetail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.name = new.target.name;
    this.code = code;
    this.hint = detail.hint;
    this.exitCode = detail.exitCode ?? 1;
  }
}

/** The user asked for something that does not exist or cannot be combined: exit code 2. */
export class UsageError extends MnxError {
  constructor(code: string, message: string, detail: ErrorDetail = {}) {
    super(code, message, { exitCode: 2, ...detail });
  }
}

/** A payload or a host tool is not there: exit code 4. */
export class MissingError extends MnxError {
  constructor(code: string, message: string, detail: ErrorDetail = {}) {
    super(code, message, { exitCode: 4, ...detail });
  }
}

/** Where and how bytes differ from what their format says. */
export interface FormatFault {
  /** Dotted path of the field: `boot-v2.page_size`. */
  readonly field: string;
  /** Byte offset in the input that was read. */
  readonly offset: number;
  readonly got: string | number | bigint;
  readonly wanted: string;
}

/** The input is damaged, hostile or of another format: exit code 3. */
export class FormatError extends MnxError {
  readonly field: string;
  readonly offset: number;
  readonly got: string;
  readonly wanted: string;

  constructor(code: string, fault: FormatFault, detail: ErrorDetail = {}) {
    const got = typeof fault.got === 'string' ? fault.got : hex(fault.got);
    super(code, `${fault.field} at ${hex(fault.offset)}: got ${got}, want ${fault.wanted}`, {
      exitCode: 3,
      ...detail,
    });
    this.field = fault.field;
    this.offset = fault.offset;
    this.got = got;
    this.wanted = fault.wanted;
  }
}

/** The same failure, with the name of the file whose bytes it speaks of; anything else stays what it is. */
export function inFile(error: unknown, file: string): unknown {
  if (!(error instanceof MnxError)) return error;
  const { code, hint, exitCode } = error;
  const detail = { ...(hint === undefined ? {} : { hint }), cause: error };
  if (!(error instanceof FormatError)) {
    return new MnxError(code, `${file}: ${error.message}`, { ...detail, exitCode });
  }
  const { field, offset, got, wanted } = error;
  return new FormatError(code, { field: `${file}: ${field}`, offset, got, wanted }, detail);
}

/** Addresses, offsets and magics are always shown in hex. */
export function hex(value: number | bigint, digits = 0): string {
  return `0x${value.toString(16).padStart(digits, '0')}`;
}

/**
 * Why the system lets nobody read a file, to stand behind its name: `: there is no such file`. Nothing for what
 * people can do nothing about; that stays the error's cause.
 */
export function unreadable(cause: unknown): string {
  return REASONS[(cause as { readonly code?: string } | undefined)?.code ?? ''] ?? '';
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: ': there is no such file',
  EISDIR: ': it is a folder',
  ENOTDIR: ': a file stands where a folder should be',
  EACCES: ': no permission',
  EPERM: ': no permission',
  ENDLESS: ': it brings data without an end',
  ERR_FS_FILE_TOO_LARGE: ': it has more than 2 GiB',
};
