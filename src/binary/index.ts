/**
 * How bytes are declared: layout tables, alignment, digests, errors and the `Format` contract.
 * @module
 */
export { alignDown, alignUp, padding } from './align.ts';
export { concat, cString, equal, latin1, startsWith, utf8, utf8Text, viewOf } from './bytes.ts';
export { digest, type HashName, sha256 } from './digest.ts';
export {
  type ErrorDetail,
  type ExitCode,
  FormatError,
  type FormatFault,
  hex,
  inFile,
  MissingError,
  MnxError,
  UsageError,
  unreadable,
} from './errors.ts';
export {
  bytes,
  decimal,
  type Field,
  type FieldPlace,
  hex8,
  magic,
  octal,
  padded,
  toNumber,
  u8,
  u16be,
  u16le,
  u32be,
  u32le,
  u64be,
  u64le,
} from './field.ts';
export type { Fact, Format } from './format.ts';
export { expectSize, type Layout, type LayoutValue, layout } from './layout.ts';
