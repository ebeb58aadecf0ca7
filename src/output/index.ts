/**
 * How results reach the disk: whole or not at all, and streamed when they are large.
 * @module
 */
export { readPieces, readWhole, readWholeSync } from './input.ts';
export {
  checkOutput,
  discardUnfinished,
  ensureFolder,
  makeFolder,
  type Output,
  writeAtomically,
  writeTogether,
} from './output.ts';
