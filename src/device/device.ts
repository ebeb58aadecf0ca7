import type { Quirks } from './quirks.ts';
import type { RamdiskCodec } from './ramdisk-codec.ts';
import type { Signals } from './signals.ts';

/** Processor architecture of the kernel that the device boots. */
export type Arch = 'aarch64' | 'armv7' | 'x86_64';

/** Byte order of a pixel in framebuffer memory, first byte first. */
export type PixelFormat =
  | 'BGRA8888'
  | 'RGBA8888'
  | 'ARGB8888'
  | 'ABGR8888'
  | 'RGB888'
  | 'BGR888'
  | 'RGB565'
  | 'BGR565'
  | 'GRAY8';

/** How far a definition has been proven, and why that far. */
export interface Support {
  readonly level: 'emulated' | 'untested' | 'hardware' | 'broken';
  readonly reason: string;
}

/**
 * One device as a build sees it: TOML file, families and variant merged, defaults filled in,
 * every number validated. Sizes and addresses are bytes.
 */
export interface Device {
  /** File name without `.toml`: `asus-z00t`. */
  readonly id: string;
  readonly name: string;
  readonly manufacturer: string;
  /** The maker's model numbers, when they differ from the name. */
  readonly model: string | undefined;
  readonly year: number | undefined;
  readonly soc: string;
  readonly arch: Arch;
  readonly support: Support;
  /** Names of all variants, the default first; empty when the file has none. */
  readonly variants: readonly string[];
  readonly variant: string | undefined;
  /** Files that were merged, outermost family first, the device file last. */
  readonly sources: readonly string[];
  readonly loader: Loader;
  readonly kernel: KernelSource;
  readonly bootimg: BootimgSpec;
  readonly partitions: Partitions;
  readonly screen: Screen | undefined;
  readonly initramfs: InitramfsSpec;
  readonly usb: UsbSpec;
  readonly firmware: FirmwareSpec;
  readonly ssh: { readonly keys: readonly string[] };
  readonly root: string | undefined;
  readonly signals: Signals;
  readonly quirks: Quirks;
  readonly stage2: Stage2Spec;
  /** What a phone does that comes no further, and after how many seconds. */
  readonly failure: { readonly action: 'shell' | 'reboot' | 'bootloader'; readonly delay: number };
  /** Keys that stage-1 looks at: the one that opens a shell in a `--debug` image, empty for none. */
  readonly keys: { readonly shell: string };
  readonly emulator: Emulator | undefined;
}

/** Where the kernel comes from when the user names none. */
export interface KernelSource {
  /** Distribution package; absent: the user brings `--kernel`. */
  readonly package: PackageName | undefined;
  /** DTB path below the kernel's dtb folder: `qcom/msm8939-asus-z00t.dtb`. */
  readonly dtb: string | undefined;
  /** How the kernel lies in the image. */
  readonly compression: 'gzip' | 'none';
  /** Modules wanted beside those that the DTB asks for. */
  readonly modules: readonly string[];
  /** Modules left out although the DTB asks for them. */
  readonly withoutModules: readonly string[];
  /** Drivers that the distribution's kernel leaves out. */
  readonly drivers: readonly Driver[];
}

export interface PackageName {
  readonly name: string;
  /** Debian suite: `trixie-backports`. */
  readonly suite: string;
}

/** A kernel module built from the distribution's source. */
export interface Driver {
  /** Module name as kmod has it: `gcc-msm8939`. */
  readonly module: string;
  /** Source files below the kernel tree, the first gives the folder of the headers: `drivers/clk/qcom/gcc-msm8939.c`. */
  readonly sources: readonly string[];
}

export interface BootimgSpec {
  readonly headerVersion: 0 | 1 | 2 | 3 | 4;
  /** `aosp`: absent parts have address 0; `classic`: always base + offset. */
  readonly dialect: 'aosp' | 'classic';
  readonly pageSize: number;
  readonly base: number;
  readonly kernelOffset: number;
  readonly ramdiskOffset: number;
  readonly secondOffset: number;
  readonly tagsOffset: number;
  readonly dtbOffset: number;
  /** Where the DTB stands: behind the kernel, as a QCDT section, as the section of v2 and vendor_boot, or nowhere. */
  readonly dtb: 'append' | 'qcdt' | 'section' | 'none';
  readonly board: string;
  /** Kernel parameters, one each. */
  readonly cmdline: readonly string[];
  /** Characters that the loader eats from the start of the command line (asus-flo: 26). */
  readonly cmdlineEaten: number;
  /** Parameters that must not reach this kernel: `console=` for any value, `console=ttyHSL0`, `quiet`. */
  readonly cmdlineForbidden: readonly string[];
  /** Lines of vendor_boot v4's boot configuration, `key=value` each. */
  readonly bootconfig: readonly string[];
}

export interface Partitions {
  /** Size of the partition that takes the image; absent: unknown, nothing is checked. */
  readonly boot: number | undefined;
  /** Size of the one that takes vendor_boot of header v3 and v4. */
  readonly vendorBoot: number | undefined;
}

