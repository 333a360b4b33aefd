import { philox } from '../../core/philox';
import type { Kernels } from '../backend';
import type { Floats } from './heap';

const { fround } = Math;

type Name = 'draw' | 'bits' | 'uniform' | 'normal' | 'dropout' | 'gammaLog' | 'poisson';

/** Random numbers from a key, the same at every element as on any other backend. */
export function random(heap: Floats): Pick<Kernels, Name> {
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

  /** What f makes of the first attempt that it takes. */
  const firstTaken = (keyAt: number, i: number, f: (u: readonly number[]) => number | null): number => {
    const key = heap.from(keyAt);
    for (let t = 1; ; t++) {
      const words = philox([i, t, key[2]!, key[3]!], key[0]!, key[1]!);
      const y = f(words.map(word => ((word >>> 0) + 0.5) / 2 ** 32));
      if (y !== null) return y;
    }
  };
  const fill = (parameters: number, yAt: number, n: number, f: (i: number, p: number) => number): void => {
    const [ps, y] = [heap.from(parameters), heap.from(yAt)];
    for (let i = 0; i < n; i++) y[i] = f(i, ps[i]!);
  };

  return {
    gammaLog: (key, alpha, y, n) =>
      fill(alpha, y, n, (i, a) => {
        if (!(a > 0 && a < Infinity)) return NaN;
        const d = a + 2 / 3;
        return firstTaken(key, i, ([u0, v0, w, boost]) => {
          const [u, v] = [2 * u0! - 1, 2 * v0! - 1];
          const s = u * u + v * v;
          if (s >= 1) return null;
          const x = u * Math.sqrt((-2 * Math.log(s)) / s);
          const t = (1 + x / (3 * Math.sqrt(d))) ** 3;
          if (t <= 0 || Math.log(w!) >= 0.5 * x * x + d * (1 - t + Math.log(t))) return null;
          return Math.log(d * t) + Math.log(boost!) / a;
        });
      }),

    poisson: (key, rates, y, n) =>
      fill(rates, y, n, (i, rate) => {
        if (!(rate >= 0 && rate < 1e9)) return NaN;
        if (rate < 10) return firstTaken(key, i, ([u, v]) => inverted(rate, u! + (v! - 0.5) / 2 ** 32));
        const b = 0.931 + 2.53 * Math.sqrt(rate);
        const a = -0.059 + 0.02483 * b;
        const scale = 1.1239 + 1.1328 / (b - 3.4);
        return firstTaken(key, i, ([u0, v]) => {
          const u = u0! - 0.5;
          const us = 0.5 - Math.abs(u);
          const k = Math.floor(((2 * a) / us + b) * u + rate + 0.43);
          if (us >= 0.07 && v! <= 0.9277 - 3.6224 / (b - 2)) return k;
          if (k < 0 || (us < 0.013 && v! > us)) return null;
          const limit = k * Math.log(rate) - rate - lnFactorial(k);
          return Math.log((v! * scale) / (a / (us * us) + b)) <= limit ? k : null;
        });
      }),

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

/** The k up to which the probabilities of a Poisson distribution add up to u. */
function inverted(rate: number, u: number): number {
  let p = Math.exp(-rate);
  let k = 0;
  for (let sum = p; u > sum && k < 200; sum += p) p *= rate / ++k;
  return k;
}

/** ln k!, by Stirling's series from 10 on. */
function lnFactorial(k: number): number {
  if (k < 10) return Math.log(Array.from({ length: k }, (_, i) => i + 1).reduce((a, b) => a * b, 1));
  const series = (1 / 12 - (1 / 360 - 1 / (1260 * k * k)) / (k * k)) / k;
  return (k + 0.5) * Math.log(k) - k + 0.5 * Math.log(2 * Math.PI) + series;
}
