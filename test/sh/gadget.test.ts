import { describe, expect, it } from 'vitest';
import { inStage1, lines, SHELLS, type Shell } from './shell.ts';

const android = 'sys/class/android_usb/android0';

/** The attributes of android_usb as the kernels have them; 3.4 has no aliases, 3.10 has f_ folders. */
function androidTree(version: '3.4' | '3.10'): Record<string, string> {
  const names = [
    'enable',
    'idVendor',
    'idProduct',
    'bDeviceClass',
    'iManufacturer',
    'iProduct',
    'iSerial',
    'functions',
  ];
  const common = Object.fromEntries(names.map((name) => [`${android}/${name}`, '']));
  const more =
    version === '3.4' ? {} : { [`${android}/f_rndis/wceis`]: '0\n', [`${android}/f_rndis/ethaddr`]: '\n' };
  return { ...common, [`${android}/enable`]: '1\n', ...more };
}

/** Logs each write in order, as the driver would see it; knows the functions named. */
function androidDriver(functions: string): string {
  return `put() {
      echo "\${2##*/}=$1" >>"$TREE/writes"
      case "\${2##*/}" in
        functions) case " ${functions} " in *" $1 "*) echo "$1" >"$2" ;; *) echo >"$2" ;; esac ;;
        enable) [ "$1" = 1 ] && mkdir -p "$MNX_SYSFS/class/net/$interface"; return 0 ;;
        *) echo "$1" >"$2" ;;
      esac
    }\n`;
}

const conf = { device: 'phone', usb_vendor: '0x18d1', usb_product: '0xd001', usb_functions: 'ncm\nrndis' };

describe.each(SHELLS)('android_usb under $name', (shell) => {
  it.each([
    ['3.4', 'usb0'],
    ['3.10', 'rndis0'],
  ] as const)('on %s: off, ids without 0x, functions, on; the interface is %s', (version, interfaceName) => {
    const script = `interface=${interfaceName}; ${androidDriver('rndis acm')} gadget_up; echo "rc $?"; recall interface; echo "$recalled"`;
    const run = inStage1(shell, script, { files: androidTree(version), conf });
    expect(run.stdout).toBe(`rc 0\n${interfaceName}\n`);
    const writes = lines(run.read('writes') ?? '');
    const second = writes.slice(writes.lastIndexOf('enable=0'));
    expect(second[0]).toBe('enable=0');
    expect(second.slice(1, 4)).toEqual(['idVendor=18d1', 'idProduct=d001', 'bDeviceClass=0']);
    expect(second.slice(-2)).toEqual(['functions=rndis', 'enable=1']);
  });

  it('notices a function that the kernel took without having it', () => {
    const script = `interface=x; ${androidDriver('acm')} gadget_up; echo "rc $?"`;
    const run = inStage1(shell, script, { files: androidTree('3.10'), conf });
    expect(run.stdout).toBe('rc 1\n');
    expect(run.kmsg.at(-1)).toContain('tried ncm rndis');
    expect(run.read('writes')).not.toContain('enable=1');
  });

  it('fails by name when the device asks for it and the kernel has none', () => {
    const run = inStage1(shell, 'gadget_up', { conf: { ...conf, usb_mode: 'android_usb' } });
    expect(run.status).toBe(1);
    expect(run.kmsg[0]).toContain('CONFIG_USB_G_ANDROID');
  });
});

/** mkdir as configfs does it: a function's folder comes with its files, when the kernel has the function. */
function configfsDriver(functions: string, udc = 'ci_hdrc.0'): string {
  return `mkdir() {
      case "$1" in
        */functions/*)
          case " ${functions} " in *" \${1##*/} "*) ;; *) echo "mkdir: no such function" >&2; return 1 ;; esac
          command mkdir "$1" && echo usb0 >"$1/ifname"
          command mkdir -p "$MNX_SYSFS/class/net/usb0"
          ;;
        *) command mkdir -p "$@" ;;
      esac
    }
    [ -z "${udc}" ] || command mkdir -p "$MNX_SYSFS/class/udc/${udc}" "$MNX_CONFIGFS/usb_gadget"
    coldplug() { :; }
    clock_clear\n`;
}

function configfs(shell: Shell, script: string, more: Readonly<Record<string, string>> = {}, cmdline = '') {
  const files = { 'sys/kernel/config/usb_gadget/keep': '' };
  return inStage1(shell, script, {
    conf: { ...conf, usb_product_name: "Bob's phone", ...more },
    files,
    cmdline,
  });
}

const gadget = 'sys/kernel/config/usb_gadget/mnx';

