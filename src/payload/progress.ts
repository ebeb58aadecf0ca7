/** What long work reports: bytes done of bytes expected, or steps. */
export interface Progress {
  /** Names the work as a person reads it: `Fetching linux-modules-7.2.12+deb13-arm64`. */
  readonly label: string;
  readonly done: number;
  /** 0 when the end is not known. */
  readonly total: number;
  readonly unit?: 'bytes' | 'steps';
}

export type OnProgress = (progress: Progress) => void;
