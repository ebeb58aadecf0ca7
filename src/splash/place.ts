/** Pixels, or the units of a drawing. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Where a picture comes to lie on the upright panel; may reach beyond it. */
export interface Box extends Size {
  readonly left: number;
  readonly top: number;
}

/** How a picture is brought to the size of a panel. */
export type Fit = 'contain' | 'cover' | 'stretch' | 'none';

export const FITS: readonly Fit[] = ['contain', 'cover', 'stretch', 'none'];

/** The part of the free room that is left of and above the picture. */
const ANCHORS = {
  center: [0.5, 0.5],
  top: [0.5, 0],
  bottom: [0.5, 1],
  left: [0, 0.5],
  right: [1, 0.5],
  'top-left': [0, 0],
  'top-right': [1, 0],
  'bottom-left': [0, 1],
  'bottom-right': [1, 1],
} as const;

/** The edge or corner that a picture keeps to. */
export type Anchor = keyof typeof ANCHORS;

export const ANCHOR_NAMES = Object.keys(ANCHORS) as readonly Anchor[];

/** Pixels at the edges of the upright panel that a notch or a round glass takes. */
export interface SafeArea {
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly left: number;
}

export interface Placing {
  /** Absent: `contain`. */
  readonly fit?: Fit;
  /** Absent: `center`. */
  readonly anchor?: Anchor;
  /** Size beside what the fit gives; with `none` the pixels of a picture's pixel. Absent: 1. */
  readonly scale?: number;
  /** Absent: the whole panel is seen. */
  readonly safeArea?: SafeArea;
}

/** The box of a picture of `natural` size on an upright panel. */
export function placePicture(natural: Size, panel: Size, placing: Placing): Box {
  const { fit = 'contain', anchor = 'center', scale = 1, safeArea } = placing;
  const { top, right, bottom, left } = safeArea ?? { top: 0, right: 0, bottom: 0, left: 0 };
  const room = { width: panel.width - left - right, height: panel.height - top - bottom };
  const [stepX, stepY] = [room.width / natural.width, room.height / natural.height];
  const [x, y] = {
    contain: [Math.min(stepX, stepY), Math.min(stepX, stepY)] as const,
    cover: [Math.max(stepX, stepY), Math.max(stepX, stepY)] as const,
    stretch: [stepX, stepY] as const,
    none: [1, 1] as const,
  }[fit];
  const [width, height] = [natural.width * x * scale, natural.height * y * scale];
  const [before, above] = ANCHORS[anchor];
  return {
    left: left + (room.width - width) * before,
    top: top + (room.height - height) * above,
    width,
    height,
  };
}
