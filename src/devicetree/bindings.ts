/** What a supplier provides. */
export type SupplierKind =
  | 'access'
  | 'backlight'
  | 'clock'
  | 'dma'
  | 'extcon'
  | 'gpio'
  | 'hwlock'
  | 'interconnect'
  | 'interrupt'
  | 'io-backend'
  | 'io-channel'
  | 'iommu'
  | 'led'
  | 'mbox'
  | 'msi'
  | 'nvmem'
  | 'panel'
  | 'phy'
  | 'pinctrl'
  | 'power-domain'
  | 'power-supply'
  | 'pse'
  | 'pwm'
  | 'reset'
  | 'smem-state'
  | 'supply'
  | 'thermal-sensor'
  | 'wakeup';

/**
 * Whether the consumer's probe waits for the supplier for good.
 * `hard`: fw_devlink (default `fw_devlink=on`) or the driver core itself defers the probe.
 * `soft`: fw_devlink looks at it only when strict, or not at all; what then happens is the driver's
 * own affair, and the core gives up waiting after deferred_probe_timeout.
 */
export type Strength = 'hard' | 'soft';

/** How one property names suppliers: a list of phandles, each followed by its provider's own count of cells. */
export interface Binding {
  readonly kind: SupplierKind;
  readonly strength: Strength;
  /** Property of the supplier that counts the cells; undefined: none follow. */
  readonly cells: string | undefined;
  /** A suffix binding whose supplier has no cell count is broken and ends the list. */
  readonly cellsRequired?: boolean;
  /** Property that names the entries in order. */
  readonly names?: string;
}

function binding(kind: SupplierKind, cells?: string, names?: string, strength: Strength = 'hard'): Binding {
  return names === undefined ? { kind, strength, cells } : { kind, strength, cells, names };
}

/**
 * Properties by their full name. The set, the cell names and which are optional follow
 * of_supplier_bindings in drivers/of/property.c; `remote-endpoint` is left out because the links of
 * a graph run both ways and fw_devlink relaxes every cycle, `post-init-providers` because it marks
 * links to ignore. Added: `assigned-clock*`, for which of_clk_set_defaults() defers the probe on
 * every bus, and as soft ones the references that only drivers follow.
 */
export const BINDINGS: ReadonlyMap<string, Binding> = new Map([
  ['clocks', binding('clock', '#clock-cells', 'clock-names')],
  ['assigned-clocks', binding('clock', '#clock-cells')],
  ['assigned-clock-parents', binding('clock', '#clock-cells')],
  ['interconnects', binding('interconnect', '#interconnect-cells')],
  ['mboxes', binding('mbox', '#mbox-cells', 'mbox-names')],
  ['io-channels', binding('io-channel', '#io-channel-cells', 'io-channel-names')],
  ['io-backends', binding('io-backend', '#io-backend-cells', 'io-backend-names')],
  ['interrupt-parent', binding('interrupt')],
  ['power-domains', binding('power-domain', '#power-domain-cells', 'power-domain-names')],
  ['hwlocks', binding('hwlock', '#hwlock-cells', 'hwlock-names')],
  ['extcon', binding('extcon')],
  ['nvmem-cells', binding('nvmem', '#nvmem-cell-cells', 'nvmem-cell-names')],
  ['phys', binding('phy', '#phy-cells', 'phy-names')],
  ['wakeup-parent', binding('wakeup')],
  ['pwms', binding('pwm', '#pwm-cells', 'pwm-names')],
  ['resets', binding('reset', '#reset-cells', 'reset-names')],
  ['leds', binding('led')],
  ['backlight', binding('backlight')],
  ['panel', binding('panel')],
  ['msi-parent', binding('msi', '#msi-cells')],
  ['pses', binding('pse', '#pse-cells')],
  ['power-supplies', binding('power-supply')],
  ['access-controllers', binding('access', '#access-controller-cells')],
  ['gpio', { ...binding('gpio', '#gpio-cells'), cellsRequired: true }],
  ['gpios', { ...binding('gpio', '#gpio-cells'), cellsRequired: true }],
  ['iommus', binding('iommu', '#iommu-cells', undefined, 'soft')],
  ['dmas', binding('dma', '#dma-cells', 'dma-names', 'soft')],
  ['thermal-sensors', binding('thermal-sensor', '#thermal-sensor-cells', undefined, 'soft')],
  ['qcom,smem-states', binding('smem-state', '#qcom,smem-state-cells', 'qcom,smem-state-names', 'soft')],
]);

const PINCTRL = /^pinctrl-([0-8])$/;
const SUPPLY: Binding = binding('supply');
const PINS: Binding = binding('pinctrl');
const GPIO: Binding = { ...binding('gpio', '#gpio-cells'), cellsRequired: true };

/** The binding of a property name, fixed or by suffix; undefined when it names no supplier. */
export function bindingOf(property: string): Binding | undefined {
  const fixed = BINDINGS.get(property);
  if (fixed !== undefined) return fixed;
  if (PINCTRL.test(property)) return PINS;
  if (stemOf(property, '-supply') !== undefined) return SUPPLY;
  if (property.endsWith(',nr-gpios')) return undefined;
  if ((stemOf(property, '-gpios') ?? stemOf(property, '-gpio')) !== undefined) return GPIO;
  return undefined;
}

/** What a consumer calls the entry: `vdd` of `vdd-supply`; undefined for properties with a list of names. */
export function ownName(property: string): string | undefined {
  return stemOf(property, '-supply') ?? stemOf(property, '-gpios') ?? stemOf(property, '-gpio');
}

function stemOf(property: string, suffix: string): string | undefined {
  const stem = property.endsWith(suffix) ? property.slice(0, -suffix.length) : '';
  return stem === '' ? undefined : stem;
}

/** Number of the pin state that a `pinctrl-N` property gives. */
export function pinState(property: string): number | undefined {
  const number = PINCTRL.exec(property)?.[1];
  return number === undefined ? undefined : Number(number);
}
