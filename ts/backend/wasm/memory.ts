import { bytesOf, ELEMENTS, numbersOf, type DType, type TensorData } from '../../core/dtype';

/**
 * The only views on a linear memory. Growing detaches them, whoever grows it: an allocation, or a kernel that needs a
 * larger workspace. So each access first looks whether they are still whole, and makes them again where not.
 */
export class LinearMemory {
  private bytes: Uint8Array;
  private floats: Float32Array;
  private views: { [K in DType]?: TensorData } = {};

  constructor(private readonly memory: WebAssembly.Memory) {
    this.bytes = new Uint8Array(memory.buffer);
    this.floats = new Float32Array(memory.buffer);
  }

  /** A copy of n elements from an address on. */
  read(at: number, n: number, dtype: DType): TensorData {
    if (dtype === 'f32') return this.allFloats().slice(at / 4, at / 4 + n);
    const { code, bytes } = ELEMENTS[dtype];
    if (code !== null) return numbersOf(this.readBytes(at, n * bytes), dtype);
    const first = at / bytes;
    return this.view(dtype).slice(first, first + n);
  }

  /** Writes numbers as elements from an address on. */
  write(at: number, data: ArrayLike<number>, dtype: DType): void {
    if (dtype === 'f32') return this.allFloats().set(data, at / 4);
    const { code, bytes } = ELEMENTS[dtype];
    if (code !== null) this.writeBytes(at, bytesOf(data, dtype));
    else this.view(dtype).set(data, at / bytes);
  }

  /** A copy of bytes from an address on. */
  readBytes(at: number, n: number): Uint8Array {
    return this.whole().slice(at, at + n);
  }

  /** Writes bytes from an address on. */
  writeBytes(at: number, bytes: Uint8Array): void {
    this.whole().set(bytes, at);
  }

  /** The element at an address; it must lie in the memory. */
  peek(at: number, dtype: DType): number {
    const { code, bytes } = ELEMENTS[dtype];
    const value = code === null ? this.view(dtype)[at / bytes] : this.read(at, 1, dtype)[0];
    if (value === undefined) throw new RangeError(`no ${dtype} at address ${at}`);
    return value;
  }

  /** All bytes. */
  private whole(): Uint8Array {
    if (this.bytes.length === 0) this.renew();
    return this.bytes;
  }

  /** All memory as f32, which is asked for most. */
  private allFloats(): Float32Array {
    if (this.floats.length === 0) this.renew();
    return this.floats;
  }

  /** All memory as elements of a type. */
  private view(dtype: DType): TensorData {
    this.whole();
    return (this.views[dtype] ??= new ELEMENTS[dtype].array(this.memory.buffer));
  }

  private renew(): void {
    this.bytes = new Uint8Array(this.memory.buffer);
    this.floats = new Float32Array(this.memory.buffer);
    this.views = {};
  }
}
