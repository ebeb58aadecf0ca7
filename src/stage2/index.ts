/**
 * What comes after stage-1: how the real system's root is named and how control goes over to it.
 * @module
 */
export {
  readRoot,
  type Stage2Method,
  type Stage2Plan,
  type Stage2Request,
  stage2Conf,
  stage2Plan,
} from './plan.ts';
export { type RootModule, type RootNeeds, rootNeeds } from './root-needs.ts';
