import type { Kernels } from '../backend';
import type { Floats } from './heap';

export type Adaptive = 'rmsprop' | 'adagrad' | 'adadelta' | 'adamax' | 'rprop' | 'asgd';
/** Steps that are scaled by the gradients so far, or go by their signs, and averages of weights. */
export function adaptive(heap: Floats): Pick<Kernels, Adaptive> {
  return {
    rmsprop(wAt, gAt, vAt, meanAt, velocityAt, hyperAt, n) {
      const [w, g, v, hyper] = [heap.from(wAt), heap.from(gAt), heap.from(vAt), heap.from(hyperAt)];
      const [mean, velocity] = [heap.from(meanAt), heap.from(velocityAt)];
      const [lr, alpha, epsilon, weightDecay, momentum] = [hyper[0]!, hyper[1]!, hyper[2]!, hyper[3]!, hyper[4]!];
      for (let i = 0; i < n; i++) {
        const d = g[i]! + weightDecay * w[i]!;
        v[i] = alpha * v[i]! + (1 - alpha) * d * d;
        if (meanAt) mean[i] = alpha * mean[i]! + (1 - alpha) * d;
        const s = meanAt ? Math.max(v[i]! - mean[i]! ** 2, 0) : v[i]!;
        const scaled = d / (Math.sqrt(s) + epsilon);
        if (velocityAt) velocity[i] = momentum * velocity[i]! + scaled;
        w[i]! -= lr * (velocityAt ? velocity[i]! : scaled);
      }
    },

    adagrad(wAt, gAt, sumAt, hyperAt, n) {
      const [w, g, sum, hyper] = [heap.from(wAt), heap.from(gAt), heap.from(sumAt), heap.from(hyperAt)];
      const [lr, lrDecay, weightDecay, start] = [hyper[0]!, hyper[1]!, hyper[2]!, hyper[3]!];
      const [epsilon, t] = [hyper[4]!, hyper[5]!];
      for (let i = 0; i < n; i++) {
        const d = g[i]! + weightDecay * w[i]!;
        sum[i]! += d * d;
        w[i]! -= ((lr / (1 + (t - 1) * lrDecay)) * d) / (Math.sqrt(start + sum[i]!) + epsilon);
      }
    },

    adadelta(wAt, gAt, vAt, uAt, hyperAt, n) {
      const [w, g, v, u, hyper] = [heap.from(wAt), heap.from(gAt), heap.from(vAt), heap.from(uAt), heap.from(hyperAt)];
      const [lr, rho, epsilon, weightDecay] = [hyper[0]!, hyper[1]!, hyper[2]!, hyper[3]!];
      for (let i = 0; i < n; i++) {
        const d = g[i]! + weightDecay * w[i]!;
        v[i] = rho * v[i]! + (1 - rho) * d * d;
        const step = Math.sqrt((u[i]! + epsilon) / (v[i]! + epsilon)) * d;
        u[i] = rho * u[i]! + (1 - rho) * step * step;
        w[i]! -= lr * step;
      }
    },

    adamax(wAt, gAt, mAt, uAt, hyperAt, n) {
      const [w, g, m, u, hyper] = [heap.from(wAt), heap.from(gAt), heap.from(mAt), heap.from(uAt), heap.from(hyperAt)];
      const [lr, beta1, beta2, epsilon] = [hyper[0]!, hyper[1]!, hyper[2]!, hyper[3]!];
      const [weightDecay, t] = [hyper[4]!, hyper[5]!];
      for (let i = 0; i < n; i++) {
        const d = g[i]! + weightDecay * w[i]!;
        m[i] = beta1 * m[i]! + (1 - beta1) * d;
        u[i] = Math.max(beta2 * u[i]!, Math.abs(d) + epsilon);
        w[i]! -= ((lr / (1 - beta1 ** t)) * m[i]!) / u[i]!;
      }
    },

    rprop(wAt, gAt, previousAt, sizeAt, hyperAt, n) {
      const [w, g, previous, size] = [heap.from(wAt), heap.from(gAt), heap.from(previousAt), heap.from(sizeAt)];
      const hyper = heap.from(hyperAt);
      const [lr, shrink, grow, low, high, t] = [hyper[0]!, hyper[1]!, hyper[2]!, hyper[3]!, hyper[4]!, hyper[5]!];
      for (let i = 0; i < n; i++) {
        const turn = Math.sign(g[i]!) * Math.sign(previous[i]!);
        const next = (t > 1 ? size[i]! : lr) * (turn > 0 ? grow : turn < 0 ? shrink : 1);
        size[i] = Math.min(Math.max(next, low), high);
        previous[i] = turn < 0 ? 0 : g[i]!;
        w[i]! -= Math.sign(previous[i]!) * size[i]!;
      }
    },

    asgd(wAt, gAt, meanAt, hyperAt, n) {
      const [w, g, mean, hyper] = [heap.from(wAt), heap.from(gAt), heap.from(meanAt), heap.from(hyperAt)];
      const [lr, lambda, alpha, t0, weightDecay, t] = [
        hyper[0]!,
        hyper[1]!,
        hyper[2]!,
        hyper[3]!,
        hyper[4]!,
        hyper[5]!,
      ];
      const eta = lr / (1 + lambda * lr * (t - 1)) ** alpha;
      const share = 1 / Math.max(1, t - 1 - t0);
      for (let i = 0; i < n; i++) {
        const d = g[i]! + weightDecay * w[i]!;
        w[i] = w[i]! * (1 - lambda * eta) - eta * d;
        mean[i] = share === 1 ? w[i]! : mean[i]! + share * (w[i]! - mean[i]!);
      }
    },
  };
}
