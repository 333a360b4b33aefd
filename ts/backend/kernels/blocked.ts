/**
 * Batches of images in the blocked layout, NCHW8n: the numbers of eight images interleaved, [n, size] as [⌈n / 8⌉, size, 8].
 * What fills up the last block is computed like images, from whatever it holds; what sums over the batch leaves it out.
 * Where `conv2d` and its gradients bring a batch into this layout for themselves, images get the same bits here.
 */
import type { Conv2d, Conv2dGrad, ConvSizes } from './convolution';
import type { AvgPool2d, MaxPool2d } from './pool';

/** A max pool over planes [h, w, 8]. `relu` 1: of the numbers' positive parts; the tap kh · kw then stands for none. */
type MaxPool2dBlocked = (...args: [...geometry: Parameters<MaxPool2d>, relu: number]) => void;

export interface BlockedKernels {
  /** 1 if conv2d (`pass` 0), conv2dGradX (1) or conv2dGradW (2) brings such a batch into this layout for itself, else 0. */
  conv2dTakesBlocked(pass: number, ...sizes: ConvSizes): number;
  /** x [n, size], y [⌈n / 8⌉, size, 8], filled up with 0. */
  toBlocked(x: number, y: number, n: number, size: number): void;
  /** The inverse. */
  fromBlocked(x: number, y: number, n: number, size: number): void;
  /**
   * x [⌈n / 8⌉, c, size, 8]: y[d] = Σ of the planes d of n images: the gradient of a bias. With n, c and size above 1 it
   * has the bits of `sum` over images and pixels.
   */
  sumBlocked(x: number, y: number, n: number, c: number, size: number): void;
  /** x and y in blocks. */
  readonly conv2dBlocked: Conv2d;
  /** (g, w, gx, 0), g and gx in blocks. */
  readonly conv2dBlockedGradX: Conv2dGrad;
  /** (g, x, gw, 0), g and x in blocks. */
  readonly conv2dBlockedGradW: Conv2dGrad;
  /**
   * (x, at, y): as maxPool2d, the planes being ⌈n / 8⌉ · c; with `relu` the maximum of 0 and the window, where 0 wins if
   * no number is greater or NaN. `at` is of bytes for windows of at most 255 taps.
   */
  readonly maxPool2dBlocked: MaxPool2dBlocked;
  /** (g, at, gx): g[o] added to gx where its window's maximum was, 0 elsewhere and where none won. */
  readonly maxPool2dBlockedGrad: MaxPool2d;
  /** (x, y), planes [h, w, 8]. */
  readonly avgPool2dBlocked: AvgPool2d;
  /** (g, gx) */
  readonly avgPool2dBlockedGrad: AvgPool2d;
}
