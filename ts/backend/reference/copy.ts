import type { Copy, Kernels } from '../backend';
import type { Floats } from './heap';

/** Kernels that move data. An element is 8 bytes here, whatever it is elsewhere. */
export function copying(
  heap: Floats,
): Pick<Kernels, 'fill' | 'fillI32' | 'fill8' | 'copy' | 'copy8' | 'copy16' | 'copy64'> {
  const fill = (y: number, n: number, value: number): void => {
    heap.from(y).fill(value, 0, n);
  };

  const copy: Copy = (x, y, n0, n1, n2, n3, x0, x1, x2, x3, y0, y1, y2, y3) => {
    const [from, to, first, target] = [heap.whole(x), heap.whole(y), heap.indexOf(x), heap.indexOf(y)];
    for (let i = 0; i < n0; i++)
      for (let j = 0; j < n1; j++)
        for (let k = 0; k < n2; k++)
          for (let l = 0; l < n3; l++)
            to[target + i * y0 + j * y1 + k * y2 + l * y3] = from[first + i * x0 + j * x1 + k * x2 + l * x3]!;
  };

  return {
    fill,
    fillI32: (y, n, value) => fill(y, n, value | 0),
    fill8: (y, n, value) => fill(y, n, value & 255),
    copy,
    copy8: copy,
    copy16: copy,
    copy64: copy,
  };
}
