/** The part of cpio-stream 1.4 that mnx uses; the package brings no types. */
declare module 'cpio-stream' {
  import type { Readable } from 'node:stream';

  export interface PackHeader {
    name: string;
    /** Type and permission bits. */
    mode: number;
    mtime: Date;
    ino: number;
    nlink: number;
    uid: number;
    gid: number;
    /** Any number but 0, which would be replaced by 0o777777. */
    dev: number;
    devmajor: number;
    devminor: number;
    rdevmajor: number;
    rdevminor: number;
  }

  export interface Pack extends Readable {
    entry(header: PackHeader, data: Buffer): unknown;
    finalize(): void;
  }

  export interface ExtractHeader {
    name: string;
    mode: number;
    mtime: Date;
    ino: number;
    nlink: number;
    uid: number;
    gid: number;
    size: number;
    type: string | false;
    linkname?: string;
    rdevmajor: number;
    rdevminor: number;
  }

  export function pack(options: { format: 'newc' | 'odc' }): Pack;
  export function extract(): NodeJS.WritableStream;
}
