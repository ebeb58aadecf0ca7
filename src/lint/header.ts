import type { Loader } from '../device/index.ts';
import type { Finding } from './finding.ts';
import type { ImageFacts } from './image-facts.ts';
import { checkRamdiskCodec } from './ramdisk-codec.ts';

/** What of a loader the header is held against. */
export type HeaderLoader = Pick<Loader, 'name' | 'headerVersions' | 'maxPageSize' | 'dtb'>;

/**
 * Rules that an image's header and sections tell by themselves; a loader makes some of them sharper.
 * Builds run them on what they have packed, `mnx verify` on any file.
 */
export function checkHeader(facts: ImageFacts, loader?: HeaderLoader): Finding[] {
  return [
    idFinding(facts),
    dtSizeFinding(facts, loader),
    vendorPageFinding(facts),
    versionFinding(facts, loader),
    pageFinding(facts, loader),
    dtbFinding(facts),
    ...facts.ramdisks.flatMap(({ bytes, where }) => checkRamdiskCodec(bytes, where)),
  ].filter((finding) => finding !== undefined);
}

function idFinding({ id }: ImageFacts): Finding | undefined {
  if (id?.kind !== 'raw') return undefined;
  return {
    code: 'lint.id',
    level: 'error',
    what: `the id ${Buffer.from(id.bytes).toString('hex')} is not the digest of what the image holds`,
    where: 'id',
    why: 'a section was changed or damaged after the image was made; loaders that compare it refuse the image',
    todo: 'copy the image again from its source, or let mnx bootimg edit write a new id: --id sha1',
  };
}

/** Both meanings of the word at 40: header version, or size of the DT table (see bootimg/header.ts). */
function dtSizeFinding({ headerVersion, dt }: ImageFacts, loader?: HeaderLoader): Finding | undefined {
  if (headerVersion !== 0 || dt === undefined || loader?.dtb.includes('qcdt')) return undefined;
  return {
    code: 'lint.dt-size',
    level: 'warning',
    what: `the size of the DT table, ${dt.length}, stands where newer headers have their version`,
    where: 'dt',
    why: `a loader or tool that does not know DT tables takes it for header version ${dt.length} and refuses the image`,
    todo: 'flash it to phones whose loader reads QCDT; for others append the DTB to the kernel, or use header v2',
  };
}

const SMALL_PAGE = 2048;

function vendorPageFinding({ kind, pageSize }: ImageFacts): Finding | undefined {
  if (kind !== 'vendor' || pageSize > SMALL_PAGE) return undefined;
  return {
    code: 'lint.vendor-page',
    level: 'error',
    what: `vendor_boot has pages of ${pageSize} bytes`,
    where: 'page size',
    why: 'its header takes two such pages, and loaders that expect one (U-Boot) read everything behind it wrongly',
    todo: 'make it again with --pagesize 4096',
  };
}

function versionFinding({ kind, headerVersion }: ImageFacts, loader?: HeaderLoader): Finding | undefined {
  if (kind === 'vendor' || loader === undefined) return undefined;
  const foreign = kind === 'sony';
  if (!foreign && loader.headerVersions.includes(headerVersion)) return undefined;
  const has = foreign ? "is an ELF, as Sony's loaders read it" : `has header version ${headerVersion}`;
  return {
    code: 'lint.header-version',
    level: 'error',
    what: `the image ${has}, ${loader.name} reads ${loader.headerVersions.join(', ')}`,
    where: 'header version',
    why: 'the loader takes fields for others and refuses the image, or starts nothing',
    todo: `make it with --header_version ${loader.headerVersions[0] ?? 0}`,
  };
}

function pageFinding({ headerVersion, pageSize }: ImageFacts, loader?: HeaderLoader): Finding | undefined {
  const limit = loader?.maxPageSize;
  if (limit === undefined || headerVersion > 2 || pageSize <= limit) return undefined;
  return {
    code: 'lint.page-size',
    level: 'error',
    what: `the image has pages of ${pageSize} bytes, ${loader?.name} takes up to ${limit}`,
    where: 'page size',
    why: 'the loader refuses the image',
    todo: `make it with --pagesize ${limit}`,
  };
}

/** mkbootimg.py refuses to write a v2 image without a DTB; loaders of v2 take it from there. */
function dtbFinding({ kind, headerVersion, dtb }: ImageFacts): Finding | undefined {
  if (kind !== 'boot' || headerVersion !== 2 || dtb !== undefined) return undefined;
  return {
    code: 'lint.dtb-missing',
    level: 'error',
    what: 'the header is of version 2 and the dtb section is empty',
    where: 'dtb',
    why: 'loaders of v2 take the device tree from that section and stop without it',
    todo: 'put it in: mnx bootimg edit --dtb FILE',
  };
}
