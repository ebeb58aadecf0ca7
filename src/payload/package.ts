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
