import type { BlockedKernels } from '../backend';
import type { Floats } from './heap';

/** Images of a block. */
export const IMAGES = 8;

/** The index in the blocked layout of element i of a batch of images of `size` elements. */
export const blockedIndex =
  (size: number): ((i: number) => number) =>
  i => {
    const image = Math.floor(i / size);
    return (Math.floor(image / IMAGES) * size + (i % size)) * IMAGES + (image % IMAGES);
  };

/** Batches into blocks and out of them. */
export function blocked(
  heap: Floats,
): Pick<BlockedKernels, 'conv2dTakesBlocked' | 'toBlocked' | 'fromBlocked' | 'sumBlocked'> {
  return {
    conv2dTakesBlocked: (_, n) => Number(n >= IMAGES),

    toBlocked(xAt, yAt, n, size) {
      const [x, y, index] = [heap.from(xAt), heap.from(yAt), blockedIndex(size)];
      y.fill(0, 0, Math.ceil(n / IMAGES) * IMAGES * size);
      for (let i = 0; i < n * size; i++) y[index(i)] = x[i]!;
    },

    fromBlocked(xAt, yAt, n, size) {
      const [x, y, index] = [heap.from(xAt), heap.from(yAt), blockedIndex(size)];
      for (let i = 0; i < n * size; i++) y[i] = x[index(i)]!;
    },

    sumBlocked(xAt, yAt, n, c, size) {
      const [x, y, index] = [heap.from(xAt), heap.from(yAt), blockedIndex(c * size)];
      y.fill(0, 0, c);
      for (let i = 0; i < n * c * size; i++) y[Math.floor(i / size) % c]! += x[index(i)]!;
    },
  };
}
