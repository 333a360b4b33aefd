/** What one training run has to show: plain numbers and bytes, no tensors. */
export interface Report {
  /** The model's name, for the title, such as `LeNet-5`. */
  readonly model: string;
  /** The data set's name, for the title, such as `MNIST`. */
  readonly dataset: string;
  /** One name a class, in the order of the class indices. */
  readonly classNames: readonly string[];
  /** Share of the test set classified correctly, 0 to 1. */
  readonly testAccuracy: number;
  /** Wall-clock time of the training, in seconds. */
  readonly trainingSeconds: number;
  /** Training samples that went through forward, backward and step, per second. */
  readonly samplesPerSecond: number;
  /** One entry an epoch, in order; at least one. */
  readonly history: readonly Epoch[];
  /** Test set counts [classes][classes]: row = actual class, column = predicted class. */
  readonly confusion: readonly ArrayLike<number>[];
  /** One entry a class, over the test set. */
  readonly perClass: readonly ClassScores[];
  /** Kernels of the first convolution [kernels][side · side], row by row. */
  readonly filters: readonly ArrayLike<number>[];
  /** The most confidently wrong test images, worst first; the first 24 are shown. */
  readonly mistakes: readonly Mistake[];
}

/** Mean loss and accuracy (0 to 1) of one epoch. */
export interface Epoch {
  readonly trainLoss: number;
  readonly trainAccuracy: number;
  readonly validationLoss: number;
  readonly validationAccuracy: number;
}

/** How well one class is recognised: shares from 0 to 1, NaN where undefined (no image was, or was called, so). */
export interface ClassScores {
  readonly name: string;
  /** Of the images called this class, the share that are. */
  readonly precision: number;
  /** Of the images of this class, the share found. */
  readonly recall: number;
  /** Harmonic mean of precision and recall. */
  readonly f1: number;
  /** Images of this class. */
  readonly support: number;
}

/** A misclassified image. */
export interface Mistake {
  /** Grey values [28 · 28], row by row, 0 = background, 255 = ink. */
  readonly image: Uint8Array;
  /** Index of the true class. */
  readonly actual: number;
  /** Index of the class with the highest probability. */
  readonly predicted: number;
  /** The probability the model gave the predicted class, 0 to 1. */
  readonly probability: number;
}

/** 0.98765 → `98.77%`; NaN → `–`. */
export function percent(share: number, digits: number = 2): string {
  return Number.isNaN(share) ? '–' : `${(100 * share).toFixed(digits)}%`;
}

/** 28123.4 → `28,123`. */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** 7.25 → `7.3 s`, 75 → `1 min 15 s`, 4000 → `1 h 7 min`. */
export function duration(seconds: number): string {
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
