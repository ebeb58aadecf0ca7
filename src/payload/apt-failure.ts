import { FormatError, MissingError, type MnxError } from '../binary/index.ts';
import type { Download } from './archive.ts';
import { diskFull, gone, tampered, unreachable } from './archive-failure.ts';

/** apt says in words what failed; these are the ones of apt 2.0 to 3.x, in English. */
const SIGNATURE =
  /NO_PUBKEY|BADSIG|EXPKEYSIG|is not signed|not signed by|signatures? (were|was|is|are) invalid|Sub-process \S*(sqv|gpgv) returned|Clearsigned file isn't valid/;
const TAMPERED = /Hash Sum mismatch|unexpected size|Hashes of expected file/;
const FULL = /No space left on device|Disk quota exceeded/;
const ABSENT = /\b404\b|does not have a Release file|Not Found|File not found/;

/** Why `apt-get update` of one suite failed. */
export function updateFailure(stderr: string, suite: string, arch: string): MnxError {
  const complaint = firstComplaint(stderr);
  if (SIGNATURE.test(stderr)) {
    return new FormatError(
      'payload.signature',
      {
        field: `InRelease of ${suite}`,
        offset: 0,
        got: complaint,
        wanted: 'a good signature by a Debian archive key',
      },
      { hint: 'The archive or the way to it is not to be trusted; try another mirror.' },
    );
  }
  if (FULL.test(stderr)) return diskFull('the cache');
  if (TAMPERED.test(stderr)) return tampered(`package list of ${suite}`, complaint);
  if (ABSENT.test(stderr)) {
    return new MissingError(
      'payload.no-suite',
      `the archive has no suite ${suite} for ${arch}: ${complaint}`,
      {
        hint: "Look at the suite's name; another mirror may carry it (--mirror URL).",
      },
    );
  }
  return unreachable(complaint);
}

/** Why the download of one of `wanted` failed. */
export function downloadFailure(stderr: string, wanted: readonly Download[]): MnxError {
  const complaint = firstComplaint(stderr);
  const plain = decodeURIComponent(complaint.replace(/%(?![0-9a-f]{2})/gi, '%25'));
  const one = wanted.find(({ resolved }) => plain.includes(resolved.filename));
  const name = one === undefined ? 'a package' : one.resolved.filename;
  if (FULL.test(stderr)) return diskFull('the cache');
  if (TAMPERED.test(stderr)) return tampered(name, complaint);
  if (ABSENT.test(stderr)) return gone(one ?? wanted[0]);
  return unreachable(complaint);
}

/** The first error line, else the first warning, on one line. */
function firstComplaint(stderr: string): string {
  const lines = stderr.split('\n');
  const line = lines.find((text) => text.startsWith('E:')) ?? lines.find((text) => text.startsWith('W:'));
  return (line ?? lines.find((text) => text.trim() !== '') ?? 'apt gave no reason')
    .replace(/^[EW]:\s*/, '')
    .trim();
}
