/** A right call of each loss of distributions, rankings and distances, and of the losses as modules: part of right.ts. */
import { ones, tensor, type Tensor } from 'phyllo';
import { call, each, finite, optional, plain, type Argument, type Make } from './arguments';

const m = (...shape: number[]): Tensor => ones(shape.length > 0 ? shape : [2, 3]);
const index = (...numbers: number[]): Tensor => tensor(Int32Array.from(numbers));
const options = (o: object): Argument => optional(finite({ reduction: 'sum', ...o }));
const OPTIONS: Readonly<Record<string, object>> = {
  MSELoss: {},
  L1Loss: {},
  SmoothL1Loss: { beta: 1 },
  HuberLoss: { delta: 1 },
  BCELoss: {},
  BCEWithLogitsLoss: {},
  CrossEntropyLoss: { labelSmoothing: 0.5 },
  NLLLoss: { labelSmoothing: 0.5 },
  KLDivLoss: { logTarget: true },
  PoissonNLLLoss: { logInput: false, full: true },
  GaussianNLLLoss: { full: true },
  SoftMarginLoss: {},
  HingeEmbeddingLoss: { margin: 1 },
  MarginRankingLoss: { margin: 1 },
  CosineEmbeddingLoss: { margin: 1 },
  TripletMarginLoss: { swap: true, p: 1 },
  MultiMarginLoss: { margin: 1 },
  MultiLabelMarginLoss: {},
  MultiLabelSoftMarginLoss: {},
};

export const RIGHT_LOSSES: Readonly<Record<string, Make>> = {
  klDiv: () => call(plain(m()), plain(m()), options({ logTarget: true })),
  poissonNllLoss: () => call(plain(m()), plain(m()), options({ logInput: true, full: true, eps: 0.5 })),
  gaussianNllLoss: () => call(plain(m()), plain(m()), plain(m()), options({ full: true, eps: 0.5 })),
  ...each('softMarginLoss', () => call(plain(m()), plain(m()), options({}))),
  hingeEmbeddingLoss: () => call(plain(m()), plain(m()), options({ margin: 1 })),
  marginRankingLoss: () => call(plain(m()), plain(m()), plain(m()), options({ margin: 1 })),
  cosineEmbeddingLoss: () => call(plain(m()), plain(m()), plain(m(2)), options({ margin: 1 })),
  tripletMarginLoss: () => call(plain(m()), plain(m()), plain(m()), options({ margin: 1, p: 2, eps: 0, swap: true })),
  multiMarginLoss: () => call(plain(m()), plain(index(0, 2)), options({ margin: 1, weight: m(3) })),
  multilabelMarginLoss: () => call(plain(m(3)), plain(index(0, 2, -1)), options({})),
  multilabelSoftMarginLoss: () => call(plain(m()), plain(m()), options({ weight: m(3) })),
  ...Object.fromEntries(Object.entries(OPTIONS).map(([name, o]) => [`nn.${name}`, () => call(options(o))])),
};
