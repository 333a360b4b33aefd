/** Activation functions as layers. No parameters to learn here. */
import { aDim, aNumber, check, oneOf, optional } from '../core/kinds';
import { aTensor } from '../core/tensor-kinds';
import { checkConstructor } from '../core/signature';
import type { Tensor } from '../core/tensor';
import { atan, elu, gelu, leakyRelu, relu, sigmoid, silu, softplus, tanh } from '../ops/elementwise';
import { logSoftmax, softmax } from '../ops/softmax';
import { Layer } from './module';

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
/** a where a > 0, slope·a elsewhere. */
export class LeakyReLU extends Layer {
  constructor(readonly slope = 0.01) {
    super();
    checkConstructor<typeof LeakyReLU>('LeakyReLU', [['slope', optional(aNumber())]], arguments);
  }
  forward(x: Tensor): Tensor {
    return leakyRelu(x, this.slope);
  }
}
/** a where a > 0, α(eᵃ − 1) elsewhere. */
export class ELU extends Layer {
  constructor(readonly alpha = 1) {
    super();
    checkConstructor<typeof ELU>('ELU', [['alpha', optional(aNumber())]], arguments);
  }
  forward(x: Tensor): Tensor {
    return elu(x, this.alpha);
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
/** a·σ(a). */
export class SiLU extends Layer {
  forward(x: Tensor): Tensor {
    return silu(x);
  }
}
/** ln(1 + eᵃ). */
export class Softplus extends Layer {
  forward(x: Tensor): Tensor {
    return softplus(x);
  }
}
/** The normalised exponential along `dim`: outputs are positive and sum to 1. */
export class Softmax extends Layer {
  constructor(readonly dim = -1) {
    super();
    checkConstructor<typeof Softmax>('Softmax', [['dim', optional(aDim)]], arguments);
  }
  forward(x: Tensor): Tensor {
    return softmax(x, this.dim);
  }
}
/** The logarithm of softmax. */
export class LogSoftmax extends Layer {
  constructor(readonly dim = -1) {
    super();
    checkConstructor<typeof LogSoftmax>('LogSoftmax', [['dim', optional(aDim)]], arguments);
  }
  forward(x: Tensor): Tensor {
    return logSoftmax(x, this.dim);
  }
}
