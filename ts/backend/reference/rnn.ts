import type { Kernels } from '../backend';
import type { Floats } from './heap';

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

type Name = 'rnn' | 'rnnGrad' | 'lstm' | 'lstmGrad' | 'gru' | 'gruGrad';

/** Calls visit(t, before) for each step and the one before it, −1 at the first, in the order they are computed in. */
function eachStep(steps: number, reverse: number, visit: (t: number, before: number) => void): void {
  for (let i = 0; i < steps; i++) {
    if (reverse) visit(steps - 1 - i, i === 0 ? -1 : steps - i);
    else visit(i, i - 1);
  }
}
/** The same backwards. */
function eachStepBack(steps: number, reverse: number, visit: (t: number, before: number) => void): void {
  for (let i = steps - 1; i >= 0; i--) {
    if (reverse) visit(steps - 1 - i, i === 0 ? -1 : steps - i);
    else visit(i, i - 1);
  }
}

/** Recurrent layers over whole sequences. */
export function recurrent(heap: Floats): Pick<Kernels, Name> {
  /** n elements at an address, as their own array; zeros where it is 0. */
  const copyOf = (at: number, n: number): Float64Array => (at ? heap.from(at).slice(0, n) : new Float64Array(n));
  const optional = (at: number): ((i: number) => number) => {
    const x = heap.from(at);
    return at ? i => x[i]! : () => 0;
  };
  /** Row i of W times a state's row that begins at `from`. */
  const dot = (w: Float64Array, i: number, h: Float64Array, from: number, hidden: number): number => {
    let sum = 0;
    for (let l = 0; l < hidden; l++) sum += w[i * hidden + l]! * h[from + l]!;
    return sum;
  };
  /** gh[b] += g[b] · W, with g's rows of `width`, which begin at `from`. */
  const addBack = (
    g: Float64Array,
    from: number,
    w: Float64Array,
    gh: Float64Array,
    batch: number,
    width: number,
    hidden: number,
  ): void => {
    for (let b = 0; b < batch; b++)
      for (let i = 0; i < width; i++)
        for (let l = 0; l < hidden; l++) gh[b * hidden + l]! += g[from + b * width + i]! * w[i * hidden + l]!;
  };

  return {
    rnn(pAt, wAt, h0At, yAt, hAt, steps, batch, hidden, reverse, relu) {
      const [p, w, y] = [heap.from(pAt), heap.from(wAt), heap.from(yAt)];
      let h = copyOf(h0At, batch * hidden);
      eachStep(steps, reverse, t => {
        h = h.map((_, i) => {
          const [b, j] = [Math.floor(i / hidden), i % hidden];
          const a = p[t * h.length + i]! + dot(w, j, h, b * hidden, hidden);
          return relu ? (a < 0 ? 0 : a) : Math.tanh(a);
        });
        y.set(h, t * h.length);
      });
      heap.from(hAt).set(h);
    },

    rnnGrad(gyAt, ghAt, wAt, yAt, gpAt, gh0At, steps, batch, hidden, reverse, relu) {
      const [gy, w, y, gp] = [optional(gyAt), heap.from(wAt), heap.from(yAt), heap.from(gpAt)];
      const n = batch * hidden;
      const gh = copyOf(ghAt, n);
      eachStepBack(steps, reverse, t => {
        for (let i = t * n; i < (t + 1) * n; i++) {
          gp[i] = (gh[i - t * n]! + gy(i)) * (relu ? (y[i]! > 0 ? 1 : 0) : 1 - y[i]! ** 2);
        }
        gh.fill(0);
        addBack(gp, t * n, w, gh, batch, hidden, hidden);
      });
      heap.from(gh0At).set(gh);
    },

    lstm(pAt, wAt, h0At, c0At, yAt, hAt, cAt, reserveAt, steps, batch, hidden, reverse) {
      const [p, w, y, reserve] = [heap.from(pAt), heap.from(wAt), heap.from(yAt), heap.from(reserveAt)];
      const n = batch * hidden;
      let h = copyOf(h0At, n);
      const c = copyOf(c0At, n);
      eachStep(steps, reverse, t => {
        h = h.map((_, k) => {
          const [b, j] = [Math.floor(k / hidden), k % hidden];
          const a = (gate: number): number =>
            p[((t * batch + b) * 4 + gate) * hidden + j]! + dot(w, gate * hidden + j, h, b * hidden, hidden);
          const [i, f, g, o] = [sigmoid(a(0)), sigmoid(a(1)), Math.tanh(a(2)), sigmoid(a(3))];
          c[k] = f * c[k]! + i * g;
          const kept = [i, f, g, o, c[k]!, Math.tanh(c[k]!)];
          if (reserveAt) kept.forEach((v, q) => (reserve[((t * batch + b) * 6 + q) * hidden + j] = v));
          return o * Math.tanh(c[k]!);
        });
        y.set(h, t * n);
      });
      heap.from(hAt).set(h);
      heap.from(cAt).set(c);
    },

    lstmGrad(gyAt, ghAt, gcAt, grAt, wAt, c0At, reserveAt, gpAt, gh0At, gc0At, steps, batch, hidden, reverse) {
      const [gy, gr, w, c0] = [optional(gyAt), optional(grAt), heap.from(wAt), heap.from(c0At)];
      const [reserve, gp] = [heap.from(reserveAt), heap.from(gpAt)];
      const n = batch * hidden;
      const [gh, gc] = [copyOf(ghAt, n), copyOf(gcAt, n)];
      eachStepBack(steps, reverse, (t, before) => {
        for (let k = 0; k < n; k++) {
          const [b, j] = [Math.floor(k / hidden), k % hidden];
          const indexOf = (step: number, q: number): number => ((step * batch + b) * 6 + q) * hidden + j;
          const kept = (q: number): number => reserve[indexOf(t, q)]!;
          const [i, f, g, o, squashed] = [kept(0), kept(1), kept(2), kept(3), kept(5)];
          const extra = (q: number): number => gr(indexOf(t, q));
          const dh = gh[k]! + gy(t * n + k);
          const dc = gc[k]! + extra(4) + (dh * o + extra(5)) * (1 - squashed ** 2);
          const previous = before < 0 ? c0[k]! : reserve[indexOf(before, 4)]!;
          const out = [
            (dc * g + extra(0)) * i * (1 - i),
            (dc * previous + extra(1)) * f * (1 - f),
            (dc * i + extra(2)) * (1 - g ** 2),
            (dh * squashed + extra(3)) * o * (1 - o),
          ];
          out.forEach((v, gate) => (gp[((t * batch + b) * 4 + gate) * hidden + j] = v));
          gc[k] = dc * f;
        }
        gh.fill(0);
        addBack(gp, t * 4 * n, w, gh, batch, 4 * hidden, hidden);
      });
      heap.from(gh0At).set(gh);
      heap.from(gc0At).set(gc);
    },

    gru(pAt, wAt, biasAt, h0At, yAt, hAt, reserveAt, steps, batch, hidden, reverse) {
      const [p, w, bias, y] = [heap.from(pAt), heap.from(wAt), optional(biasAt), heap.from(yAt)];
      const reserve = heap.from(reserveAt);
      const n = batch * hidden;
      let h = copyOf(h0At, n);
      eachStep(steps, reverse, t => {
        h = h.map((before, k) => {
          const [b, j] = [Math.floor(k / hidden), k % hidden];
          const input = (gate: number): number => p[((t * batch + b) * 3 + gate) * hidden + j]!;
          const q = (gate: number): number =>
            dot(w, gate * hidden + j, h, b * hidden, hidden) + bias(gate * hidden + j);
          const [r, z] = [sigmoid(input(0) + q(0)), sigmoid(input(1) + q(1))];
          const fresh = Math.tanh(input(2) + r * q(2));
          const kept = [r, z, fresh, q(2)];
          if (reserveAt) kept.forEach((v, i) => (reserve[((t * batch + b) * 4 + i) * hidden + j] = v));
          return (1 - z) * fresh + z * before;
        });
        y.set(h, t * n);
      });
      heap.from(hAt).set(h);
    },

    gruGrad(gyAt, ghAt, grAt, wAt, h0At, yAt, reserveAt, gpAt, gqAt, gh0At, steps, batch, hidden, reverse) {
      const [gy, gr, w, h0] = [optional(gyAt), optional(grAt), heap.from(wAt), heap.from(h0At)];
      const [y, reserve, gp, gq] = [heap.from(yAt), heap.from(reserveAt), heap.from(gpAt), heap.from(gqAt)];
      const n = batch * hidden;
      const gh = copyOf(ghAt, n);
      eachStepBack(steps, reverse, (t, before) => {
        for (let k = 0; k < n; k++) {
          const [b, j] = [Math.floor(k / hidden), k % hidden];
          const indexOf = (i: number): number => ((t * batch + b) * 4 + i) * hidden + j;
          const [r, z, fresh, q] = [
            reserve[indexOf(0)]!,
            reserve[indexOf(1)]!,
            reserve[indexOf(2)]!,
            reserve[indexOf(3)]!,
          ];
          const extra = (i: number): number => gr(indexOf(i));
          const dh = gh[k]! + gy(t * n + k);
          const previous = before < 0 ? h0[k]! : y[before * n + k]!;
          const dn = (dh * (1 - z) + extra(2)) * (1 - fresh ** 2);
          const dr = (dn * q + extra(0)) * r * (1 - r);
          const dz = (dh * (previous - fresh) + extra(1)) * z * (1 - z);
          [dr, dz, dn].forEach((v, gate) => (gp[((t * batch + b) * 3 + gate) * hidden + j] = v));
          [dr, dz, dn * r + extra(3)].forEach((v, gate) => (gq[((t * batch + b) * 3 + gate) * hidden + j] = v));
          gh[k] = dh * z;
        }
        addBack(gq, t * 3 * n, w, gh, batch, 3 * hidden, hidden);
      });
      heap.from(gh0At).set(gh);
    },
  };
}
