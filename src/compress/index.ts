/**
 * Compression: which codec a file carries, expansion with a cap, reproducible gzip.
 * @module
 */
export { type Codec, detectCodec } from './codec.ts';
export { type ExpandOptions, expand } from './expand.ts';
export { type Gunzipped, gunzip } from './gunzip.ts';
export { type GzipOptions, gzip, gzipSync } from './gzip.ts';
export { xzStream } from './xz.ts';
