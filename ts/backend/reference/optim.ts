import type { Kernels } from '../backend';
import type { Floats } from './heap';

/** One step of an optimiser on one parameter. */
export function optim(heap: Floats): Pick<Kernels, 'sgd' | 'adam' | 'tick' | 'multiplyAdds'> {
  return {
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
      const [w, g, m, v, vmax] = [heap.from(wAt), heap.from(gAt), heap.from(mAt), heap.from(vAt), heap.from(vmaxAt)];
      const hyper = heap.from(hyperAt);
      const [lr, beta1, beta2, epsilon] = [hyper[0]!, hyper[1]!, hyper[2]!, hyper[3]!];
      const [weightDecay, t] = [hyper[4]!, hyper[5]!];
      const [bias1, bias2] = [1 - beta1 ** t, 1 - beta2 ** t];
      for (let i = 0; i < n; i++) {
        const d = decoupled ? g[i]! : g[i]! + weightDecay * w[i]!;
        if (decoupled) w[i]! -= lr * weightDecay * w[i]!;
        m[i] = beta1 * m[i]! + (1 - beta1) * d;
        v[i] = beta2 * v[i]! + (1 - beta2) * d * d;
        if (vmaxAt) vmax[i] = Math.max(vmax[i]!, v[i]!);
        const s = vmaxAt ? vmax[i]! : v[i]!;
        w[i]! -= (lr * (m[i]! / bias1)) / (Math.sqrt(s) / Math.sqrt(bias2) + epsilon);
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
