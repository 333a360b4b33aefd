import type { Backend } from '../backend/backend';
import { isFloat, type DType } from './dtype';
import { runtime } from './runtime';
import { adopt } from './lifetime';
import { Storage } from './storage';
import { Tensor } from './tensor';

/** More different numbers than this are no constants: a schedule, say. The oldest becomes an ordinary tensor. */
const CAPACITY = 512;

let backend: Backend | null = null;
const numbers: WeakMap<Storage, number> = new WeakMap();
const floats: Map<number, Tensor> = new Map();
const ints: Map<number, Tensor> = new Map();

/**
 * A number as a tensor of shape []: an i32 beside integers if it is whole, else f32. Made once for each number, so
 * that `x.mul(2)` is the op of two tensors and costs a look-up.
 */
export function constant(value: number, beside: DType): Tensor {
  if (backend !== runtime.backend) {
    backend = runtime.backend;
    floats.clear();
    ints.clear();
  }
  const whole = !isFloat(beside) && (value | 0) === value;
  const cache = whole ? ints : floats;
  const key = Object.is(value, -0) ? Number.MIN_VALUE : value; // a Map takes −0 for 0; f32 has no such number
  const found = cache.get(key);
  if (found && !found.disposed) return found;
  return make(cache, key, value, whole ? 'i32' : 'f32');
}

/** The number that a storage holds, if it is such a constant, which nobody can change. */
export const constantIn = (storage: Storage): number | undefined => numbers.get(storage);

function make(cache: Map<number, Tensor>, key: number, value: number, dtype: DType): Tensor {
  const on = runtime.backend;
  const storage = Storage.of(on, on.itemSize(dtype));
  on.write(storage.at, [value], dtype);
  numbers.set(storage, value);
  const t = new Tensor(storage, [], [], 0, dtype, true);
  if (cache.size >= CAPACITY) {
    const [oldest] = cache;
    if (oldest) {
      cache.delete(oldest[0]);
      adopt(oldest[1]); // the op at hand may be about to read it
    }
  }
  cache.set(key, t);
  return t;
}
