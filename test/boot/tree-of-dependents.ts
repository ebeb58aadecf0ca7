import {
  addNode,
  ensureNode,
  type Fdt,
  type FdtNode,
  findNode,
  setCells,
  setFlag,
  setText,
} from '../../src/devicetree/index.ts';

/** A property: text, a flag, or cells, where `&name` is the phandle of an added node. */
type Value = string | true | readonly (number | `&${string}`)[];

interface Wish {
  readonly [property: string]: Value;
}

/**
 * Nodes of drivers that a kernel has and an image may leave out, of drivers that nobody has, and of
 * nodes that depend on either, by path.
 */
const NODES: Readonly<Record<string, Wish>> = {
  // Served, alone and on one another.
  free: { compatible: 'regulator-fixed', 'regulator-name': 'free' },
  'on-free': { compatible: 'regulator-fixed', 'regulator-name': 'on-free', 'vin-supply': ['&free'] },
  'phy-on-free': { compatible: 'usb-nop-xceiv', '#phy-cells': [0], 'vcc-supply': ['&on-free'] },
  // A regulator whose driver is left out of the image, and what hangs on it, near and far.
  'left-out': { compatible: 'regulator-gpio', 'regulator-name': 'left-out' },
  'one-step': { compatible: 'regulator-fixed', 'regulator-name': 'one-step', 'vin-supply': ['&left-out'] },
  'two-steps': { compatible: 'regulator-fixed', 'regulator-name': 'two-steps', 'vin-supply': ['&one-step'] },
  'phy-three-steps': { compatible: 'usb-nop-xceiv', '#phy-cells': [0], 'vcc-supply': ['&two-steps'] },
  // Power domains are claimed before the driver is asked.
  'no-domain': { compatible: 'mnx,power-controller', '#power-domain-cells': [0] },
  'in-domain': {
    compatible: 'regulator-fixed',
    'regulator-name': 'in-domain',
    'power-domains': ['&no-domain'],
  },
  'dark-bus': {
    compatible: 'simple-pm-bus',
    '#address-cells': [1],
    '#size-cells': [1],
    ranges: true,
    'power-domains': ['&no-domain'],
  },
  'dark-bus/on-dark-bus': { compatible: 'regulator-fixed', 'regulator-name': 'on-dark-bus' },
  'lit-bus': { compatible: 'simple-bus', '#address-cells': [1], '#size-cells': [1], ranges: true },
  'lit-bus/on-lit-bus': { compatible: 'regulator-fixed', 'regulator-name': 'on-lit-bus' },
  'lit-bus/one-step-on-lit-bus': {
    compatible: 'regulator-fixed',
    'regulator-name': 'one-step-on-lit-bus',
    'vin-supply': ['&left-out'],
  },
  // Nobody makes a device of what lies inside a driverless one.
  companion: { compatible: 'mnx,companion' },
  'companion/inside': { compatible: 'regulator-fixed', 'regulator-name': 'inside' },
  'on-inside': {
    compatible: 'regulator-fixed',
    'regulator-name': 'on-inside',
    'vin-supply': ['&companion/inside'],
  },
  // References of parts that are no devices.
  'no-gpio': { compatible: 'mnx,gpio', 'gpio-controller': true, '#gpio-cells': [2] },
  'dark-leds': { compatible: 'gpio-leds' },
  'dark-leds/led': { gpios: ['&no-gpio', 1, 0], label: 'dark' },
  'lit-leds': { compatible: 'gpio-leds' },
  'lit-leds/led': { gpios: ['&pl061', 5, 0], label: 'lit' },
  'no-clock': { compatible: 'mnx,clock', '#clock-cells': [0] },
  'clocked-phy': {
    compatible: 'usb-nop-xceiv',
    '#phy-cells': [0],
    clocks: ['&no-clock'],
    'clock-names': 'main_clk',
  },
  'no-reset': { compatible: 'mnx,reset', '#reset-cells': [0] },
  // A disabled node is no device.
  off: { compatible: 'regulator-gpio', 'regulator-name': 'off', status: 'disabled' },
  clock: { compatible: 'fixed-clock', '#clock-cells': [0], 'clock-frequency': [24_000_000] },
  'clocked-regulator': {
    compatible: 'regulator-fixed',
    'regulator-name': 'clocked-regulator',
    'assigned-clocks': ['&clock'],
    'assigned-clock-rates': [24_000_000],
  },
  'late-regulator': {
    compatible: 'regulator-fixed',
    'regulator-name': 'late-regulator',
    'assigned-clocks': ['&no-clock'],
    'assigned-clock-rates': [24_000_000],
  },
  // A string that the kernel's code knows and no driver.
  registers: { compatible: 'syscon', reg: [0, 0x0905_0000, 0, 0x1000] },
};

/** What is added to nodes that the machine has: a clock that AMBA asks for before it looks at the device. */
const MORE: Readonly<Record<string, Wish>> = {
  '/pl031@9010000': { resets: ['&no-reset'] },
};

/** Drivers that the image must have so that the served nodes are served. */
export const SERVING = ['fixed', 'phy_generic', 'leds_gpio'] as const;

/** Adds the nodes to a machine's tree. */
export function addDependents(fdt: Fdt): void {
  const phandles = new Map<string, number>([['pl061', phandleOf(fdt, '/pl061@9030000')]]);
  const paths = Object.keys(NODES);
  for (const [index, path] of paths.entries()) phandles.set(path, 0x9000 + index);
  for (const path of paths) {
    const parts = path.split('/');
    const name = parts.pop() ?? '';
    const node = addNode(parts.reduce(ensureNode, fdt.root), name);
    fill(node, NODES[path] ?? {}, phandles);
    setCells(node, 'phandle', [phandles.get(path) ?? 0]);
  }
  for (const [path, wish] of Object.entries(MORE)) {
    const node = findNode(fdt, path);
    if (node === undefined) throw new Error(`the machine has no ${path}`);
    fill(node, wish, phandles);
  }
}

function phandleOf(fdt: Fdt, path: string): number {
  const value = findNode(fdt, path)?.properties.get('phandle');
  if (value === undefined) throw new Error(`the machine has no ${path} with a phandle`);
  return Buffer.from(value).readUInt32BE();
}

function fill(node: FdtNode, wish: Wish, phandles: ReadonlyMap<string, number>): void {
  for (const [property, value] of Object.entries(wish)) {
    if (value === true) setFlag(node, property);
    else if (typeof value === 'string') setText(node, property, value);
    else
      setCells(
        node,
        property,
        value.map((cell) => (typeof cell === 'number' ? cell : known(phandles, cell))),
      );
  }
}

function known(phandles: ReadonlyMap<string, number>, reference: string): number {
  const phandle = phandles.get(reference.slice(1));
  if (phandle === undefined) throw new Error(`nothing is called ${reference}`);
  return phandle;
}
