/**
 * The reference backend: the contract as plain loops in float64, to check others and gradients against. It is meant to
 * be obviously right, and is slow. Floats keep their 64 bits, so `read` gives f32 elements as a Float64Array.
 */
import { bytesOf, ELEMENTS, numbersOf, type DType, type TensorData } from '../../core/dtype';
import type { AllKernels, FullBackend } from '../backend';
import { blocked } from './blocked';
import { conv } from './conv';
import { copying } from './copy';
import { elementwise } from './elementwise';
import { factorization } from './factorization';
import { type Floats, Heap, ITEM } from './heap';
import { indexing } from './index-ops';
import { linalg } from './linalg';
import { norm } from './norm';
import { optim } from './optim';
import { order } from './order';
import { pool } from './pool';
import { random } from './random';
import { reduce } from './reduce';
import { recurrent } from './rnn';
import { spectral } from './spectral';

/** All kernels, on some memory. */
export function kernelsOn(memory: Floats): AllKernels {
  return {
    ...copying(memory),
    ...elementwise(memory),
    ...linalg(memory),
    ...factorization(memory),
    ...spectral(memory),
    ...conv(memory),
    ...pool(memory),
    ...blocked(memory),
    ...recurrent(memory),
    ...reduce(memory),
    ...norm(memory),
    ...order(memory),
    ...indexing(memory),
    ...random(memory),
    ...optim(memory),
  };
}

/** A reference backend with a memory of its own. */
export function reference(): FullBackend {
  const heap = new Heap();
  const kernels = kernelsOn(heap);
  return {
    name: 'reference',
    kernels,
    blocked: kernels,
    prepared: kernels,
    itemSize: () => ITEM,
    alloc: bytes => heap.alloc(bytes),
    free: (at, bytes) => heap.free(at, bytes),
    read: async (at, n, dtype) => toArray(heap.from(at).slice(0, n), dtype),
    readSync: (at, n, dtype) => toArray(heap.from(at).slice(0, n), dtype),
    write: (at, data, dtype) => heap.from(at).set(toArray(data, dtype)),
    readBytes: (at, n, dtype) => bytesOf(heap.from(at).subarray(0, n), dtype),
    writeBytes: (at, bytes, dtype) => heap.from(at).set(numbersOf(bytes, dtype)),
    peek: at => heap.from(at)[0]!,
    memory: resetPeak => heap.memory(resetPeak),
  };
}

/** A copy as an array of the element type, converted as that array converts; floats keep 64 bits. */
export function toArray(data: ArrayLike<number>, dtype: DType): TensorData {
  const { code, kind, array } = ELEMENTS[dtype];
  if (code !== null) return numbersOf(bytesOf(data, dtype), dtype);
  return new (kind === 'float' ? Float64Array : array)(data);
}
