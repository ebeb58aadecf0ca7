/**
 * Compression: which codec a file carries and what it says about itself, expansion with a cap,
 * reproducible gzip, lz4 and lzop.
 * @module
 */
export { type Codec, detectCodec } from './codec.ts';
export { type CodecFacts, codecFacts, describeCodec } from './codec-facts.ts';
export { type CompressOptions, compress, WRITABLE_CODECS } from './compress.ts';
export type { Block } from './deflate-engine.ts';
export { type ExpandOptions, expand, expandMember, expandMemberSync } from './expand.ts';
export { type FirstMember, firstMember } from './first-member.ts';
export { MEMBER_LIMIT, type MemberFile, memberFormat, memberFormats } from './format.ts';
export { type Gunzipped, gunzip, gunzipCut } from './gunzip.ts';
export { type BlockMemory, type GzipOptions, gzip, gzipPieces, gzipStream, gzipSync } from './gzip.ts';
export { packLz4Frame } from './lz4-frame.ts';
export { packLz4Legacy } from './lz4-legacy.ts';
export { lzop } from './lzop.ts';
export { lzopRefusal } from './lzop-read.ts';
export type { Expanded } from './member.ts';
export { packedHint } from './packed-hint.ts';
export { xzStream } from './xz.ts';
export type { XzCheck } from './xz-walk.ts';
export { unzlib, zlib } from './zlib.ts';
