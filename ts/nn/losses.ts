/** Losses as modules: of each function of losses a class that keeps its options. */
import { checkCount } from '../core/kinds';
import { checkOptions } from '../core/signature';
import type { Tensor } from '../core/tensor';
import {
  cosineEmbeddingLoss,
  gaussianNllLoss,
  hingeEmbeddingLoss,
  klDiv,
  marginRankingLoss,
  multiMarginLoss,
  multilabelMarginLoss,
  multilabelSoftMarginLoss,
  poissonNllLoss,
  softMarginLoss,
  tripletMarginLoss,
  type GaussianNllOptions,
  type KlDivOptions,
  type MarginOptions,
  type MultiMarginOptions,
  type MultilabelSoftMarginOptions,
  type PoissonNllOptions,
  type TripletMarginOptions,
} from '../ops/criteria';
import { crossEntropy, nllLoss, type CrossEntropyOptions, type NllOptions } from '../ops/cross-entropy';
import {
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
  huberLoss,
  l1Loss,
  mseLoss,
  smoothL1Loss,
  type BceOptions,
  type BceWithLogitsOptions,
  type HuberOptions,
  type LossOptions,
  type SmoothL1Options,
} from '../ops/loss';
import { Module } from './module';

type LossFunction<Inputs extends readonly unknown[], Options> = (...args: [...Inputs, options?: Options]) => Tensor;

/** What losses share: `forward` calls the function with the options that the constructor took. */
abstract class Loss<Inputs extends readonly unknown[], Options extends object> extends Module {
  constructor(readonly options?: Options | undefined) {
    super();
    const { name } = this.constructor;
    checkOptions(name, this.criterion(), options);
    checkCount(name, 1, arguments);
  }
  /** The function that it is a class of. */
  protected abstract criterion(): LossFunction<Inputs, Options>;

  forward(...inputs: Inputs): Tensor {
    return this.criterion()(...inputs, this.options);
  }
}
type Pair = [x: Tensor, target: Tensor];
type Two = [x1: Tensor, x2: Tensor, target: Tensor];

/** {@link mseLoss} */
export class MSELoss extends Loss<Pair, LossOptions> {
  protected criterion(): LossFunction<Pair, LossOptions> {
    return mseLoss;
  }
}
/** {@link l1Loss} */
export class L1Loss extends Loss<Pair, LossOptions> {
  protected criterion(): LossFunction<Pair, LossOptions> {
    return l1Loss;
  }
}
/** {@link smoothL1Loss} */
export class SmoothL1Loss extends Loss<Pair, SmoothL1Options> {
  protected criterion(): LossFunction<Pair, SmoothL1Options> {
    return smoothL1Loss;
  }
}
/** {@link huberLoss} */
export class HuberLoss extends Loss<Pair, HuberOptions> {
  protected criterion(): LossFunction<Pair, HuberOptions> {
    return huberLoss;
  }
}
/** {@link binaryCrossEntropy} */
export class BCELoss extends Loss<Pair, BceOptions> {
  protected criterion(): LossFunction<Pair, BceOptions> {
    return binaryCrossEntropy;
  }
}
/** {@link binaryCrossEntropyWithLogits} */
export class BCEWithLogitsLoss extends Loss<Pair, BceWithLogitsOptions> {
  protected criterion(): LossFunction<Pair, BceWithLogitsOptions> {
    return binaryCrossEntropyWithLogits;
  }
}
/** {@link crossEntropy} */
export class CrossEntropyLoss extends Loss<Pair, CrossEntropyOptions> {
  protected criterion(): LossFunction<Pair, CrossEntropyOptions> {
    return crossEntropy;
  }
}
/** {@link nllLoss} */
export class NLLLoss extends Loss<Pair, NllOptions> {
  protected criterion(): LossFunction<Pair, NllOptions> {
    return nllLoss;
  }
}
/** {@link klDiv} */
export class KLDivLoss extends Loss<Pair, KlDivOptions> {
  protected criterion(): LossFunction<Pair, KlDivOptions> {
    return klDiv;
  }
}
/** {@link poissonNllLoss} */
export class PoissonNLLLoss extends Loss<Pair, PoissonNllOptions> {
  protected criterion(): LossFunction<Pair, PoissonNllOptions> {
    return poissonNllLoss;
  }
}
/** {@link gaussianNllLoss} */
export class GaussianNLLLoss extends Loss<[x: Tensor, target: Tensor, variance: Tensor], GaussianNllOptions> {
  protected criterion(): LossFunction<[x: Tensor, target: Tensor, variance: Tensor], GaussianNllOptions> {
    return gaussianNllLoss;
  }
}
/** {@link softMarginLoss} */
export class SoftMarginLoss extends Loss<Pair, LossOptions> {
  protected criterion(): LossFunction<Pair, LossOptions> {
    return softMarginLoss;
  }
}
/** {@link hingeEmbeddingLoss} */
export class HingeEmbeddingLoss extends Loss<Pair, MarginOptions> {
  protected criterion(): LossFunction<Pair, MarginOptions> {
    return hingeEmbeddingLoss;
  }
}
/** {@link marginRankingLoss} */
export class MarginRankingLoss extends Loss<Two, MarginOptions> {
  protected criterion(): LossFunction<Two, MarginOptions> {
    return marginRankingLoss;
  }
}
/** {@link cosineEmbeddingLoss} */
export class CosineEmbeddingLoss extends Loss<Two, MarginOptions> {
  protected criterion(): LossFunction<Two, MarginOptions> {
    return cosineEmbeddingLoss;
  }
}
/** {@link tripletMarginLoss} */
export class TripletMarginLoss extends Loss<
  [anchor: Tensor, positive: Tensor, negative: Tensor],
  TripletMarginOptions
> {
  protected criterion(): LossFunction<[anchor: Tensor, positive: Tensor, negative: Tensor], TripletMarginOptions> {
    return tripletMarginLoss;
  }
}
/** {@link multiMarginLoss} */
export class MultiMarginLoss extends Loss<Pair, MultiMarginOptions> {
  protected criterion(): LossFunction<Pair, MultiMarginOptions> {
    return multiMarginLoss;
  }
}
/** {@link multilabelMarginLoss} */
export class MultiLabelMarginLoss extends Loss<Pair, LossOptions> {
  protected criterion(): LossFunction<Pair, LossOptions> {
    return multilabelMarginLoss;
  }
}
/** {@link multilabelSoftMarginLoss} */
export class MultiLabelSoftMarginLoss extends Loss<Pair, MultilabelSoftMarginOptions> {
  protected criterion(): LossFunction<Pair, MultilabelSoftMarginOptions> {
    return multilabelSoftMarginLoss;
  }
}
