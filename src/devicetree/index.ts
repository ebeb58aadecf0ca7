/**
 * Device trees: blobs in and out, looking things up, who supplies whom, the vendors' tables of blobs.
 * @module
 */
export {
  type BlobTable,
  dtbhFormat,
  pxa19xxFormat,
  pxaDtFormat,
  qcdtFormat,
  sprdFormat,
  type TableEntry,
} from './blob-table.ts';
export { type BuildQcdtOptions, buildQcdt, type QcdtIds, qcdtIds } from './build-qcdt.ts';
export {
  type BuildDtboOptions,
  buildDtbo,
  type Dtbo,
  type DtboCompression,
  type DtboEntry,
  type DtboSource,
  dtboBlob,
  dtboCompression,
  dtboFormat,
  isDtbo,
} from './dtbo.ts';
export { FDT, type Fdt, type FdtNode, type FdtReserve } from './fdt.ts';
export { type FdtChain, fdtChainFormat } from './fdt-chain.ts';
export { type FdtFile, fdtFormat } from './format.ts';
export {
  addNode,
  cellsOf,
  ensureNode,
  hasProperty,
  numberOf,
  removeProperty,
  setCells,
  setFlag,
  setStrings,
  setText,
  setU64,
  stringsOf,
  textOf,
} from './property.ts';
export { isQcdt, type Qcdt, type QcdtEntry, qcdtBlobs, readQcdt } from './qcdt.ts';
export { fdtSize, isFdt, readFdt } from './read-fdt.ts';
export type { Region } from './regions.ts';
export { findFdts, splitFdts } from './split-fdts.ts';
export { type Strength, type Supplier, type SupplierKind, suppliersOf } from './suppliers.ts';
export {
  baseName,
  cellSizes,
  compatibleOf,
  findNode,
  isEnabled,
  isReachable,
  nodePath,
  type Placed,
  resolvePath,
  walk,
} from './tree.ts';
export { indexTree, type TreeIndex } from './tree-index.ts';
export { writeFdt } from './write-fdt.ts';
