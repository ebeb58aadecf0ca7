/**
 * Compression: which codec a file carries and what it says about itself, expansion with a cap,
 * reproducible gzip, lz4 and lzop.
 * @module
 */
export { type Codec, detectCodec } from './codec.ts';
export { type CodecFacts, codecFacts, describeCodec } from './codec-facts.ts';
export { type CompressOptions, canCompress, compress, WRITABLE_CODECS } from './compress.ts';
export { type ExpandOptions, expand, expandMember, expandMemberSync } from './expand.ts';
export { type FirstMember, firstMember } from './first-member.ts';
export { MEMBER_LIMIT, type MemberFile, memberFormat, memberFormats } from './format.ts';
export { type Gunzipped, gunzip } from './gunzip.ts';
export { type GzipOptions, gzip, gzipPieces, gzipSync } from './gzip.ts';
export { packLz4Frame } from './lz4-frame.ts';
export { packLz4Legacy } from './lz4-legacy.ts';
export { lzop } from './lzop.ts';
export type { Expanded } from './member.ts';
export { xzStream } from './xz.ts';
export type { XzCheck } from './xz-walk.ts';
export { unzlib, zlib } from './zlib.ts';
