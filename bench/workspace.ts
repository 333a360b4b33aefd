import { backend } from '#load';

/** Random numbers in [−1, 1) at an address of the backend's, for kernels that are called without tensors. */
export function random(n: number): number {
  const at = backend.alloc(4 * n);
  let seed = 1;
  const next = (): number => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) / 2 ** 31 - 1;
  backend.write(at, Float32Array.from({ length: n }, next), 'f32');
  return at;
}
/** Room for n results. */
export const room = (n: number): number => backend.alloc(4 * n);
/** Gives both back. */
export function release(at: number, n: number): void {
  backend.free(at, 4 * n);
}
