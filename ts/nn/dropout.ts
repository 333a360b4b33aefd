/** Layers that drop elements or channels in training; in evaluation, nothing. */
import { aNumber, optional, options as optionsOf } from '../core/kinds';
import { checkConstructor } from '../core/signature';
import type { Tensor } from '../core/tensor';
import { alphaDropout, dropout, dropout1d, dropout2d, dropout3d, featureAlphaDropout } from '../ops/dropout';
import { layerKeys, type LayerOptions } from './initial';
import { Layer } from './module';

/** What the layers share: how likely an element is dropped, and where random numbers come from. */
abstract class Dropping extends Layer {
  constructor(
    readonly p = 0.5,
    readonly options: LayerOptions = {},
  ) {
    super();
    checkConstructor<typeof Dropping>(
      this.constructor.name,
      [
        ['p', optional(aNumber(0, 1))],
        ['options', optionsOf(layerKeys)],
      ],
      arguments,
    );
  }
}
/** In training, zeroes each element with probability p and divides the others by 1 − p. */
export class Dropout extends Dropping {
  forward(x: Tensor): Tensor {
    return dropout(x, this.p, { ...this.options, training: this.training });
  }
}
/** In training, zeroes whole channels of sequences with probability p and divides the others by 1 − p. */
export class Dropout1d extends Dropping {
  forward(x: Tensor): Tensor {
    return dropout1d(x, this.p, { ...this.options, training: this.training });
  }
}
/** In training, zeroes whole channels of images with probability p and divides the others by 1 − p. */
export class Dropout2d extends Dropping {
  forward(x: Tensor): Tensor {
    return dropout2d(x, this.p, { ...this.options, training: this.training });
  }
}
/** In training, zeroes whole channels of volumes with probability p and divides the others by 1 − p. */
export class Dropout3d extends Dropping {
  forward(x: Tensor): Tensor {
    return dropout3d(x, this.p, { ...this.options, training: this.training });
  }
}
/** Dropout for SELU: keeps mean 0 and variance 1. */
export class AlphaDropout extends Dropping {
  forward(x: Tensor): Tensor {
    return alphaDropout(x, this.p, { ...this.options, training: this.training });
  }
}
/** AlphaDropout of whole channels. */
export class FeatureAlphaDropout extends Dropping {
  forward(x: Tensor): Tensor {
    return featureAlphaDropout(x, this.p, { ...this.options, training: this.training });
  }
}
