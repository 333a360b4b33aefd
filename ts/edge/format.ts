/**
 * Plan files: kernel calls, weights, and what goes in and comes out. All numbers are little-endian.
 *
 *   bytes  0– 7   \x89phyllo\n
 *          8–11   version of the format
 *         12–15   checksum of what follows, as words of 32 bits
 *         16–19   bytes of the description
 *         20–23   numbers in the calls
 *         24–27   bytes of the weights
 *         28–31   bytes of memory beside the weights
 *
 * Then come the {@link Description} (JSON in UTF-8), the calls (f64) and the weights, each from a multiple of 16 on. The
 * plan's memory is the weights and what is beside them; addresses count from its start. A call is the number of its
 * kernel in the description, how many arguments it has, which of them are addresses (bit i for argument i), and these.
 */
import type { ComputeType } from '../core/dtype';

export const MAGIC = '\x89phyllo\n';
export const VERSION = 1;
export const HEADER = 32;
export const ALIGNMENT = 16;

/** Element types of what goes in and comes out. */
export type PortType = ComputeType | 'f64';

/** Arrays by the type of their elements. */
export const ARRAYS: Readonly<Record<PortType, ArrayType>> = {
  f32: Float32Array,
  i32: Int32Array,
  u8: Uint8Array,
  bool: Uint8Array,
  f64: Float64Array,
};
type ArrayType = Float32ArrayConstructor | Int32ArrayConstructor | Uint8ArrayConstructor | Float64ArrayConstructor;

export const isPortType = (v: unknown): v is PortType => typeof v === 'string' && Object.hasOwn(ARRAYS, v);

/** Where a tensor lies that goes in or comes out, dense. */
export interface Port {
  readonly name: string;
  readonly dtype: PortType;
  readonly shape: readonly number[];
  /** Address in the plan's memory. */
  readonly at: number;
}
export interface Description {
  /** Names of kernels, as the calls number them. */
  readonly kernels: readonly string[];
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
}

export const aligned = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

/** Every word turns what came before and is multiplied in, so that no change of one word goes unseen. */
export function checksum(words: Uint32Array): number {
  let h = 0;
  for (let i = 0; i < words.length; i++) h = Math.imul(((h << 13) | (h >>> 19)) ^ words[i]!, 0x9e3779b1);
  return h >>> 0;
}
