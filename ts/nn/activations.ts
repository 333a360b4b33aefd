/** Activation functions as layers. Of those with parameters, only PReLU's are learned. */
import { ShapeError } from '../core/errors';
import { aNumber, check, oneOf, optional, options as optionsOf, wholeNumber } from '../core/kinds';
import { show } from '../core/shape';
import { checkConstructor, checkRest } from '../core/signature';
import type { Tensor } from '../core/tensor';
import { aTensor } from '../core/tensor-kinds';
import {
  celu,
  glu,
  hardshrink,
  hardsigmoid,
  hardswish,
  hardtanh,
  logsigmoid,
  mish,
  prelu,
  relu6,
  rrelu,
  selu,
  softmin,
  softplus,
  softshrink,
  tanhshrink,
  threshold,
} from '../ops/activations';
import { atan, elu, gelu, leakyRelu, relu, sigmoid, silu, softsign, tanh } from '../ops/elementwise';
import { logSoftmax, softmax } from '../ops/softmax';
import { noteFields } from './fields';
import { constant, layerKeys, type LayerOptions } from './initial';
import { Layer } from './module';
import type { Parameter } from './parameter';

/** A function of a tensor as a layer, whose constructor takes what the function takes after the tensor. */
abstract class Activation<A extends readonly unknown[] = []> extends Layer {
  private readonly f: (x: Tensor, ...args: A) => Tensor;
  private readonly args: A;

  constructor(f: (x: Tensor, ...args: A) => Tensor, args: A) {
    super();
    checkRest(this.constructor.name, f, args);
    this.f = f;
    this.args = args;
  }
  forward(x: Tensor): Tensor {
    return this.f(x, ...this.args);
  }
}

/** f(a) = a. */
export class Identity extends Layer {
  forward(x: Tensor): Tensor {
    check('Identity', 'x', aTensor, x);
    return x;
  }
}
/** The logistic function f(a) = 1/(1 + e⁻ᵃ). */
export class Sigmoid extends Layer {
  forward(x: Tensor): Tensor {
    return sigmoid(x);
  }
}
/** f(a) = tanh a. */
export class Tanh extends Layer {
  forward(x: Tensor): Tensor {
    return tanh(x);
  }
}
/** f(a) = arctan a. */
export class Arctan extends Layer {
  forward(x: Tensor): Tensor {
    return atan(x);
  }
}
/** The rectified linear unit f(a) = max(0, a). */
export class ReLU extends Layer {
  forward(x: Tensor): Tensor {
    return relu(x);
  }
}
/** min(max(0, a), 6). */
export class ReLU6 extends Layer {
  forward(x: Tensor): Tensor {
    return relu6(x);
  }
}
/** a·σ(a). */
export class SiLU extends Layer {
  forward(x: Tensor): Tensor {
    return silu(x);
  }
}
/** min(max(0, a + 3), 6) / 6. */
export class Hardsigmoid extends Layer {
  forward(x: Tensor): Tensor {
    return hardsigmoid(x);
  }
}
/** a·min(max(0, a + 3), 6) / 6. */
export class Hardswish extends Layer {
  forward(x: Tensor): Tensor {
    return hardswish(x);
  }
}
/** λa where a > 0, λα(eᵃ − 1) elsewhere, with λ ≈ 1.0507 and α ≈ 1.6733. */
export class SELU extends Layer {
  forward(x: Tensor): Tensor {
    return selu(x);
  }
}
/** a·tanh(ln(1 + eᵃ)). */
export class Mish extends Layer {
  forward(x: Tensor): Tensor {
    return mish(x);
  }
}
/** ln σ(a). */
export class LogSigmoid extends Layer {
  forward(x: Tensor): Tensor {
    return logsigmoid(x);
  }
}
/** a / (1 + |a|). */
export class Softsign extends Layer {
  forward(x: Tensor): Tensor {
    return softsign(x);
  }
}
/** a − tanh a. */
export class Tanhshrink extends Layer {
  forward(x: Tensor): Tensor {
    return tanhshrink(x);
  }
}
/** a·Φ(a), Φ being the normal distribution function. */
export class GELU extends Layer {
  constructor(readonly approximate: 'none' | 'tanh' = 'none') {
    super();
    checkConstructor<typeof GELU>('GELU', [['approximate', optional(oneOf('none', 'tanh'))]], arguments);
  }
  forward(x: Tensor): Tensor {
    return gelu(x, { approximate: this.approximate });
  }
}
/** a where a > 0, negativeSlope·a elsewhere. */
export class LeakyReLU extends Activation<[negativeSlope?: number]> {
  constructor(...args: [negativeSlope?: number]) {
    super(leakyRelu, args);
  }
}
/** a where a > 0, α(eᵃ − 1) elsewhere. */
export class ELU extends Activation<[alpha?: number]> {
  constructor(...args: [alpha?: number]) {
    super(elu, args);
  }
}
/** a where a > 0, α(e^(a/α) − 1) elsewhere. */
export class CELU extends Activation<[alpha?: number]> {
  constructor(...args: [alpha?: number]) {
    super(celu, args);
  }
}
/** a where a > 0, a times a slope elsewhere, which in training is drawn from [lower, upper) for each element. */
export class RReLU extends Layer {
  constructor(
    readonly lower: number = 1 / 8,
    readonly upper: number = 1 / 3,
    readonly options: LayerOptions = {},
  ) {
    super();
    checkConstructor<typeof RReLU>(
      'RReLU',
      [
        ['lower', optional(aNumber())],
        ['upper', optional(aNumber())],
        ['options', optionsOf(layerKeys)],
      ],
      arguments,
    );
  }
  forward(x: Tensor): Tensor {
    return rrelu(x, this.lower, this.upper, { ...this.options, training: this.training });
  }
}
/** a where a > 0, w·a elsewhere, with w learned: one, or one for each channel of x [n, channels, …]. */
export class PReLU extends Layer {
  /** [numParameters] */
  readonly weight: Parameter;

