import { describe, expect, it } from 'vitest';
import { inStage1, lines, recorded, SHELLS } from './shell.ts';

const wired = { wired_interface: 'eth0', wired_address: '10.0.2.15', wired_prefix: '24' };
const calls = `ip() { echo "ip $*" >>"$TREE/calls"; }
udhcpd() { echo "udhcpd $*" >>"$TREE/calls"; }
coldplug() { :; }
clock_clear
network_up; echo "rc $?"`;
const usb0 = { 'run/mnx/interface': 'usb0\n' };
const eth0 = { 'sys/class/net/eth0/address': '' };

describe.each(SHELLS)('network under $name', (shell) => {
  it("gives the gadget's interface its address, and the computer one lease without route or name server", () => {
    const run = inStage1(shell, calls, { files: usb0 });
    expect(run.stdout).toBe('rc 0\n');
    expect(lines(run.read('calls') ?? '')).toEqual([
      'ip link set dev lo up',
      'ip link set dev usb0 up',
      'ip addr add 172.16.42.1/24 dev usb0',
      'udhcpd /run/mnx/udhcpd.conf',
    ]);
    const conf = lines(run.read('run/mnx/udhcpd.conf') ?? '');
    expect(conf).toEqual(
      expect.arrayContaining(['interface usb0', 'start 172.16.42.2', 'end 172.16.42.2', 'max_leases 1']),
    );
    expect(conf.filter((line) => line.startsWith('option')).map((line) => line.split(' ')[1])).toEqual([
      'subnet',
      'lease',
    ]);
    expect(run.read('run/mnx/udhcpd.leases')).toBe('');
  });

  it('brings the wired interface up beside it', () => {
    const run = inStage1(shell, calls, { files: { ...usb0, ...eth0 }, conf: wired });
    expect(lines(run.read('calls') ?? '').slice(1, 3)).toEqual([
      'ip link set dev eth0 up',
      'ip addr add 10.0.2.15/24 dev eth0',
    ]);
    expect(run.stdout).toBe('rc 0\n');
  });

  it('can be reached at the same address when there is no gadget but a wire', () => {
    const run = inStage1(shell, calls, { files: eth0, conf: wired });
    expect(run.stdout).toBe('rc 0\n');
    expect(lines(run.read('calls') ?? '').at(-1)).toBe('ip addr add 172.16.42.1/32 dev eth0');
  });

  it.each([
    ['an interface that stayed', 'inet 172.16.42.1/24 scope global usb0', []],
    [
      'one that came anew',
      'link/ether 02:00:00:00:00:01',
      ['ip link set dev usb0 up', 'ip addr add 172.16.42.1/24 dev usb0', 'udhcpd /run/mnx/udhcpd.conf'],
    ],
  ])('is up again behind a gadget that was unplugged: %s', (_, shown, made) => {
    const again = `ip() { [ "$2" != show ] || { echo "    ${shown}"; return; }; echo "ip $*" >>"$TREE/calls"; }
      udhcpd() { echo "udhcpd $*" >>"$TREE/calls"; }; clock_clear; network_again; echo "rc $?"`;
    const run = inStage1(shell, again, { files: { ...usb0, 'sys/class/net/usb0/address': '' } });
    expect(run.stdout).toBe('rc 0\n');
    expect(lines(run.read('calls') ?? '')).toEqual(made);
  });

  it('fails when there is nothing, or when the wire has no driver', () => {
    expect(inStage1(shell, calls).stdout).toBe('rc 1\n');
    const quick = `wait_until() { shift 2; "$@"; }\n${calls}`;
    const run = inStage1(shell, quick, { files: usb0, conf: wired });
    expect(run.stdout).toBe('rc 1\n');
    expect(run.kmsg.join()).toContain('no interface eth0');
    expect(run.read('calls')).toContain('udhcpd');
  });
});

const ssh = { ssh: 'on' };
const hostKey = { 'etc/dropbear/dropbear_ed25519_host_key': 'key' };
const dropbear = `${recorded('dropbear')} ssh_up; echo "rc $?"`;

