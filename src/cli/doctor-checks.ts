import { MnxError } from '../binary/index.ts';
import type { Device } from '../device/index.ts';
import type { UsbPhone } from './usb-phones.ts';

/** One thing that was looked at. */
export interface Check {
  /** What it is: a program, the archive, a phone. */
  readonly subject: string;
  /** `missing` keeps a command from working; `absent` is what nobody needs at the moment. */
  readonly state: 'ok' | 'missing' | 'absent';
  /** What it is for, or what was found. */
  readonly about: string;
  /** What to do about it. */
  readonly todo?: string;
  /** Whether a build of the named device fails without it. */
  readonly needed: boolean;
}

/** Programs of the host that commands start, beside those that compile drivers. */
const PROGRAMS = [
  { program: 'fastboot', debianPackage: 'fastboot', about: 'mnx boot, mnx flash' },
  { program: 'ssh', debianPackage: 'openssh-client', about: 'mnx ssh' },
] as const;

/** Looks at all that mnx takes from this computer; for one device, at what its build needs. */
export async function hostChecks(device: Device | undefined, mirror: string | undefined): Promise<Check[]> {
  const { DRIVER_PROGRAMS } = await import('../payload/index.ts');
  const { QEMU } = await import('../emulate/index.ts');
  const compiles = (device?.kernel.drivers.length ?? 0) > 0;
  const emulators = Object.values(QEMU).filter(
    (program) => device?.emulator === undefined || program === QEMU[device.arch],
  );
  const wanted = [
    ...DRIVER_PROGRAMS.map((each) => ({ ...each, about: 'building drivers', needed: compiles })),
    ...PROGRAMS.map((each) => ({ ...each, needed: false })),
    ...emulators.map((each) => ({ ...each, about: 'mnx emulate', needed: false })),
  ];
  return [nodeCheck(), await archiveCheck(mirror), ...(await Promise.all(wanted.map(programCheck)))];
}

function nodeCheck(): Check {
  return {
    subject: 'node',
    state: 'ok',
    about: `${process.versions.node}, ${process.platform} ${process.arch}`,
    needed: true,
  };
}

interface WantedProgram {
  readonly program: string;
  readonly debianPackage: string;
  readonly about: string;
  readonly needed: boolean;
}

async function programCheck({ program, debianPackage, about, needed }: WantedProgram): Promise<Check> {
  const { findProgram } = await import('../payload/index.ts');
  if ((await findProgram(program)) !== undefined) return { subject: program, state: 'ok', about, needed };
  return { subject: program, state: 'missing', about, todo: `apt install ${debianPackage}`, needed };
}

/** Where packages would come from; nothing is fetched. */
async function archiveCheck(mirror: string | undefined): Promise<Check> {
  const { findProgram, payloadContext } = await import('../payload/index.ts');
  const subject = 'packages';
  try {
    const context = await payloadContext(mirror === undefined ? {} : { mirror });
    const { kind } = await context.archive();
    if (kind === 'mirror' && (await findProgram('gpgv')) === undefined) {
      return {
        subject,
        state: 'missing',
        about: "gpgv checks a mirror's signature",
        todo: 'apt install gpgv',
        needed: true,
      };
    }
    const about = kind === 'apt' ? "this machine's apt" : 'the mirror that you named';
    return { subject, state: 'ok', about: `from ${about}`, needed: true };
  } catch (error) {
    if (!(error instanceof MnxError)) throw error;
    return {
      subject,
      state: 'missing',
      about: error.message,
      ...(error.hint === undefined ? {} : { todo: error.hint }),
      needed: true,
    };
  }
}

const STATE_WORDS = {
  fastboot: 'in fastboot: mnx boot reaches it',
  adb: 'runs Android: adb reboot bootloader',
  'stage-1': 'runs stage-1: mnx ssh reaches it',
} as const;

/** What is plugged in. */
export function phoneChecks(phones: readonly UsbPhone[]): Check[] {
  if (phones.length === 0) {
    return [
      {
        subject: 'phone',
        state: 'absent',
        about: 'none on USB that is in fastboot, adb or stage-1',
        needed: false,
      },
    ];
  }
  return phones.map((phone) => {
    const about = `${[phone.name, phone.serial].filter(Boolean).join(' ')} (${phone.id}) ${STATE_WORDS[phone.state]}`;
    if (phone.state === 'fastboot' && !phone.writable) {
      return {
        subject: 'phone',
        state: 'missing',
        about: `${about}, but only root may talk to it`,
        todo: 'apt install android-sdk-platform-tools-common, which brings udev rules; then plug it in again',
        needed: false,
      };
    }
    if (phone.state === 'stage-1' && phone.network === undefined) {
      return {
        subject: 'phone',
        state: 'missing',
        about: `${about}, but it has no network interface here`,
        todo: 'this computer needs the module cdc_ncm, or rndis_host',
        needed: false,
      };
    }
    return { subject: 'phone', state: 'ok', about, needed: false };
  });
}
