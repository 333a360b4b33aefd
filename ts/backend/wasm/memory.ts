import { bytesOf, ELEMENTS, numbersOf, type DType, type TensorData } from '../../core/dtype';

/**
 * The only views on a linear memory. Growing detaches them, or of shared memory leaves them as long as they were, whoever
 * grows it: an allocation, or a kernel that needs a larger workspace. So each access first looks whether they reach as far
 * as it does, and makes them again where not.
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
    if (dtype === 'f32') return this.floatsTo(at / 4 + n).slice(at / 4, at / 4 + n);
    const { code, bytes } = ELEMENTS[dtype];
    if (code !== null) return numbersOf(this.readBytes(at, n * bytes), dtype);
    const first = at / bytes;
    return this.view(dtype, at + n * bytes).slice(first, first + n);
  }

  /** Writes numbers as elements from an address on. */
  write(at: number, data: ArrayLike<number>, dtype: DType): void {
    if (dtype === 'f32') return this.floatsTo(at / 4 + data.length).set(data, at / 4);
    const { code, bytes } = ELEMENTS[dtype];
    if (code !== null) this.writeBytes(at, bytesOf(data, dtype));
    else this.view(dtype, at + data.length * bytes).set(data, at / bytes);
  }

  /** A copy of bytes from an address on. */
  readBytes(at: number, n: number): Uint8Array {
    return this.bytesTo(at + n).slice(at, at + n);
  }

  /** Writes bytes from an address on. */
  writeBytes(at: number, bytes: Uint8Array): void {
    this.bytesTo(at + bytes.length).set(bytes, at);
  }

  /** The element at an address; it must lie in the memory. */
  peek(at: number, dtype: DType): number {
    const { code, bytes } = ELEMENTS[dtype];
    const value = code === null ? this.view(dtype, at + bytes)[at / bytes] : this.read(at, 1, dtype)[0];
    if (value === undefined) throw new RangeError(`no ${dtype} at address ${at}`);
    return value;
  }

  /** All bytes, of which there are `end`. */
  private bytesTo(end: number): Uint8Array {
    if (this.bytes.length < end || this.bytes.length === 0) this.renew();
    return this.bytes;
  }

  /** All memory as f32, which is asked for most. */
  private floatsTo(end: number): Float32Array {
    if (this.floats.length < end || this.floats.length === 0) this.renew();
    return this.floats;
  }

  /** All memory, of which there are `end` bytes, as elements of a type. */
  private view(dtype: DType, end: number): TensorData {
    this.bytesTo(end);
    return (this.views[dtype] ??= new ELEMENTS[dtype].array(this.memory.buffer));
  }

  private renew(): void {
    this.bytes = new Uint8Array(this.memory.buffer);
    this.floats = new Float32Array(this.memory.buffer);
    this.views = {};
  }
}