describe.each(SHELLS)('configfs under $name', (shell) => {
  it('builds the gadget and binds it', () => {
    const run = configfs(
      shell,
      `${configfsDriver('ncm.usb0 rndis.usb0')} gadget_up; echo "rc $?"; readlink "$MNX_CONFIGFS"/usb_gadget/mnx/configs/c.1/*.usb0`,
    );
    expect(run.stderr).toBe('');
    expect(run.stdout).toBe(`rc 0\n/${gadget}/functions/ncm.usb0\n`);
    const read = (path: string) => run.read(`${gadget}/${path}`);
    expect([read('idVendor'), read('idProduct'), read('UDC')]).toEqual([
      '0x18d1\n',
      '0xd001\n',
      'ci_hdrc.0\n',
    ]);
    expect([read('strings/0x409/product'), read('strings/0x409/serialnumber')]).toEqual([
      "Bob's phone\n",
      'phone\n',
    ]);
    expect(run.read('run/mnx/interface')).toBe('usb0\n');
    expect(run.kmsg).toEqual(['<6>mnx: init: ncm on ci_hdrc.0 is usb0']);
  });

  it('falls back to the next function, and leaves nothing of the first', () => {
    const run = configfs(
      shell,
      `${configfsDriver('rndis.usb0')} gadget_up; echo "rc $?"; ls "$MNX_CONFIGFS/usb_gadget/mnx/functions"`,
    );
    expect(run.stdout).toBe('rc 0\nrndis.usb0\n');
    expect(run.kmsg[0]).toBe(
      '<4>mnx: init: warning: the kernel has no function ncm: mkdir: no such function',
    );
  });

  it('names what it tried when nothing works', () => {
    const run = configfs(shell, `${configfsDriver('acm.usb0')} gadget_up; echo "rc $?"`);
    expect(run.stdout).toBe('rc 1\n');
    expect(run.kmsg.at(-1)).toBe('<3>mnx: init: error: no network gadget; tried ncm rndis');
  });

  it('waits for a controller, and says when none comes', () => {
    const run = configfs(
      shell,
      `${configfsDriver('ncm.usb0', '')} wait_until() { shift 2; "$@"; }; gadget_up; echo "rc $?"`,
    );
    expect(run.stdout).toBe('rc 1\n');
    expect(run.kmsg.at(-1)).toContain('no USB device controller');
  });

  it.each([
    ['the first', ['a.usb', 'b.usb'], '', '', 'a.usb'],
    ['the real one beside an emulated one', ['dummy_udc.0', 'z.usb'], '', '', 'z.usb'],
    ['the emulated one alone', ['dummy_udc.0'], '', '', 'dummy_udc.0'],
    ["the device file's", ['a.usb', 'b.usb'], 'b.usb', '', 'b.usb'],
    ["the loader's", ['a.usb', 'b.usb'], '', 'androidboot.usbcontroller=b.usb', 'b.usb'],
    ["none for the loader's that is absent", ['a.usb'], '', 'androidboot.usbcontroller=b.usb', 'a.usb'],
  ])('takes %s', (_, controllers, wanted, cmdline, chosen) => {
    const make = controllers.map((name) => `"$MNX_SYSFS/class/udc/${name}"`).join(' ');
    const run = configfs(
      shell,
      `mkdir -p ${make}; coldplug() { :; }; udc_choose; echo "$? $udc"`,
      { usb_udc: wanted },
      cmdline,
    );
    expect(run.stdout).toBe(`0 ${chosen}\n`);
  });

  it('does not take another controller while the named one is still to come', () => {
    const run = configfs(
      shell,
      'mkdir -p "$MNX_SYSFS/class/udc/a.usb"; coldplug() { :; }; udc_choose; echo $?',
      { usb_udc: 'b.usb' },
    );
    expect(run.stdout).toBe('1\n');
  });
});

describe.each(SHELLS)('gadget under $name', (shell) => {
  it('has addresses that belong to the serial number', () => {
    const mac = (serial: string) =>
      inStage1(shell, `serial=${serial}; gadget_mac host; gadget_mac device`).stdout;
    expect(mac('A1')).toMatch(/^(02(:[0-9a-f]{2}){5}\n){2}$/);
    expect(mac('A1')).toBe(mac('A1'));
    expect(mac('A1')).not.toBe(mac('A2'));
    expect(new Set(lines(mac('A1'))).size).toBe(2);
  });

  it('takes its serial number from the device file, the loader, the device tree, in this order', () => {
    const files = { 'proc/device-tree/serial-number': 'DT1\0' };
    const serial = (
      more: Readonly<Record<string, string>>,
      cmdline: string,
      tree: Readonly<Record<string, string>>,
    ) =>
      inStage1(shell, 'gadget_serial; echo "$serial"', {
        conf: { device: 'phone', ...more },
        cmdline,
        files: tree,
      }).stdout;
    expect(serial({ usb_serial: 'S1' }, 'androidboot.serialno=L1', files)).toBe('S1\n');
    expect(serial({}, 'androidboot.serialno=L1', files)).toBe('L1\n');
    expect(serial({}, '', files)).toBe('DT1\n');
    expect(serial({}, '', {})).toBe('phone\n');
  });

  it('is left alone where the device has none, and a wrong mode is named', () => {
    expect(inStage1(shell, 'gadget_up; echo $?', { conf: { usb_mode: 'none' } }).stdout).toBe('0\n');
    expect(inStage1(shell, 'gadget_up', { conf: { usb_mode: 'otg' } }).kmsg[0]).toContain(
      'mnx_usb_mode is otg',
    );
  });
});
