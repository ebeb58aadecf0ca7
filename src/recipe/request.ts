import type { Device, RamdiskCodec } from '../device/index.ts';

/** Everything a person can say about a build; the recipe turns it into a plan. */
export interface BuildRequest {
  readonly device: Device;
  /** A kernel file of the user's own. */
  readonly kernel?: string;
  /** The `.config` that it was built with. */
  readonly kernelConfig?: string;
  /** DTB files; the first is the one that coverage is computed from. */
  readonly dtbs?: readonly string[];
  /** The emulated machine's own tree; it takes the place of the device's. */
  readonly machineDtb?: Uint8Array;
  /** A QCDT `dt.img`. */
  readonly dt?: string;
  /** An installed module folder (`lib/modules/RELEASE`). */
  readonly modules?: string;
  /** Modules beside those that the device asks for: names or aliases. */
  readonly moreModules?: readonly string[];
  /** Firmware for the drivers inside: folders, and names of Debian packages. */
  readonly firmware?: readonly string[];
  /** A kernel build tree (`O=`). */
  readonly kernelTree?: string;
  /** A finished ramdisk that takes the place of stage-1. */
  readonly ramdisk?: string;
  readonly cmdlineAppend?: readonly string[];
  /** Picture for the splash, or the name of a shipped theme. */
  readonly splash?: string;
  readonly ssh: SshRequest;
  /** Refuses everything private or open. */
  readonly release?: boolean;
  /** Opens shells to whoever holds the phone; emulated devices have them unless it is a release. */
  readonly debug?: boolean;
  /** Step, or `init`, at which the phone starts again. */
  readonly probe?: string;
  /** `SOURCE[,OPTION]...`, see parseRoot of src/device. */
  readonly root?: string;
  readonly stage2?: 'switch-root' | 'kexec' | 'shell';
  readonly headerVersion?: number;
  /** PEM file of a private RSA key that signs the image for Android Verified Boot. */
  readonly avbKey?: string;
  /** A folder laid over the archive. */
  readonly overlay?: string;
  /** A root file system of the user's own, for the device's processor, whose programs come along. */
  readonly sysroot?: string;
  /** Which programs of it: names or paths. */
  readonly programs?: readonly string[];
  /** Debian packages whose programs come along. */
  readonly packages?: readonly string[];
  /** What the image is for: `fastboot boot` or the partition. */
  readonly purpose: 'boot' | 'flash';
  /** Shell files of the user's own, each behind a step: `gadget` or `50-gadget`. */
  readonly hooks?: readonly { readonly step: string; readonly path: string }[];
  /** Early console: empty for what the device tree names, else the kernel's `earlycon=` value. */
  readonly earlycon?: string;
  /** Memory that keeps a crash's log: `ADDRESS[:SIZE]`. */
  readonly ramoops?: string;
  /** How the ramdisk is compressed, instead of the device's way. */
  readonly compression?: { readonly codec: RamdiskCodec; readonly level?: number };
  /** Takes the first compression that the kernel reads and that fits the partition. */
  readonly fit?: boolean;
  /** Builds although the lint says that it cannot work. */
  readonly force?: boolean;
}

/** Who may log in. */
export interface SshRequest {
  /** Contents of public key files, with the name under which messages mention them. */
  readonly files: readonly { readonly name: string; readonly text: string }[];
  /** Whether they were taken from the user's own `~/.ssh` without being named. */
  readonly personal: boolean;
  /** Blank root password. */
  readonly passwordless: boolean;
  /** File of the phone's private key, instead of the one that the state folder has for the device. */
  readonly hostKey?: string;
}
