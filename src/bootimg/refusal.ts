import { type ErrorDetail, MnxError } from '../binary/index.ts';
import type { Loader } from '../device/index.ts';

/** The error of an image that a loader will not start, in the loader's own words where it has some. */
export function refusal(loader: Loader, reason: string, detail: ErrorDetail = {}): MnxError {
  return new MnxError('bootimg.refused', `${loader.name}: ${reason}`, detail);
}
