/** Inputs and outputs of a net, bound to its memory. What goes in is checked as it is copied there. */
import type { TensorData } from '../core/dtype';
import { ShapeError, ValueError } from '../core/errors';
import { ARRAYS, type PortType } from './format';
import { shown } from './kinds';

/** A tensor that goes in or comes out. */
export interface Slot {
  readonly name: string;
  readonly dtype: PortType;
  readonly shape: readonly number[];
}
/** One with its numbers in memory, and a copy of them. */
export interface Binding extends Slot {
  readonly view: TensorData;
  copy(): TensorData;
}

const TAKES: Readonly<Record<PortType, string>> = {
  f32: 'numbers',
  f64: 'numbers',
  i32: 'whole numbers from -2^31 to 2^31 - 1',
  u8: 'whole numbers from 0 to 255',
  bool: 'numbers, each 0 or 1',
};

/** An array, a typed one, or what is like one. */
export function isList(v: unknown): v is ArrayLike<unknown> {
  if (typeof v !== 'object' || v === null) return false;
  const { length }: { readonly length?: unknown } = v;
  return typeof length === 'number';
}
const isTyped = (v: ArrayLike<unknown>): v is ArrayLike<number> => ArrayBuffer.isView(v) && typeof v[0] === 'number';

/** Copies an input of the net called so. */
export function write(net: string, binding: Binding, x: unknown): void {
  const { view, dtype } = binding;
  if (!isList(x) || x.length !== view.length) return refuse(net, binding, x);
  const anyNumber = dtype === 'f32' || dtype === 'f64';
  if ((anyNumber || (dtype !== 'bool' && x instanceof ARRAYS[dtype])) && isTyped(x)) {
    view.set(x);
    return;
  }
  for (let i = 0; i < view.length; i++) {
    const v = x[i];
    if (typeof v !== 'number') return refuse(net, binding, x, i);
    view[i] = v;
    if (!anyNumber && (view[i] !== v || (dtype === 'bool' && v > 1))) return refuse(net, binding, x, i);
  }
}

/** Says what is wrong with an input, as a whole or at index i. */
function refuse(net: string, { view, name, dtype, shape }: Binding, x: unknown, i?: number): never {
  const takes = `input '${name}' [${shape.join(', ')}] takes ${view.length} ${TAKES[dtype]}`;
  if (!isList(x)) throw new ValueError(net, `${takes}, this is ${shown(x)}`);
  if (isList(x[0])) throw new ShapeError(net, `${takes}, this is nested: pass one array, row by row`);
  if (i === undefined) throw new ShapeError(net, `${takes}, this has ${x.length}: a plan is for one shape`);
  throw new ValueError(net, `${takes}, at position ${i} is ${shown(x[i])}`);
}