  constructor(
    readonly numParameters = 1,
    init = 0.25,
  ) {
    super();
    checkConstructor<typeof PReLU>(
      'PReLU',
      [
        ['numParameters', optional(wholeNumber(1))],
        ['init', optional(aNumber())],
      ],
      arguments,
    );
    this.weight = constant([numParameters], init);
    noteFields(this);
  }
  forward(x: Tensor): Tensor {
    return prelu(x, this.weight);
  }
}
/** ln(1 + e^βa) / β; a where βa is above the threshold. */
export class Softplus extends Activation<[beta?: number, threshold?: number]> {
  constructor(...args: [beta?: number, threshold?: number]) {
    super(softplus, args);
  }
}
/** a held between minVal and maxVal. */
export class Hardtanh extends Activation<[minVal?: number, maxVal?: number]> {
  constructor(...args: [minVal?: number, maxVal?: number]) {
    super(hardtanh, args);
  }
}
/** a − λ where a > λ, a + λ where a < −λ, 0 between. */
export class Softshrink extends Activation<[lambd?: number]> {
  constructor(...args: [lambd?: number]) {
    super(softshrink, args);
  }
}
/** a where |a| > λ, 0 elsewhere. */
export class Hardshrink extends Activation<[lambd?: number]> {
  constructor(...args: [lambd?: number]) {
    super(hardshrink, args);
  }
}
/** a where a > threshold, value elsewhere. */
export class Threshold extends Activation<[threshold: number, value: number]> {
  constructor(...args: [threshold: number, value: number]) {
    super(threshold, args);
  }
}
/** a·σ(b) of the halves a and b along `dim` (−1). */
export class GLU extends Activation<[dim?: number]> {
  constructor(...args: [dim?: number]) {
    super(glu, args);
  }
}
/** The normalised exponential along `dim` (−1): outputs are positive and sum to 1. */
export class Softmax extends Activation<[dim?: number]> {
  constructor(...args: [dim?: number]) {
    super(softmax, args);
  }
}
/** Softmax of −a along `dim` (−1). */
export class Softmin extends Activation<[dim?: number]> {
  constructor(...args: [dim?: number]) {
    super(softmin, args);
  }
}
/** The logarithm of softmax. */
export class LogSoftmax extends Activation<[dim?: number]> {
  constructor(...args: [dim?: number]) {
    super(logSoftmax, args);
  }
}
/** Softmax over the channels of x [n, channels, h, w] or [channels, h, w]. */
export class Softmax2d extends Layer {
  forward(x: Tensor): Tensor {
    check('Softmax2d', 'x', aTensor, x);
    if (x.ndim !== 3 && x.ndim !== 4) {
      throw new ShapeError(
        'Softmax2d',
        `x takes [batch, channels, height, width] or without the batch, this is ${show(x.shape)}`,
      );
    }
    return softmax(x, -3);
  }
}
