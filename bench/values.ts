/** The same numbers for every library: n of them, in [−1, 1) · scale, from a linear congruential generator. */
export function values(n: number, seed: number, scale = 1): Float32Array {
  let state = seed >>> 0;
  const next = (): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 31 - 1;
  for (let i = 0; i < 8; i++) next(); // neighbouring seeds part
  return Float32Array.from({ length: n }, () => scale * next());
}

/** n class labels below `classes`. */
export const labels = (n: number, classes: number, seed: number): Int32Array =>
  Int32Array.from(values(n, seed), v => Math.floor(((v + 1) / 2) * classes));
