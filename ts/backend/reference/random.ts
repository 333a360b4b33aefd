import { philox } from '../../core/philox';
import type { Kernels } from '../backend';
import type { Floats } from './heap';

const { fround } = Math;

/** Random numbers from a key, the same at every element as on any other backend. */
export function random(heap: Floats): Pick<Kernels, 'draw' | 'bits' | 'uniform' | 'normal' | 'dropout'> {
  /** The stream of a key: its word i, as i32. */
  const stream = (keyAt: number): ((i: number) => number) => {
    const key = heap.from(keyAt);
    const [key0, key1, count0, count1] = [key[0]!, key[1]!, key[2]!, key[3]!];
    return i => {
      const block = philox([Math.floor(i / 4), 0, count0, count1], key0, key1);
      return block[i % 4]!;
    };
  };

  /** u in [0, 1) from a word: its upper 24 bits, exact in f32. */
  const unit = (word: number): number => (word >>> 8) * 2 ** -24;

  return {
    draw(stateAt, keyAt) {
      const [state, key] = [heap.from(stateAt), heap.from(keyAt)];
      for (let i = 0; i < 4; i++) key[i] = state[i]!;
      state[2] = (state[2]! + 1) | 0;
      if (state[2] === 0) state[3] = (state[3]! + 1) | 0;
    },

    bits(key, yAt, n) {
      const y = heap.from(yAt);
      const word = stream(key);
      for (let i = 0; i < n; i++) y[i] = word(i);
    },

    // Rounded to f32 at every step, and alone in that: an initial weight has the same bits on every backend.
    uniform(key, yAt, n, lo, hi) {
      const y = heap.from(yAt);
      const word = stream(key);
      const span = fround(fround(hi) - fround(lo));
      for (let i = 0; i < n; i++) y[i] = fround(fround(lo) + fround(span * unit(word(i))));
    },

    normal(key, yAt, n, mean, std) {
      const y = heap.from(yAt);
      const word = stream(key);
      for (let i = 0; i < n; i++) {
        const even = i - (i % 2);
        const r = Math.sqrt(-2 * Math.log(1 - unit(word(even))));
        const angle = 2 * Math.PI * unit(word(even + 1));
        y[i] = mean + std * r * (i === even ? Math.cos(angle) : Math.sin(angle));
      }
    },

    // p is compared as the f32 that it is elsewhere, so that the same elements survive.
    dropout(xAt, key, yAt, n, p) {
      const [x, y] = [heap.from(xAt), heap.from(yAt)];
      const word = stream(key);
      for (let i = 0; i < n; i++) y[i] = unit(word(i)) >= fround(p) ? x[i]! / (1 - p) : 0;
    },
  };
}
