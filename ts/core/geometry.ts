/**
 * Index spaces for the strided kernels, which walk four dimensions. Neighbouring dimensions are merged where all
 * operands step through them as through one, so that almost everything fits; what does not is walked from outside.
 */
import type { Binary, Copy } from '../backend/backend';
import type { View } from './definition';
import { runtime } from './runtime';
import type { Shape } from './shape';

type Four = [number, number, number, number];

// The space found last, and the strides of two operands along it. Scratch, because arrays made anew cost more than
// the kernel of a small op.
const n: Four = [1, 1, 1, 1];
const p: Four = [0, 0, 0, 0];
const q: Four = [0, 0, 0, 0];

/** The stride of x along dimension d of a space of `ndim` dimensions, 0 where x is spread. */
function along(x: View, d: number, ndim: number): number {
  const i = d - ndim + x.shape.length;
  return i < 0 || x.shape[i] === 1 ? 0 : x.strides[i]!;
}

/** Finds the space of `shape` for operands a and b; false if it has more than four dimensions. */
function collapse(shape: Shape, a: View, b: View): boolean {
  let k = 3;
  n[3] = 1;
  p[3] = q[3] = 0;
  for (let d = shape.length - 1; d >= 0; d--) {
    const size = shape[d]!;
    if (size === 1) continue;
    const sa = along(a, d, shape.length);
    const sb = along(b, d, shape.length);
    if (n[k] !== 1) {
      if (p[k]! * n[k]! === sa && q[k]! * n[k]! === sb) {
        n[k]! *= size;
        continue;
      }
      if (--k < 0) return false;
    }
    n[k] = size;
    p[k] = sa;
    q[k] = sb;
  }
  while (--k >= 0) {
    n[k] = 1;
    p[k] = q[k] = 0;
  }
  return true;
}

/** x without its outermost dimension, at index i of it. */
function inside(x: View, i: number, ndim: number): View {
  if (x.shape.length < ndim) return x;
  const step = x.shape[0] === 1 ? 0 : x.strides[0]!;
  const at = x.address + i * step * runtime.backend.itemSize(x.dtype);
  return { address: at, size: 0, shape: x.shape.slice(1), strides: x.strides.slice(1), dense: false, dtype: x.dtype };
}

/** y = f(a, b), broadcasting. y is dense. */
export function runBinary(f: Binary, a: View, b: View, y: View): void {
  if (y.size === 0) return;
  const whole = a.dense && a.size === y.size; // of the shape that both spread to
  if (whole && b.dense && b.size === y.size) {
    f(a.address, b.address, y.address, 1, 1, 1, y.size, 0, 0, 0, 1, 0, 0, 0, 1);
  } else if (whole && b.size === 1) {
    f(a.address, b.address, y.address, 1, 1, 1, y.size, 0, 0, 0, 1, 0, 0, 0, 0);
  } else if (collapse(y.shape, a, b)) {
    f(a.address, b.address, y.address, n[0], n[1], n[2], n[3], p[0], p[1], p[2], p[3], q[0], q[1], q[2], q[3]);
  } else {
    const { shape } = y;
    for (let i = 0; i < shape[0]!; i++) {
      const part = { ...inside(y, i, shape.length), size: y.size / shape[0]!, dense: true };
      runBinary(f, inside(a, i, shape.length), inside(b, i, shape.length), part);
    }
  }
}

/** Copies x, spread to y's shape, into y, which may be strided. */
export function runCopy(f: Copy, x: View, y: View, shape: Shape = y.shape): void {
  if (shape.includes(0)) return;
  if (collapse(shape, x, y)) {
    f(x.address, y.address, n[0], n[1], n[2], n[3], p[0], p[1], p[2], p[3], q[0], q[1], q[2], q[3]);
  } else {
    for (let i = 0; i < shape[0]!; i++) {
      runCopy(f, inside(x, i, shape.length), inside(y, i, shape.length), shape.slice(1));
    }
  }
}

/** A slice along one dimension, where a tensor lies inside a larger one: from `start` on, at each `step`-th index. */
export interface Slice {
  readonly dim: number;
  readonly start: number;
  readonly step: number;
}

/** That slice of y, which has this shape. */
export function partOf(y: View, shape: Shape, { dim, start, step }: Slice): View {
  const at = y.address + start * y.strides[dim]! * runtime.backend.itemSize(y.dtype);
  const strides = y.strides.map((s, i) => (i === dim ? s * step : s));
  return { address: at, size: 0, shape, strides, dense: false, dtype: y.dtype };
}