describe.each(SHELLS)('ssh under $name', (shell) => {
  it("takes keys only, on the gadget's address only", () => {
    const run = inStage1(shell, dropbear, { conf: ssh, files: hostKey });
    expect(lines(run.stdout)).toEqual([
      'dropbear -r /etc/dropbear/dropbear_ed25519_host_key -p 172.16.42.1:22 -P /run/mnx/dropbear.pid -E -s',
      'rc 0',
    ]);
  });

  it('is not started without a key', () => {
    expect(inStage1(shell, dropbear).stdout).toBe('rc 0\n');
  });

  it('shows every host key that the image has', () => {
    const files = { ...hostKey, 'etc/dropbear/dropbear_rsa_host_key': 'key', 'etc/dropbear/banner': '' };
    const { stdout } = inStage1(shell, dropbear, { conf: ssh, files });
    const [ed25519, rsa] = ['ed25519', 'rsa'].map((type) => `-r /etc/dropbear/dropbear_${type}_host_key`);
    expect(stdout).toContain(`dropbear ${ed25519} ${rsa} -p `);
  });

  it('makes a host key where the image has none, and says what it shows as', () => {
    const makes = `dropbearkey() {
      touch "$4"
      printf '%s\n' 'Public key portion is:' 'ssh-ed25519 AAAA root@x' 'Fingerprint: SHA256:ab+/c'
    }`;
    const run = inStage1(shell, `${makes}; ${dropbear}; say_way_in`, { conf: ssh });
    expect(run.stdout).toMatch(/dropbear -r \/etc\/dropbear\/dropbear_ed25519_host_key -p .* -E -s$/m);
    expect(run.read('etc/dropbear/dropbear_ed25519_host_key')).toBe('');
    expect(run.kmsg[0]).toContain('no host key');
    expect(run.kmsg[1]).toBe("<6>mnx: init: the phone's host key is SHA256:ab+/c: compare it when ssh asks");
    expect(run.kmsg.at(-1)).toMatch(/ssh root@172\.16\.42\.1 \(host key SHA256:ab\+\/c\)$/);
  });

  it('leaves it to dropbear where none can be made', () => {
    const fails = 'dropbearkey() { echo "no random bytes" >&2; return 1; }';
    const run = inStage1(shell, `${fails}; ${dropbear}`, { conf: ssh });
    expect(run.stdout).toMatch(/dropbear -R -p .* -E -s$/m);
    expect(run.kmsg[1]).toContain('no random bytes');
  });

  it('lets anyone in only when the image is passwordless, and warns at log-in', () => {
    const files = { ...hostKey, 'etc/passwd': 'root:*:0:0:root:/root:/bin/sh\nrootless:*:1:1::/:\n' };
    const run = inStage1(shell, dropbear, { conf: { ...ssh, passwordless: 'yes' }, files });
    expect(run.stdout).toMatch(/ -E -B -b \/run\/mnx\/banner$/m);
    expect(run.read('etc/passwd')).toBe('root::0:0:root:/root:/bin/sh\nrootless:*:1:1::/:\n');
    expect(run.read('run/mnx/banner')).toMatch(/^WARNING/);
    expect(run.kmsg.join()).toContain('without a password');
  });

  it('keeps the password locked in a release image', () => {
    const run = inStage1(shell, dropbear, {
      conf: { ...ssh, passwordless: 'yes', release: 'yes' },
      files: { ...hostKey, 'etc/passwd': 'root:*:0:' },
    });
    expect(run.stdout).toMatch(/ -s$/m);
    expect(run.read('etc/passwd')).toBe('root:*:0:');
  });

  it('says why dropbear does not listen', () => {
    const run = inStage1(shell, 'dropbear() { echo "address in use" >&2; return 1; }; ssh_up; echo "rc $?"', {
      conf: ssh,
      files: hostKey,
    });
    expect(run.stdout).toBe('rc 1\n');
    expect(run.kmsg).toEqual([
      '<6>mnx: init: address in use',
      '<3>mnx: init: error: dropbear does not listen on 172.16.42.1:22',
    ]);
  });
});
