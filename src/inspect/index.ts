/**
 * Every format behind one look: what a file is, what lies in it, what is odd about it, how two differ.
 * @module
 */
export { diffFilesOf } from './diff.ts';
export type { Difference } from './difference.ts';
export { type Inspection, inspectFile } from './inspection.ts';
export { CONFIG } from './kernel-kinds.ts';
export { eachLayer, type Layer, ownFacts } from './layer.ts';
export { FORMATS } from './registry.ts';
export { EXPAND_LIMIT, PARTS_LIMIT, type WalkOptions, walkFile } from './walk.ts';
