import * as v from 'valibot';
import { flag, list } from './entries.ts';

/** What tells how far stage-1 is while the screen shows nothing. */
export interface Signals {
  /** Lamps below /sys/class/leds. */
  readonly leds: readonly string[];
  /** Path below /sys: a timed output, or the folder of a vibrator among the lamps. */
  readonly vibrator: string | undefined;
  /** Whether the backlight of `screen` blinks. */
  readonly backlight: boolean;
}

const led = v.pipe(
  v.string(),
  v.regex(/^[\w.:+-]+$/, 'a name below /sys/class/leds, such as red:status'),
  v.description('Name below /sys/class/leds.'),
);

/**
 * A motor that is an input device (ff-memless) wants an ioctl, which no shell can send: only what is a
 * file of /sys can be named.
 */
const vibrator = v.pipe(
  v.string(),
  v.regex(
    /^\/sys\/class\/(?:timed_output\/[\w.+-]+\/enable|leds\/[\w.:+-]+)$/,
    '/sys/class/timed_output/NAME/enable or /sys/class/leds/NAME; a motor that is an input device cannot be driven from stage-1',
  ),
  v.description(
    'Vibrator: /sys/class/timed_output/vibrator/enable, or /sys/class/leds/vibrator with its files duration and activate. One that is an input device cannot be driven from a shell.',
  ),
);

/** The table `[signals]`. */
export const signalsTable = v.strictObject({
  leds: v.optional(list('Lamps that blink; their driver must be built in, or in kernel.modules.', led), []),
  vibrator: v.optional(vibrator),
  backlight: v.optional(flag('The backlight of [screen] goes dark for a moment to signal.'), false),
});
