/**
 * Every format behind one look: what a file is, what lies in it, what is odd about it.
 * @module
 */
export { type Inspection, inspectFile } from './inspection.ts';
export { CONFIG } from './kernel-kinds.ts';
export { eachLayer, type Layer } from './layer.ts';
export { FORMATS } from './registry.ts';
export { EXPAND_LIMIT, type WalkOptions, walkFile } from './walk.ts';
