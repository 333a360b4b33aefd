import { ShapeError } from './errors';

/** Sizes of the dimensions, outermost first; [] is one number. */
export type Shape = readonly number[];

/** How many elements a shape has. */
export function sizeOf(shape: Shape): number {
  let n = 1;
  for (let i = 0; i < shape.length; i++) n *= shape[i]!;
  return n;
}

/** Strides, in elements, of a dense row-major tensor. */
export function rowMajor(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  for (let i = shape.length - 1, n = 1; i >= 0; n *= shape[i--]!) strides[i] = n;
  return strides;
}

/** Elements from the first to the last, those between included. */
export function spanOf(shape: Shape, strides: Shape): number {
  let span = 1;
  for (let i = 0; i < shape.length; i++) {
    if (shape[i] === 0) return 0;
    span += (shape[i]! - 1) * strides[i]!;
  }
  return span;
}

/** Whether the elements lie in row-major order without gaps. */
export function isDense(shape: Shape, strides: Shape): boolean {
  for (let i = shape.length - 1, n = 1; i >= 0; n *= shape[i--]!) {
    if (shape[i] !== 1 && strides[i] !== n) return sizeOf(shape) === 0;
  }
  return true;
}

export function sameShape(a: Shape, b: Shape): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

export const show = (shape: Shape): string => `[${shape.join(', ')}]`;

/** A dimension counted from the front; negative ones count from the back. */
export function dimOf(where: string, dim: number, ndim: number): number {
  const d = dim < 0 ? dim + ndim : dim;
  if (!Number.isInteger(dim) || d < 0 || d >= ndim) {
    const range = ndim === 0 ? 'a single number has none' : `takes ${-ndim} to ${ndim - 1}`;
    throw new ShapeError(where, `there is no dimension ${dim} among ${ndim}: ${range}`);
  }
  return d;
}

/** Dimensions counted from the front, ascending, each once; undefined: all of them. Of a single number, 0 and −1 are none. */
export function dimsOf(where: string, dim: number | readonly number[] | undefined, ndim: number): number[] {
  if (dim === undefined) return Array.from({ length: ndim }, (_, i) => i);
  const dims = (typeof dim === 'number' ? [dim] : dim)
    .map(d => dimOf(where, d, Math.max(ndim, 1)))
    .sort((a, b) => a - b);
  dims.forEach((d, i) => {
    if (d === dims[i - 1]) throw new ShapeError(where, `dimension ${d} is named twice`);
  });
  return ndim === 0 ? [] : dims;
}

/** The shape that a and b spread to: sizes match from the last dimension on, or one of them is 1 or missing. */
export function broadcast(where: string, a: Shape, b: Shape): Shape {
  return a === b || b.length === 0 ? a : broadcastOther(where, a, b);
}
function broadcastOther(where: string, a: Shape, b: Shape): Shape {
  if (sameShape(a, b)) return a;
  if (a.length === 0) return b;
  const n = Math.max(a.length, b.length);
  const shape = new Array<number>(n);
  for (let i = 1; i <= n; i++) {
    const p = a[a.length - i] ?? 1;
    const q = b[b.length - i] ?? 1;
    if (p !== q && p !== 1 && q !== 1) {
      throw new ShapeError(where, `${show(a)} and ${show(b)} do not broadcast: ${p} against ${q}`);
    }
    shape[n - i] = p === 1 ? q : p;
  }
  return shape;
}
