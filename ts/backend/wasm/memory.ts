import type { DType, TensorData } from '../../core/dtype';

/** Bytes of an element. */
export const ITEM_SIZE: Readonly<Record<DType, number>> = { f32: 4, i32: 4, u8: 1, bool: 1, f64: 8 };

interface Views {
  readonly f32: Float32Array;
  readonly i32: Int32Array;
  readonly u8: Uint8Array;
  readonly f64: Float64Array;
}

/**
 * The only views on a linear memory. Growing detaches them, whoever grows it: an allocation, or a kernel that needs a
 * larger workspace. So each access first looks whether they are still whole, and makes them again where not.
 */
export class LinearMemory {
  private current: Views;

  constructor(private readonly memory: WebAssembly.Memory) {
    this.current = this.make();
  }

  /** A copy of n elements from an address on. */
  read(at: number, n: number, dtype: DType): TensorData {
    const first = at / ITEM_SIZE[dtype];
    return this.view(dtype).slice(first, first + n);
  }

  /** Writes elements from an address on. */
  write(at: number, data: ArrayLike<number>, dtype: DType): void {
    this.view(dtype).set(data, at / ITEM_SIZE[dtype]);
  }

  /** The element at an address; it must lie in the memory. */
  peek(at: number, dtype: DType): number {
    const value = this.view(dtype)[at / ITEM_SIZE[dtype]];
    if (value === undefined) throw new RangeError(`no ${dtype} at address ${at}`);
    return value;
  }

  private view(dtype: DType): TensorData {
    if (this.current.u8.length === 0) this.current = this.make();
    return dtype === 'bool' ? this.current.u8 : this.current[dtype];
  }

  private make(): Views {
    const { buffer } = this.memory;
    return {
      f32: new Float32Array(buffer),
      i32: new Int32Array(buffer),
      u8: new Uint8Array(buffer),
      f64: new Float64Array(buffer),
    };
  }
}
