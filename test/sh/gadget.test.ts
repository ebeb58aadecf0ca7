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
        functions)
          taken=
          for one in $(echo "$1" | tr , ' '); do
            case " ${functions} " in *" $one "*) taken="$taken,$one" ;; esac
          done
          echo "\${taken#,}" >"$2" ;;
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
    expect(run.kmsg).toEqual(['<6>mnx: init: android_usb has no function ncm']);
    if (version === '3.4') return;
    // Windows has a driver for RNDIS as a wireless controller; the address makes the interface's name stay.
    expect(run.read(`${android}/f_rndis/wceis`)).toBe('1\n');
    expect(run.read(`${android}/f_rndis/ethaddr`)).toMatch(/^02:/);
  });

  it.each([
    ['3.4', 'instances', '1'],
    ['3.10', 'acm_transports', 'tty'],
  ] as const)('on %s: a serial port beside the network, set up by %s', (version, file, value) => {
    const script = `interface=rndis0; ${androidDriver('rndis acm')} acm_start() { echo started; }; gadget_up; echo "rc $?"`;
    const files = { ...androidTree(version), [`${android}/f_acm/${file}`]: '\n' };
    const run = inStage1(shell, script, { files, conf: { ...conf, usb_extras: 'acm' } });
    expect(run.stdout).toBe('started\nrc 0\n');
    expect(run.read(`${android}/functions`)).toBe('rndis,acm\n');
    expect(run.read(`${android}/f_acm/${file}`)).toBe(`${value}\n`);
  });

  it('goes on without a serial port that the kernel has not', () => {
    const script = `interface=rndis0; ${androidDriver('rndis')} acm_start() { echo started; }; gadget_up; echo "rc $?"`;
    const run = inStage1(shell, script, {
      files: androidTree('3.4'),
      conf: { ...conf, usb_extras: 'acm' },
    });
    expect(run.stdout).toBe('rc 0\n');
    expect(run.kmsg.at(-1)).toBe('<4>mnx: init: warning: android_usb has no function acm');
  });

  it('has adb by FunctionFS, and goes on without one where the kernel has none', () => {
    const script = `interface=rndis0; ${androidDriver('rndis ffs')} adb_ready() { echo adbd; }; gadget_up; echo "rc $?"`;
    const extras = { ...conf, usb_extras: 'adb', debug: 'yes' };
    const files = { ...androidTree('3.10'), [`${android}/f_ffs/aliases`]: '\n' };
    const run = inStage1(shell, script, { files, conf: extras });
    expect(run.stdout).toMatch(/adbd\nrc 0\n$/);
    expect(run.read(`${android}/functions`)).toBe('rndis,ffs\n');
    expect(run.read(`${android}/f_ffs/aliases`)).toBe('adb\n');
    const none = inStage1(shell, script, { files: androidTree('3.10'), conf: extras });
    expect(none.stdout).toBe('rc 0\n');
    expect(none.read(`${android}/functions`)).toBe('rndis\n');
    expect(none.kmsg.at(-1)).toContain('android_usb has no function ffs');
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
  return `os_desc_of() {
      command mkdir -p "$1/os_desc/interface.\${2%.usb0}" "$MNX_CONFIGFS/usb_gadget/mnx/os_desc"
      : >"$1/os_desc/interface.\${2%.usb0}/compatible_id"
    }
    mkdir() {
      case "$1" in
        */functions/*)
          case " ${functions} " in *" \${1##*/} "*) ;; *) echo "mkdir: no such function" >&2; return 1 ;; esac
          command mkdir "$1"
          case "\${1##*/}" in
            acm.*) echo 0 >"$1/port_num" ;;
            gsi.*) command mkdir -p "$MNX_SYSFS/class/net/rndis0" ;;
            *)
              echo usb0 >"$1/ifname"
              : >"$1/dev_addr" && : >"$1/host_addr"
              command mkdir -p "$MNX_SYSFS/class/net/usb0"
              [ -z "$os_desc" ] || os_desc_of "$1" "\${1##*/}"
              ;;
          esac
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

  it('takes a function of Qualcomm by its whole name, and starts the packet processor before', () => {
    const script = `: >"$MNX_DEV/ipa"; ${configfsDriver('gsi.rndis')} gadget_up; echo "rc $?"; cat "$MNX_DEV/ipa"`;
    const run = configfs(shell, script, { usb_functions: 'gsi.rndis' });
    expect(run.stdout).toBe('rc 0\n1\n');
    expect(run.kmsg).toEqual(['<6>mnx: init: gsi.rndis on ci_hdrc.0 is rndis0']);
  });

  it('has a serial port beside the network, and goes on without one', () => {
    const script = (functions: string) =>
      `${configfsDriver(functions)} acm_start() { echo started; }; gadget_up; echo "rc $?"; ls "$MNX_CONFIGFS/usb_gadget/mnx/configs/c.1"`;
    const both = configfs(shell, script('ncm.usb0 acm.usb0'), { usb_extras: 'acm' });
    expect(both.stdout).toBe('started\nrc 0\nacm.usb0\nncm.usb0\nstrings\n');
    expect(both.kmsg).toEqual(['<6>mnx: init: ncm with acm on ci_hdrc.0 is usb0']);
    const one = configfs(shell, script('ncm.usb0'), { usb_extras: 'acm' });
    expect(one.stdout).toBe('rc 0\nncm.usb0\nstrings\n');
    expect(one.kmsg[0]).toContain('warning: the kernel has no function acm');
  });

  /** adbd as the kernel sees it: with its descriptors written, FunctionFS has the other endpoints. */
  const ADBD = `mount() { echo "mount $*"; : >"$MNX_DEV/usb-ffs/adb/ep0"; }
    is_mounted() { [ -e "$1/ep0" ]; }
    umount() { rm "$1/ep0"; }
    adbd() { : >"$MNX_DEV/usb-ffs/adb/ep1"; sleep 5; }\n`;
  const withAdb = (functions: string, adbd = ADBD) =>
    `${configfsDriver(functions)} rmdir() { command rm -rf "$@"; }
      ${adbd} gadget_up; echo "rc $?"; ls "$MNX_CONFIGFS/usb_gadget/mnx/configs/c.1"; extras_stop`;

  it('has adb in a debug image: adbd describes the function before the gadget is bound', () => {
    const both = configfs(shell, withAdb('ncm.usb0 ffs.adb'), { usb_extras: 'adb', debug: 'yes' });
    expect(both.stdout).toBe(
      'mount -t functionfs -o no_disconnect=1 adb /dev/usb-ffs/adb\nrc 0\nffs.adb\nncm.usb0\nstrings\n',
    );
    expect(both.kmsg).toEqual([
      '<4>mnx: init: warning: anyone on the USB cable is root by adb, without a key',
      '<6>mnx: init: ncm with adb on ci_hdrc.0 is usb0',
    ]);
    expect(both.read('run/mnx/adbd.pid')).toBeUndefined();
  });

  it.each<[string, Record<string, string>, string, string, string]>([
    [
      'an image that is not for debugging',
      {},
      'ncm.usb0 ffs.adb',
      ADBD,
      'only an image that was built with --debug',
    ],
    [
      'a release',
      { debug: 'yes', release: 'yes' },
      'ncm.usb0 ffs.adb',
      ADBD,
      'only an image that was built with --debug',
    ],
    ['a kernel without FunctionFS', { debug: 'yes' }, 'ncm.usb0', ADBD, 'the kernel has no function adb'],
    [
      'a kernel of long ago',
      { debug: 'yes' },
      'ncm.usb0 ffs.adb',
      `${ADBD} mkdir -p "$MNX_PROC/sys/kernel"; echo 3.10.49-g1 >"$MNX_PROC/sys/kernel/osrelease"\n`,
      'adb needs a kernel of 3.15',
    ],
    [
      'an adbd that dies',
      { debug: 'yes' },
      'ncm.usb0 ffs.adb',
      `${ADBD} adbd() { echo "no libbase" >&2; }; wait_until() { shift 2; "$@"; }\n`,
      'adbd does not describe its function',
    ],
  ])('keeps the network without adb in %s', (_, settings, functions, adbd, says) => {
    const run = configfs(shell, withAdb(functions, adbd), { usb_extras: 'adb', ...settings });
    expect(run.stdout).toMatch(/rc 0\nncm\.usb0\nstrings\n$/);
    expect(run.kmsg.join('\n')).toContain(says);
    expect(run.kmsg.at(-1)).toBe('<6>mnx: init: ncm on ci_hdrc.0 is usb0');
    expect(run.read('dev/usb-ffs/adb/ep0')).toBeUndefined();
  });

  /** Looks at adbd without waiting; the first one is dead. */
  const WATCH = `sleep() { looks=$((\${looks:-0} + 1)); [ "$looks" -le 3 ]; }; command sh -c : & dead=$!; wait "$dead"
      remember adbd.pid "$dead"; remember extras ' adb'; remember adb-watch.pid 1\n`;

  it('starts an adbd again that ends by itself, with the gadget unplugged meanwhile', () => {
    const script = `${WATCH} put() { echo "put $1" >>"$TREE/calls"; }
      adb_ready() { echo adbd >>"$TREE/calls"; }; adb_watch_start() { echo watch >>"$TREE/calls"; }
      mkdir -p "$MNX_CONFIGFS/usb_gadget/mnx/configs/c.1"; echo dwc3 >"$MNX_CONFIGFS/usb_gadget/mnx/UDC"
      ln -s ../../functions/ffs.adb "$MNX_CONFIGFS/usb_gadget/mnx/configs/c.1/"
      adb_watch; cat "$MNX_CONFIGFS/usb_gadget/mnx/UDC"; echo "$looks"`;
    const run = configfs(shell, script);
    expect(run.stdout).toBe('\n2\n');
    expect(lines(run.read('calls') ?? '')).toEqual(['adbd', 'put dwc3', 'watch']);
    expect(run.kmsg[0]).toContain('adbd has ended by itself');
  });

  it.each([
    ['is alive', 'remember adbd.pid "$$"', undefined],
    ['was stopped on purpose', 'rm "$MNX_RUN/adbd.pid"', undefined],
    ['has ended too often', 'remember adb-ended 5', /sixth time: it is left alone/],
  ])('leaves an adbd that %s', (_, state, says) => {
    const run = configfs(shell, `${WATCH} gadget_again() { echo again; }; ${state}; adb_watch; echo done`);
    expect(run.stdout).toBe('done\n');
    if (says === undefined) expect(run.kmsg).toEqual([]);
    else expect(run.kmsg[0]).toMatch(says);
  });

  it('leaves the extras out where the controller has too few endpoints', () => {
    const script = `${configfsDriver('ncm.usb0 acm.usb0')} acm_start() { echo started; }
      put() {
        case "$2" in
          */UDC) [ ! -e "$MNX_CONFIGFS/usb_gadget/mnx/functions/acm.usb0" ] || return 1 ;;
        esac
        echo "$1" >"$2"
      }
      rmdir() { command rm -rf "$@"; }
      gadget_up; echo "rc $?"; ls "$MNX_CONFIGFS/usb_gadget/mnx/functions"`;
    const run = configfs(shell, script, { usb_extras: 'acm' });
    expect(run.stdout).toBe('rc 0\nncm.usb0\n');
    expect(run.kmsg[0]).toBe(
      '<4>mnx: init: warning: ncm and acm together do not fit ci_hdrc.0: ncm alone is tried',
    );
  });

  it.each([
    ['ncm', 'WINNCM\n', undefined],
    ['rndis', 'RNDIS\n', '5162001\n'],
  ])("has Microsoft's OS descriptors for %s", (name, id, sub) => {
    const script = `os_desc=yes; ${configfsDriver(`${name}.usb0`)} gadget_up; echo "rc $?"
      readlink "$MNX_CONFIGFS/usb_gadget/mnx/os_desc/c.1"`;
    const run = configfs(shell, script, { usb_functions: name });
    expect(run.stdout).toBe(`rc 0\n/${gadget}/configs/c.1\n`);
    const read = (path: string) => run.read(`${gadget}/${path}`);
    const ids = `functions/${name}.usb0/os_desc/interface.${name}`;
    expect([read(`${ids}/compatible_id`), read(`${ids}/sub_compatible_id`)]).toEqual([id, sub]);
    expect([read('os_desc/use'), read('os_desc/b_vendor_code'), read('os_desc/qw_sign')]).toEqual([
      '1\n',
      '0xcd\n',
      'MSFT100\n',
    ]);
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
  it('turns a port that plays the computer around, and says once when the kernel refuses', () => {
    const files = {
      'sys/class/usb_role/78d9000.usb-role-switch/role': 'host\n',
      'sys/class/usb_role/other/role': 'device\n',
      'sys/devices/soc/ssusb/mode': 'none\n',
      'sys/devices/soc/ssusb/dwc3/keep': '',
      'sys/class/udc/a600000.dwc3/keep': '',
    };
    const links = { 'sys/class/udc/a600000.dwc3/device': '../../../devices/soc/ssusb/dwc3' };
    const run = inStage1(shell, 'role_device; role_device', { files, links });
    expect(run.stderr).toBe('');
    expect(run.read('sys/class/usb_role/78d9000.usb-role-switch/role')).toBe('device\n');
    expect(run.read('sys/devices/soc/ssusb/mode')).toBe('peripheral\n');
    expect(run.kmsg).toEqual([
      '<6>mnx: init: usb_role/78d9000.usb-role-switch/role was host and is device now',
      '<6>mnx: init: udc/a600000.dwc3/device/../mode was none and is peripheral now',
    ]);
    const refused = inStage1(shell, 'put() { fail no; }; role_device; role_device', { files });
    expect(refused.kmsg).toEqual(['<3>mnx: init: error: no']);
  });

  it('takes g_ether where the kernel has neither of the others', () => {
    const script = `modprobe() { [ "$2" != g_ether ] || { echo "$*"; mkdir -p "$MNX_SYSFS/class/net/usb0"; }; }
      gadget_up; echo "rc $?"; recall interface; echo "$recalled"`;
    const run = inStage1(shell, script, { conf });
    expect(run.stdout).toMatch(/^-q g_ether idVendor=0x18d1 idProduct=0xd001 dev_addr=02:.*host_addr=02:/);
    expect(run.stdout).toMatch(/\nrc 0\nusb0\n$/);
    expect(run.kmsg).toEqual(['<6>mnx: init: g_ether is usb0']);
  });

  it('names configfs when there is no way at all', () => {
    const run = inStage1(shell, 'modprobe() { return 1; }; gadget_up; echo "rc $?"', { conf });
    expect(run.stdout).toBe('rc 1\n');
    expect(run.kmsg[0]).toContain('CONFIG_USB_CONFIGFS');
  });

  it('gives the log to the serial port, and to nobody a shell unless the image is for debugging', () => {
    const script = (more: string) =>
      `shell_on() { echo "shell on $*" >"$TREE/shell"; }; stty() { :; }; rounds=0
      sleep() { rounds=$((rounds + 1)); [ "$rounds" -lt 2 ] || exit; }
      tail() { command cat "$4"; command cat "$4" >>"$TREE/told"; }; cat() { wait "$!"; }
      echo >"$MNX_DEV/ttyGS0"; say hello; ${more} acm_talk`;
    const run = inStage1(shell, script(''));
    expect(run.read('dev/ttyGS0')).toMatch(/init: hello\n$/);
    // Once more from its start when the cable was pulled: the port is hung up then.
    expect(run.read('told')).toMatch(/^.*init: hello\n.*init: hello\n$/);
    expect(run.read('shell')).toBeUndefined();
    const debug = inStage1(shell, script('mnx_debug=yes;'));
    expect(debug.read('shell')).toMatch(/^shell on .*\/dev\/ttyGS0\n$/);
    const shared = inStage1(shell, script('mnx_debug=yes; mnx_release=yes;'));
    expect(shared.read('shell')).toBeUndefined();
  });

  it('has addresses that belong to the serial number', () => {
    const mac = (serial: string) =>
      inStage1(shell, `serial=${serial}; gadget_mac host; echo "$mac"; gadget_mac device; echo "$mac"`)
        .stdout;
    expect(mac('A1')).toMatch(/^(02(:[0-9a-f]{2}){5}\n){2}$/);
    expect(mac('A1')).toBe('02:c7:f5:8e:6d:03\n02:72:8d:31:1f:7f\n');
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