export interface Screen {
  readonly width: number;
  readonly height: number;
  /** Bytes of one row in framebuffer memory. */
  readonly stride: number;
  readonly format: PixelFormat;
  /** Clockwise turn of the picture on the panel: 0, 90, 180, 270. */
  readonly rotation: 0 | 90 | 180 | 270;
  /** Backlight file (`/sys/class/leds/lcd-backlight/brightness`) and the value to write, for panels that stay dark. */
  readonly backlight: { readonly path: string; readonly value: number } | undefined;
  /** Drivers that show a frame only after a pan (msm-fb, mdss). */
  readonly pan: boolean;
  /** Drivers that show nothing until the first of their modes is set. */
  readonly setMode: boolean;
  /** Values that are written to the blank file before anything is drawn: 1 and 0 (Exynos), 0. */
  readonly blank: readonly number[];
  /** Whether the driver is told the order of the colours of `format`, for programs that ask it. */
  readonly fbset: boolean;
}

export interface InitramfsSpec {
  readonly compression: RamdiskCodec;
  /** 1 to 9, for codecs that have levels. */
  readonly level: number;
}

/** The gadget that the phone shows to the computer. Ids are numbers, 16 bit. */
export interface UsbSpec {
  readonly mode: 'auto' | 'configfs' | 'android_usb' | 'g_ether' | 'none';
  readonly vendor: number;
  readonly product: number;
  /** Network functions to try in this order: `ncm`, `rndis`, `ecm`, or a whole name (`gsi.rndis`). */
  readonly functions: readonly string[];
  /** What the gadget is beside that. `adb` is a root shell without a key: in debug images alone. */
  readonly extras: readonly ('acm' | 'adb')[];
  /** Name of the UDC; absent: the first that is found. */
  readonly udc: string | undefined;
  readonly address: string;
  readonly hostAddress: string;
  /** A wired interface that stage-1 brings up as well (emulated phones, boards). */
  readonly wired:
    | { readonly interface: string; readonly address: string; readonly prefix: number }
    | undefined;
}

/** What drivers load into the hardware. */
export interface FirmwareSpec {
  /** Debian packages. */
  readonly packages: readonly string[];
  /** Names or patterns wanted beside those that modules and device tree name. */
  readonly files: readonly string[];
  /** Folder on the device that is looked into first. */
  readonly path: string | undefined;
}

export interface Stage2Spec {
  readonly methods: readonly ('switch-root' | 'kexec')[];
  /** Why a method is missing, for the error that names it. */
  readonly reason: string | undefined;
  readonly init: string;
}

/**
 * The program that takes the boot image on the device, as data. Offsets count from the start of
 * its memory (`base`), sizes are bytes.
 */
export interface Loader {
  /** File name without `.toml`: `lk2nd-msm8916`. */
  readonly id: string;
  readonly name: string;
  /** `android`: takes boot.img; `direct`: takes kernel and ramdisk as files (QEMU). */
  readonly kind: 'android' | 'direct';
  /** How a person reaches its fastboot; closing words of `mnx bootimg`. */
  readonly reach: string | undefined;
  /**
   * Who decides where the parts go: the header's addresses, the `placement` table, or the loader
   * itself from the sizes at run time (then neither can be checked beforehand).
   */
  readonly addresses: 'header' | 'forced' | 'loader';
  readonly headerVersions: readonly number[];
  /** Longest command line that it reads. */
  readonly cmdlineLimit: number;
  /** Ways of carrying a DTB that it understands. */
  readonly dtb: readonly ('append' | 'qcdt' | 'section' | 'none')[];
  /** Whether a DTB behind the kernel, or in a section, must carry qcom,msm-id to be taken. */
  readonly needsMsmId: boolean;
  readonly maxPageSize: number | undefined;
  /** Largest download of `fastboot boot`. */
  readonly maxDownload: number | undefined;
  /** Bytes of the boot partition that the loader keeps for itself. */
  readonly partitionReserved: number;
  /** There when `addresses` is `forced`. */
  readonly placement: Placement | undefined;
}

/** Where a loader puts the parts, whatever the header says. */
export interface Placement {
  /** First address of DDR. */
  readonly base: number;
  /** The kernel goes to base + its own text_offset. */
  readonly tags: number;
  readonly ramdisk: number;
  /** Bytes from base that the loader has mapped; a copy beyond is a data abort. */
  readonly mapped: number;
  /** Offset of the first reserved memory that the running kernel must not reach. */
  readonly reserved: number;
  /** Bytes that it adds to the DTB beside the command line. */
  readonly fdtSlack: number;
  /** Order of the copies, later overwrites earlier. */
  readonly copyOrder: {
    readonly boot: readonly Part[];
    readonly flash: readonly Part[];
  };
  /** A kernel that does not fit may come as a window payload (facts: lk2nd). */
  readonly window: WindowSpec | undefined;
}

export type Part = 'kernel' | 'ramdisk' | 'dtb';

/** Limits of the window payload: what lies where inside it. */
export interface WindowSpec {
  /** Offset of the ramdisk in the payload. */
  readonly ramdisk: number;
  /** Offset of the real Image; a multiple of 2 MiB. */
  readonly image: number;
}

/** The emulated machine of a device that has one. */
export interface Emulator {
  readonly machine: string;
  readonly cpu: string;
  readonly cpus: number;
  /** MiB. */
  readonly memory: number;
  /** `-device` values in order; `{width}` and `{height}` stand for the screen. */
  readonly devices: readonly string[];
  /** Where a phone loader's DDR starts in this machine. */
  readonly loaderBase: number | undefined;
}
