/**
 * Device trees: blobs in and out, looking things up, who supplies whom, Qualcomm's table of blobs.
 * @module
 */
export { FDT, type Fdt, type FdtNode, type FdtReserve } from './fdt.ts';
export { fdtFormat } from './format.ts';
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
export { splitFdts } from './split-fdts.ts';
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
