import type { Kernels } from '../backend';
import type { Floats } from './heap';

/** Images side by side. */
export const LANES = 8;

/** Where number i of a batch of images of `size` numbers is in lanes. */
export const lanePlace =
  (size: number): ((i: number) => number) =>
  i => {
    const image = Math.floor(i / size);
    return (Math.floor(image / LANES) * size + (i % size)) * LANES + (image % LANES);
  };

/** Batches into lanes and out of them. */
export function lanes(heap: Floats): Pick<Kernels, 'toLanes' | 'fromLanes' | 'sumLanes'> {
  return {
    toLanes(xAt, yAt, n, size) {
      const [x, y, place] = [heap.from(xAt), heap.from(yAt), lanePlace(size)];
      y.fill(0, 0, Math.ceil(n / LANES) * LANES * size);
      for (let i = 0; i < n * size; i++) y[place(i)] = x[i]!;
    },

    fromLanes(xAt, yAt, n, size) {
      const [x, y, place] = [heap.from(xAt), heap.from(yAt), lanePlace(size)];
      for (let i = 0; i < n * size; i++) y[i] = x[place(i)]!;
    },

    sumLanes(xAt, yAt, n, c, size) {
      const [x, y, place] = [heap.from(xAt), heap.from(yAt), lanePlace(c * size)];
      y.fill(0, 0, c);
      for (let i = 0; i < n * c * size; i++) y[Math.floor(i / size) % c]! += x[place(i)]!;
    },
  };
}
