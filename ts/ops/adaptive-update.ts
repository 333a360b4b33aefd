/** The steps of adaptive optimisers, in place, each one pass over memory. */
import { defineParametricOp, defineOp, type Op } from '../core/op';
import type { Tensor } from '../core/tensor';
import { checkSame } from './update';

interface Decoupled {
  /** Weights shrink by lr · weightDecay themselves, instead of a penalty's gradient. */
  readonly decoupled: boolean;
}

/** One step of NAdam; hyper = [lr, β₁, β₂, ε, weightDecay, ψ, t], product = μ₁ … μₜ. */
export const nadamStep: Op<[w: Tensor, g: Tensor, m: Tensor, v: Tensor, product: Tensor, hyper: Tensor], Decoupled> =
  defineParametricOp({
    name: 'nadamStep',
    inputs: ['w', 'g', 'm', 'v', 'product', 'hyper'],
    wants: { hyper: 'f64' },
    mutates: ['w', 'm', 'v'],
    check: ([w, g]) => checkSame('nadamStep', w, g),
    run: (k, [w, g, m, v, product, hyper], _, { decoupled }) =>
      k.nadam(w.address, g.address, m.address, v.address, product.address, hyper.address, w.size, decoupled ? 1 : 0),
  });

/** product ← product · μₜ of NAdam's step t, or μ₁. */
export const nadamProduct: Op<[product: Tensor, hyper: Tensor]> = defineOp({
  name: 'nadamProduct',
  inputs: ['product', 'hyper'],
  wants: { hyper: 'f64' },
  mutates: ['product'],
  check() {},
  run: (k, [product, hyper]) => k.nadamProduct(product.address, hyper.address),
});

/** One step of RAdam; hyper = [lr, β₁, β₂, ε, weightDecay, t]. */
export const radamStep: Op<[w: Tensor, g: Tensor, m: Tensor, v: Tensor, hyper: Tensor], Decoupled> = defineParametricOp(
  {
    name: 'radamStep',
    inputs: ['w', 'g', 'm', 'v', 'hyper'],
    wants: { hyper: 'f64' },
    mutates: ['w', 'm', 'v'],
    check: ([w, g]) => checkSame('radamStep', w, g),
    run: (k, [w, g, m, v, hyper], _, { decoupled }) =>
      k.radam(w.address, g.address, m.address, v.address, hyper.address, w.size, decoupled ? 1 : 0),
  },
);

/** One step of Adam of the rows of w whose gradient is not 0 throughout; hyper = [lr, β₁, β₂, ε, t]. */
export const sparseAdamStep: Op<[w: Tensor, g: Tensor, m: Tensor, v: Tensor, hyper: Tensor]> = defineOp({
  name: 'sparseAdamStep',
  inputs: ['w', 'g', 'm', 'v', 'hyper'],
  wants: { hyper: 'f64' },
  mutates: ['w', 'm', 'v'],
  check: ([w, g]) => checkSame('sparseAdamStep', w, g),
  run(k, [w, g, m, v, hyper]) {
    const rows = w.shape[0] ?? 1;
    k.sparseAdam(w.address, g.address, m.address, v.address, hyper.address, rows, rows === 0 ? 0 : w.size / rows);
  },
});

/** One step of RMSprop; hyper = [lr, α, ε, weightDecay, momentum, t]. */
export const rmspropStep: Op<
  [w: Tensor, g: Tensor, v: Tensor, mean: Tensor | null, velocity: Tensor | null, hyper: Tensor]
> = defineOp({
  name: 'rmspropStep',
  inputs: ['w', 'g', 'v', 'mean', 'velocity', 'hyper'],
  nullable: ['mean', 'velocity'],
  wants: { hyper: 'f64' },
  mutates: ['w', 'v', 'mean', 'velocity'],
  check: ([w, g]) => checkSame('rmspropStep', w, g),
  run: (k, [w, g, v, mean, velocity, hyper]) =>
    k.rmsprop(
      w.address,
      g.address,
      v.address,
      mean ? mean.address : 0,
      velocity ? velocity.address : 0,
      hyper.address,
      w.size,
    ),
});

/** One step of Adagrad; hyper = [lr, lrDecay, weightDecay, start, ε, t]. */
export const adagradStep: Op<[w: Tensor, g: Tensor, sum: Tensor, hyper: Tensor]> = defineOp({
  name: 'adagradStep',
  inputs: ['w', 'g', 'sum', 'hyper'],
  wants: { hyper: 'f64' },
  mutates: ['w', 'sum'],
  check: ([w, g]) => checkSame('adagradStep', w, g),
  run: (k, [w, g, sum, hyper]) => k.adagrad(w.address, g.address, sum.address, hyper.address, w.size),
});

/** One step of Adadelta; hyper = [lr, ρ, ε, weightDecay, t]. */
export const adadeltaStep: Op<[w: Tensor, g: Tensor, v: Tensor, u: Tensor, hyper: Tensor]> = defineOp({
  name: 'adadeltaStep',
  inputs: ['w', 'g', 'v', 'u', 'hyper'],
  wants: { hyper: 'f64' },
  mutates: ['w', 'v', 'u'],
  check: ([w, g]) => checkSame('adadeltaStep', w, g),
  run: (k, [w, g, v, u, hyper]) => k.adadelta(w.address, g.address, v.address, u.address, hyper.address, w.size),
});

/** One step of Adamax; hyper = [lr, β₁, β₂, ε, weightDecay, t]. */
export const adamaxStep: Op<[w: Tensor, g: Tensor, m: Tensor, u: Tensor, hyper: Tensor]> = defineOp({
  name: 'adamaxStep',
  inputs: ['w', 'g', 'm', 'u', 'hyper'],
  wants: { hyper: 'f64' },
  mutates: ['w', 'm', 'u'],
  check: ([w, g]) => checkSame('adamaxStep', w, g),
  run: (k, [w, g, m, u, hyper]) => k.adamax(w.address, g.address, m.address, u.address, hyper.address, w.size),
});

/** One step of Rprop; hyper = [lr, η⁻, η⁺, min, max, t]. */
export const rpropStep: Op<[w: Tensor, g: Tensor, previous: Tensor, size: Tensor, hyper: Tensor]> = defineOp({
  name: 'rpropStep',
  inputs: ['w', 'g', 'previous', 'size', 'hyper'],
  wants: { hyper: 'f64' },
  mutates: ['w', 'previous', 'size'],
  check: ([w, g]) => checkSame('rpropStep', w, g),
  run: (k, [w, g, previous, size, hyper]) =>
    k.rprop(w.address, g.address, previous.address, size.address, hyper.address, w.size),
});

/** One step of ASGD; hyper = [lr, λ, α, t₀, weightDecay, t]. */
export const asgdStep: Op<[w: Tensor, g: Tensor, mean: Tensor, hyper: Tensor]> = defineOp({
  name: 'asgdStep',
  inputs: ['w', 'g', 'mean', 'hyper'],
  wants: { hyper: 'f64' },
  mutates: ['w', 'mean'],
  check: ([w, g]) => checkSame('asgdStep', w, g),
  run: (k, [w, g, mean, hyper]) => k.asgd(w.address, g.address, mean.address, hyper.address, w.size),
});
