/** Where elements are not 0: read by JavaScript, since the number of places depends on them. */
import { runtime } from '../core/runtime';
import type { Shape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { tensor } from './creation';

/** The places of what is not 0 (NaN included), in row-major order. In a captured function, a CaptureError. */
export function placesOf(where: string, x: Tensor): Int32Array {
  runtime.watcher?.elements(x, where);
  const elements = x.toArray();
  const places: number[] = [];
  for (let i = 0; i < elements.length; i++) if (elements[i] !== 0) places.push(i);
  return Int32Array.from(places);
}

/** For each dimension of a shape, the coordinates (i32) of places. */
export function coordinatesOf(places: Int32Array, shape: Shape): Tensor[] {
  let inner = 1;
  return shape
    .map((_, d) => shape[shape.length - 1 - d]!)
    .map(n => {
      const step = inner;
      inner *= n;
      return tensor(places.map(i => Math.floor(i / step) % n));
    })
    .reverse();
}
