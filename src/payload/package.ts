import { UsageError } from '../binary/index.ts';
import type { Arch } from '../device/index.ts';

/** What a manifest names: a file or package that went into a build. */
export interface Input {
  /** `kernel`, `modules`, `program`, `driver`, ... */
  readonly role: string;
  /** Package or file name, never a path. */
  readonly name: string;
  readonly version: string;
  readonly sha256: string;
}

/** A package that is wanted; never an address. */
export interface PackageRef {
  readonly name: string;
  /** Debian suite by code name: `trixie-backports`. */
  readonly suite: string;
  /** Debian's name of the architecture: `arm64`. */
  readonly arch: string;
  /** Exactly this version; absent: the newest of the suite. */
  readonly version?: string;
}

/** A package that was found: one .deb, named by its content. */
export interface Resolved {
  readonly name: string;
  readonly version: string;
  /** Architecture of the .deb; `all` is possible for any request. */
  readonly arch: string;
  readonly suite: string;
  /** Of the .deb, in lower-case hex. */
  readonly sha256: string;
  /** Bytes of the .deb. */
  readonly size: number;
  /** Path below the archive's root: `pool/main/b/busybox/...deb`. */
  readonly filename: string;
  /** Pre-Depends and Depends as the archive writes them, joined by a comma; empty when there are none. */
  readonly depends: string;
}

/** Debian's name of a device's architecture. */
export function debianArch(arch: Arch): string {
  return ({ aarch64: 'arm64', armv7: 'armhf', x86_64: 'amd64' } as const)[arch];
}

/** The manifest's line for a package. */
export function inputOf(resolved: Resolved, role: string): Input {
  return { role, name: resolved.name, version: resolved.version, sha256: resolved.sha256 };
}

/** Shapes that Debian promises; the file name becomes part of an address, the hash one of a path. */
const SHAPES: Readonly<Record<string, RegExp>> = {
  package: /^[a-z0-9][a-z0-9+.-]*$/,
  name: /^[a-z0-9][a-z0-9+.-]*$/,
  suite: /^[a-z0-9][a-z0-9.-]*$/,
  version: /^[A-Za-z0-9.+:~-]+$/,
  architecture: /^[a-z0-9-]+$/,
  arch: /^[a-z0-9-]+$/,
  filename: /^(?!\/)(?!.*(^|\/)\.\.?(\/|$))[A-Za-z0-9+._~:%/-]+$/,
  size: /^[0-9]{1,15}$/,
  sha256: /^[0-9a-f]{64}$/,
};

/** Whether a field of a package looks as Debian writes it; fields without a rule always do. */
export function hasShape(field: string, value: unknown): boolean {
  return SHAPES[field]?.test(String(value)) ?? true;
}

/**
 * Refuses names that are no package names before they reach a file name or an address.
 *
 * @throws UsageError `payload.package-name`
 */
export function checkRef(ref: PackageRef): void {
  for (const field of ['name', 'suite', 'arch'] as const) {
    if (hasShape(field, ref[field])) continue;
    throw new UsageError('payload.package-name', `${JSON.stringify(ref[field])} is not a Debian ${field}`, {
      hint: 'Packages, suites and architectures are written as Debian writes them: busybox-static, trixie, arm64.',
    });
  }
}

/** Every field of a resolved package, sorted. */
export const RESOLVED_FIELDS = [
  'arch',
  'depends',
  'filename',
  'name',
  'sha256',
  'size',
  'suite',
  'version',
] as const;

/** The record if every field is there with its type. */
export function parseResolved(value: unknown): Resolved | undefined {
  const record = value as Record<string, unknown> | null;
  if (record === null || typeof record !== 'object') return undefined;
  const typed = RESOLVED_FIELDS.every(
    (field) =>
      typeof record[field] === (field === 'size' ? 'number' : 'string') && hasShape(field, record[field]),
  );
  return typed ? (record as unknown as Resolved) : undefined;
}

/** Reads what was kept of a package; a damaged note counts as none. */
export function parseResolvedText(text: string | undefined): Resolved | undefined {
  try {
    return parseResolved(JSON.parse(text ?? 'null'));
  } catch {
    return undefined;
  }
}
