import type { Kernels } from '../backend';
import { adaptive, type Adaptive } from './adaptive';
import { ITEM, type Floats } from './heap';

/** How weights decay: not at all, by the gradient of a penalty, or shrunk directly. */
type Decay = 'none' | 'penalty' | 'decoupled';

type Momentum = 'sgd' | 'adam' | 'nadam' | 'nadamProduct' | 'radam' | 'sparseAdam';
/** One step of an optimiser on one parameter. */
export function optim(heap: Floats): Pick<Kernels, Adaptive | Momentum | 'tick' | 'multiplyAdds'> {
  /** μₜ of NAdam. */
  const momentum = (beta: number, psi: number, t: number): number => beta * (1 - 0.5 * 0.96 ** (t * psi));
  /** Weights decay, and the running means of Adam go on, by hyper = [lr, β₁, β₂, ε, weightDecay]: gives the gradients that they go by. */
  function moments(
    wAt: number,
    gAt: number,
    mAt: number,
    vAt: number,
    hyper: Float64Array,
    n: number,
    decay: Decay,
  ): Float64Array {
    const [w, g, m, v] = [heap.from(wAt), heap.from(gAt), heap.from(mAt), heap.from(vAt)];
    const [lr, beta1, beta2, lambda] = [hyper[0]!, hyper[1]!, hyper[2]!, decay === 'none' ? 0 : hyper[4]!];
    return Float64Array.from({ length: n }, (_, i) => {
      const d = decay === 'decoupled' ? g[i]! : g[i]! + lambda * w[i]!;
      if (decay === 'decoupled') w[i]! -= lr * lambda * w[i]!;
      m[i] = beta1 * m[i]! + (1 - beta1) * d;
      v[i] = beta2 * v[i]! + (1 - beta2) * d * d;
      return d;
    });
  }

  return {
    ...adaptive(heap),

    sgd(wAt, gAt, vAt, hyperAt, n, nesterov) {
      const [w, g, v, hyper] = [heap.from(wAt), heap.from(gAt), heap.from(vAt), heap.from(hyperAt)];
      const [lr, momentum, dampening, weightDecay, t] = [hyper[0]!, hyper[1]!, hyper[2]!, hyper[3]!, hyper[4]!];
      for (let i = 0; i < n; i++) {
        const d = g[i]! + weightDecay * w[i]!;
        if (vAt) v[i] = t > 1 ? momentum * v[i]! + (1 - dampening) * d : d;
        const step = !vAt ? d : nesterov ? d + momentum * v[i]! : v[i]!;
        w[i]! -= lr * step;
      }
    },

    adam(wAt, gAt, mAt, vAt, vmaxAt, hyperAt, n, decoupled) {
      const [w, m, v, vmax] = [heap.from(wAt), heap.from(mAt), heap.from(vAt), heap.from(vmaxAt)];
      const hyper = heap.from(hyperAt);
      const [lr, beta1, beta2, epsilon, t] = [hyper[0]!, hyper[1]!, hyper[2]!, hyper[3]!, hyper[5]!];
      const [bias1, bias2] = [1 - beta1 ** t, 1 - beta2 ** t];
      moments(wAt, gAt, mAt, vAt, hyper, n, decoupled ? 'decoupled' : 'penalty');
      for (let i = 0; i < n; i++) {
        if (vmaxAt) vmax[i] = Math.max(vmax[i]!, v[i]!);
        const s = vmaxAt ? vmax[i]! : v[i]!;
        w[i]! -= (lr * (m[i]! / bias1)) / (Math.sqrt(s) / Math.sqrt(bias2) + epsilon);
      }
    },

    nadam(wAt, gAt, mAt, vAt, productAt, hyperAt, n, decoupled) {
      const [w, m, v, hyper] = [heap.from(wAt), heap.from(mAt), heap.from(vAt), heap.from(hyperAt)];
      const [lr, beta1, beta2, epsilon, psi, t] = [hyper[0]!, hyper[1]!, hyper[2]!, hyper[3]!, hyper[5]!, hyper[6]!];
      const product = heap.from(productAt)[0]!;
      const [now, next] = [momentum(beta1, psi, t), momentum(beta1, psi, t + 1)];
      const d = moments(wAt, gAt, mAt, vAt, hyper, n, decoupled ? 'decoupled' : 'penalty');
      for (let i = 0; i < n; i++) {
        const ahead = (d[i]! * (1 - now)) / (1 - product) + (m[i]! * next) / (1 - product * next);
        w[i]! -= (lr * ahead) / (Math.sqrt(v[i]! / (1 - beta2 ** t)) + epsilon);
      }
    },

    nadamProduct(productAt, hyperAt) {
      const [product, hyper] = [heap.from(productAt), heap.from(hyperAt)];
      const [beta1, psi, t] = [hyper[1]!, hyper[5]!, hyper[6]!];
      product[0] = (t > 1 ? product[0]! : 1) * momentum(beta1, psi, t);
    },

    radam(wAt, gAt, mAt, vAt, hyperAt, n, decoupled) {
      const [w, m, v, hyper] = [heap.from(wAt), heap.from(mAt), heap.from(vAt), heap.from(hyperAt)];
      const [lr, beta1, beta2, epsilon, t] = [hyper[0]!, hyper[1]!, hyper[2]!, hyper[3]!, hyper[5]!];
      const end = 2 / (1 - beta2) - 1;
      const rho = end - (2 * t * beta2 ** t) / (1 - beta2 ** t);
      const r = Math.sqrt(((rho - 4) * (rho - 2) * end) / ((end - 4) * (end - 2) * rho));
      moments(wAt, gAt, mAt, vAt, hyper, n, decoupled ? 'decoupled' : 'penalty');
      for (let i = 0; i < n; i++) {
        const scale = rho > 5 ? (r * Math.sqrt(1 - beta2 ** t)) / (Math.sqrt(v[i]!) + epsilon) : 1;
        w[i]! -= ((lr * m[i]!) / (1 - beta1 ** t)) * scale;
      }
    },

    sparseAdam(wAt, gAt, mAt, vAt, hyperAt, rows, n) {
      const hyper = heap.from(hyperAt);
      const [lr, beta1, beta2, epsilon, t] = [hyper[0]!, hyper[1]!, hyper[2]!, hyper[3]!, hyper[4]!];
      for (let row = 0; row < rows; row++) {
        const at = row * n * ITEM;
        if (
          heap
            .from(gAt + at)
            .subarray(0, n)
            .every(x => x === 0)
        )
          continue;
        const [w, m, v] = [heap.from(wAt + at), heap.from(mAt + at), heap.from(vAt + at)];
        moments(wAt + at, gAt + at, mAt + at, vAt + at, hyper, n, 'none');
        for (let i = 0; i < n; i++) {
          const scale = (lr * Math.sqrt(1 - beta2 ** t)) / (1 - beta1 ** t);
          w[i]! -= (scale * m[i]!) / (Math.sqrt(v[i]!) + epsilon);
        }
      }
    },

    tick(hyper, i) {
      heap.from(hyper)[i]! += 1;
    },

    multiplyAdds(at, turns) {
      const y = heap.from(at);
      for (let i = 0; i < 48; i++) for (let t = 0; t < turns; t++) y[i] = (1 - 2 ** -10) * y[i]! + 1;
    },
  };
}
