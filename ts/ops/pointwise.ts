/** How functions of one element become ops: with a gradient of any order, or none. */
import { SAVED, type Differentiable, type Plain } from '../backend/backend';
import type { OpDef } from '../core/definition';
import { defineOp, defineParametricOp, type Op } from '../core/op';
import type { Tensor } from '../core/tensor';
import { mul } from './basic';

export type UnaryOp = Op<[x: Tensor]>;
/** g · f′, derived from what f saved. */
type GradOp = Op<[g: Tensor, s: Tensor], { p: number }>;
/** A differentiable function, and g · f′ of it. */
export interface Smooth extends UnaryOp {
  readonly grad: GradOp;
}
/** One with a parameter. */
export interface Parametric extends Op<[x: Tensor], { p: number }> {
  readonly grad: GradOp;
}

/** An op, and g · f′ of it if it has a gradient. */
export interface Elementwise {
  readonly def: OpDef;
  readonly grad?: GradOp;
}

/**
 * g · f′(s) as an op, so that it has a gradient itself. `curvature` is the derivative of f′ by the saved value s, in
 * terms of ops; null where f′ is piecewise constant.
 */
function gradOp(name: Differentiable, curvature: ((s: Tensor, p: number) => Tensor) | null): GradOp {
  const self: GradOp = defineParametricOp({
    name: `${name}Grad`,
    inputs: ['g', 's'],
    shape: xs => xs[0].shape,
    run: (k, xs, ys, { p }) => k[`${name}Grad`](xs[0].address, xs[1].address, ys[0].address, ys[0].size, p),
    saves: { g: ['s'], s: ['g', 's'] },
    vjp: {
      g: (gg, { s }, params) => self(gg, s, params),
      s: curvature && ((gg, { g, s }, { p }) => mul(mul(gg, g), curvature(s, p))),
    },
  });
  return self;
}

/** A differentiable function without a parameter. */
export function smooth(name: Differentiable, curvature: ((s: Tensor) => Tensor) | null): Smooth {
  const grad = gradOp(name, curvature);
  const op: UnaryOp = defineOp({
    name,
    inputs: ['x'],
    shape: xs => xs[0].shape,
    run: (k, xs, ys) => k[name](xs[0].address, ys[0].address, ys[0].size, 0),
    saves: { x: [SAVED[name]] },
    vjp: { x: (g, saved) => grad(g, saved[SAVED[name]], { p: 0 }) },
  });
  return Object.assign(op, { grad });
}

/** One with a parameter. */
export function parametric(name: Differentiable, curvature: ((s: Tensor, p: number) => Tensor) | null): Parametric {
  const grad = gradOp(name, curvature);
  const op: Op<[x: Tensor], { p: number }> = defineParametricOp({
    name,
    inputs: ['x'],
    shape: xs => xs[0].shape,
    run: (k, xs, ys, { p }) => k[name](xs[0].address, ys[0].address, ys[0].size, p),
    saves: { x: [SAVED[name]] },
    vjp: { x: (g, saved, params) => grad(g, saved[SAVED[name]], params) },
  });
  return Object.assign(op, { grad });
}

/** A piecewise constant function: its derivative is zero. */
export function stepwise(name: Exclude<Plain, 'neg'>): UnaryOp {
  return defineOp({
    name,
    inputs: ['x'],
    shape: xs => xs[0].shape,
    run: (k, xs, ys) => k[name](xs[0].address, ys[0].address, ys[0].size, 0),
    vjp: { x: null },
  });
}
