/**
 * Files of people, read to their end if they have one; results, written whole or not at all, and streamed when they are large.
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
