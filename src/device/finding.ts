/**
 * Something that is wrong, or may be wrong, in a device file. The shape is that of every report
 * of the project; `where` is `file:line` where a line is known.
 */
export interface DeviceFinding {
  /** Stable: `device.unknown-key`, `device.overlap`. */
  readonly code: string;
  readonly level: 'error' | 'warning' | 'note';
  /** What was found, with got and wanted. */
  readonly what: string;
  /** `asus-z00t.toml:12`, or the file alone. */
  readonly where: string;
  /** What happens on the device when it stays so. */
  readonly why: string;
  /** The next thing to do. */
  readonly todo: string;
}
