/**
 * TOML files that people write: read with the place of each value, held against a schema, faults told with
 * line and column.
 * @module
 */
export { type Fault, faultError, faultsOf } from './fault.ts';
export { editDistance, nearest } from './nearest.ts';
export {
  excerpt,
  locate,
  type Place,
  readSource,
  type Source,
  type SourceOptions,
  type Table,
} from './source.ts';
