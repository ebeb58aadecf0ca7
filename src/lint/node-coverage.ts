import type { SupplierKind } from '../devicetree/index.ts';
import type { Service } from './service.ts';

/** A supplier's device that a node needs, once per kind of supply. */
export interface Need {
  readonly kind: SupplierKind;
  readonly property: string;
  /** Path of the node whose device supplies. */
  readonly supplier: string;
  /** Whether the consumer's probe waits for it; see {@link coverage}. */
  readonly hard: boolean;
  /**
   * Whether the kernel lets the consumer probe all the same when the supplier is a device without a
   * driver and deferred_probe_timeout has passed. The driver is then told to wait when it claims the supply.
   */
  readonly relaxable: boolean;
}

/** One enabled node with a `compatible`. */
export interface NodeCoverage {
  readonly path: string;
  readonly compatible: readonly string[];
  readonly service: Service;
  /** The node whose driver makes this a device; undefined when the kernel itself does at boot. */
  readonly madeBy: string | undefined;
  readonly needs: readonly Need[];
  /** Why no driver will run for it; undefined when one will, or none is needed. */
  readonly dark: Blocked | undefined;
}

/** Why a node stays dark. */
export interface Blocked {
  /** `driver`: nobody serves it. `parent`: the node that would make it a device is dark. `supplier`: it waits. */
  readonly cause: 'driver' | 'parent' | 'supplier';
  /** The dark nodes that it waits for directly; empty for `driver`. */
  readonly on: readonly string[];
  /** The nodes without a driver at the end of every chain. */
  readonly roots: readonly string[];
  /**
   * Whether the kernel itself holds the node back. False: only the driver's own claim does, which a
   * driver that does without the supply never makes.
   */
  readonly sure: boolean;
}
