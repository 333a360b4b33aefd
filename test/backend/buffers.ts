/**
 * A backend of a second kind, as one on a GPU would be: each block is a buffer of its own, calls are put in a queue and
 * done when somebody reads, and nothing can be read at once. Its arithmetic is the reference's.
 */
import { type Floats, ITEM } from '../../ts/backend/reference/heap';
import { kernelsOn, toArray } from '../../ts/backend/reference/backend';
import type { AllKernels, Backend } from '../../ts/backend/backend';
import { numbersOf } from '../../ts/core/dtype';
import { IndexError } from '../../ts/core/errors';

/** An address is STRIDE · (the number of the buffer) + (bytes from its start). */
const STRIDE = 2 ** 32;
const NOTHING = new Float64Array(0);

class Buffers implements Floats {
  private readonly arrays: Map<number, Float64Array> = new Map();
  private next = 1;

  create(bytes: number): number {
    this.arrays.set(this.next, new Float64Array(Math.ceil(bytes / ITEM)).fill(NaN));
    return this.next++ * STRIDE;
  }
  destroy(at: number): void {
    if (!this.arrays.delete(at / STRIDE)) throw new Error(`there is no buffer at ${at}`);
  }
  whole(at: number): Float64Array {
    if (at === 0) return NOTHING;
    const array = this.arrays.get(Math.floor(at / STRIDE));
    if (array === undefined) throw new Error(`there is no buffer at ${at}`);
    return array;
  }
  indexOf(at: number): number {
    return (at % STRIDE) / ITEM;
  }
  from(at: number): Float64Array {
    return this.whole(at).subarray(this.indexOf(at));
  }
}

/** The indices of a call, by the arguments of its kernel: their address, number, and what each is below. */
type Indices = (...args: number[]) => readonly [at: number, n: number, size: number];
const each: Indices = (_x, index, _y, outer, n, k, inner) => [index!, outer! * k! * inner!, n!];
const shared: Indices = (_x, index, _y, _outer, n, k) => [index!, k!, n!];
const INDICES: Readonly<Record<string, Indices>> = {
  gather: each,
  scatterAdd: each,
  scatter: each,
  scatterI32: each,
  indexSelect: shared,
  indexSelect8: shared,
  indexAdd: shared,
  crossEntropy: (_x, target, _loss, _norm, rows, n) => [target!, rows!, n!],
};

export function buffers(): Backend {
  const memory = new Buffers();
  const { indexOutside, ...kernels } = kernelsOn(memory);
  const queue: (() => void)[] = [];
  const live = new Map<number, number>();
  let [bytes, peak] = [0, 0];
  let failure: IndexError | null = null;

  const call = (name: string, kernel: (...args: number[]) => unknown, args: number[]) => (): void => {
    const indices = INDICES[name];
    if (indices !== undefined) {
      const [at, n, size] = indices(...args);
      const position = indexOutside!(at, n, size);
      if (position >= 0) {
        const value = memory.from(at)[position];
        failure ??= new IndexError(name, `index ${value} at position ${position} is outside [0, ${size})`);
        return;
      }
    }
    kernel(...args);
  };

  /** What returns a number computes at once, of its arguments alone. */
  const isQuestion = (name: string): boolean => name.endsWith('Size') || name === 'conv2dTakesBlocked';
  const queued = new Proxy<AllKernels>(kernels, {
    get(target, name) {
      const kernel: unknown = Reflect.get(target, name);
      if (!(kernel instanceof Function) || typeof name === 'symbol' || isQuestion(name)) return kernel;
      return (...args: number[]): void => void queue.push(call(name, (...a) => kernel(...a), args));
    },
  });

  return {
    name: 'buffers',
    kernels: queued,
    blocked: queued,
    prepared: queued,
    itemSize: () => ITEM,
    alloc(size) {
      const at = memory.create(size);
      live.set(at, size);
      bytes += size;
      peak = Math.max(peak, bytes);
      return at;
    },
    free(at, size) {
      if (live.get(at) !== size) throw new Error(`free: no block of ${size} bytes is live at ${at}`);
      live.delete(at);
      bytes -= size;
      queue.push(() => memory.destroy(at));
    },
    write(at, data, dtype) {
      const copy = toArray(data, dtype);
      queue.push(() => memory.from(at).set(copy));
    },
    writeBytes(at, bytes, dtype) {
      const copy = numbersOf(bytes, dtype);
      queue.push(() => memory.from(at).set(copy));
    },
    async read(at, n, dtype) {
      let elements = toArray([], dtype);
      queue.push(() => {
        elements = toArray(memory.from(at).slice(0, n), dtype);
      });
      await new Promise(resolve => setTimeout(resolve));
      for (const done of queue.splice(0)) done();
      if (failure === null) return elements;
      const error = failure;
      failure = null;
      throw error;
    },
    memory(resetPeak) {
      const report = { bytes, blocks: live.size, peak };
      if (resetPeak) peak = bytes;
      return report;
    },
  };
}

/** A backend but for what reads its memory at once. */
export function withoutReadSync({ readSync: _r, readBytes: _b, peek: _p, ...backend }: Backend): Backend {
  return backend;
}
