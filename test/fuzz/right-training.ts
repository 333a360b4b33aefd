/** A right call of what initialises and trains: part of right.ts. */
import { Generator, ones, optim, tensor, type Tensor } from 'phyllo';
import { call, each, finite, on, optional, plain, whole, type Make } from './arguments';

const m = (...shape: number[]): Tensor => ones(shape.length > 0 ? shape : [2, 3]);
const generator = (): object => ({ generator: new Generator(1) });
const leaf = (): Tensor => tensor([1, 2], { requiresGrad: true });
const sgd = (): optim.SGD => new optim.SGD([leaf()], { lr: 1 });

export const RIGHT_TRAINING: Readonly<Record<string, Make>> = {
  'nn.init.calculateGain': () => call(plain('relu'), optional(finite(0.1))),
  'nn.init.constant': () => call(plain(m()), plain(1)),
  ...each('nn.init.zeros nn.init.ones nn.init.fans', () => call(plain(m()))),
  ...each('nn.init.uniform nn.init.normal', () =>
    call(plain(m()), optional(finite(0)), optional(finite(1)), optional(plain(generator()))),
  ),
  'nn.init.eye': () => call(plain(m())),
  'nn.init.dirac': () => call(plain(m(2, 2, 3)), optional(whole(2))),
  'nn.init.truncNormal': () =>
    call(
      plain(m()),
      optional(finite(0)),
      optional(finite(1)),
      optional(finite(-2)),
      optional(finite(2)),
      optional(plain(generator())),
    ),
  'nn.init.orthogonal': () => call(plain(m()), optional(finite(1)), optional(plain(generator()))),
  'nn.init.sparse': () => call(plain(m()), finite(0.5), optional(finite(1)), optional(plain(generator()))),
  'nn.init.lecunNormal': () => call(plain(m()), optional(plain(generator()))),
  ...each('nn.init.xavierNormal nn.init.xavierUniform', () =>
    call(plain(m()), optional(finite(1)), optional(plain(generator()))),
  ),
  ...each('nn.init.kaimingNormal nn.init.kaimingUniform', () =>
    call(plain(m()), optional(finite({ a: 0, mode: 'fanOut', nonlinearity: 'tanh' }))),
  ),
  'optim.SGD': () => call(plain([leaf()]), finite({ lr: 0.1, momentum: 0.5, weightDecay: 0, nesterov: true })),
  ...each('optim.Adam optim.AdamW', () =>
    call(
      { value: [{ params: [leaf()], lr: 0.5 }], also: 'tensor' },
      optional(finite({ betas: [0.9, 0.9], eps: 1, amsgrad: true })),
    ),
  ),
  'optim.SparseAdam': () => call(plain([leaf()]), optional(finite({ betas: [0.9, 0.9], eps: 1 }))),
  'optim.LBFGS': () =>
    call(plain([leaf()]), optional(finite({ lr: 0.5, toleranceGrad: 0.1, lineSearchFn: 'strong_wolfe' }))),
  'optim.RMSprop': () => call(plain([leaf()]), optional(finite({ alpha: 0.9, momentum: 0.5, centered: true }))),
  'optim.Adagrad': () => call(plain([leaf()]), optional(finite({ lrDecay: 0.1, initialAccumulatorValue: 1, eps: 1 }))),
  'optim.Adadelta': () => call(plain([leaf()]), optional(finite({ rho: 0.5, weightDecay: 0.1 }))),
  ...each('optim.Adamax optim.RAdam', () => call(plain([leaf()]), optional(finite({ betas: [0.9, 0.9], eps: 1 })))),
  'optim.NAdam': () => call(plain([leaf()]), optional(finite({ betas: [0.9, 0.9], momentumDecay: 0.1 }))),
  'optim.ReduceLROnPlateau': () => call(plain(sgd()), optional(finite({ factor: 0.5, threshold: 0.1, minLr: 0 }))),
  'optim.ASGD': () => call(plain([leaf()]), optional(finite({ lambd: 0.1, alpha: 1, t0: 2 }))),
  'optim.Rprop': () => call(plain([leaf()]), optional(finite({ etas: [0.5, 2], stepSizes: [0.1, 1] }))),
  'optim.CosineAnnealingWarmRestarts': () => call(plain(sgd()), whole(3), optional(whole(2)), optional(finite(0))),
  'optim.CyclicLR': () => call(plain(sgd()), finite({ baseLr: 0.1, maxLr: 1, stepSizeUp: 3, mode: 'expRange' })),
  'optim.OneCycleLR': () => call(plain(sgd()), finite({ maxLr: 1, totalSteps: 9, pctStart: 0.5, threePhase: true })),
  'optim.Optimizer#loadStateDict': () => on(sgd(), plain(sgd().stateDict())),
  'optim.Optimizer#step': () => on(sgd(), { value: () => tensor(1), also: 'function', optional: true }),
  'optim.LBFGS#loadStateDict': () => on(new optim.LBFGS([leaf()]), plain(new optim.LBFGS([leaf()]).stateDict())),
  'optim.LambdaLR': () => call(plain(sgd()), { value: () => 1, also: 'function' }),
  'optim.StepLR': () => call(plain(sgd()), whole(2), optional(finite(0.1))),
  'optim.MultiStepLR': () => call(plain(sgd()), whole([1, 2]), optional(finite(0.1))),
  'optim.ExponentialLR': () => call(plain(sgd()), finite(0.5)),
  'optim.CosineAnnealingLR': () => call(plain(sgd()), whole(3), optional(finite(0))),
  'optim.clipGradNorm': () =>
    call(plain([leaf()]), finite(1), optional(plain({ normType: 1, errorIfNonfinite: false }))),
  'optim.clipGradValue': () => call(plain([leaf()]), finite(1)),
  'optim.Optimizer#addParamGroup': () => on(sgd(), { value: { params: [leaf()], lr: 0.5 }, finite: true }),
  'optim.MultiplicativeLR': () => call(plain(sgd()), { value: () => 1, also: 'function' }),
  'optim.LinearLR': () => call(plain(sgd()), optional(finite(0.5)), optional(finite(1)), optional(whole(3))),
  'optim.ConstantLR': () => call(plain(sgd()), optional(finite(0.5)), optional(whole(3))),
  'optim.PolynomialLR': () => call(plain(sgd()), optional(whole(3)), optional(finite(1))),
  'optim.ChainedScheduler': () => call(plain([new optim.StepLR(sgd(), 1)])),
  'optim.SequentialLR': () => {
    const o = sgd();
    return call(plain(o), plain([new optim.StepLR(o, 1), new optim.StepLR(o, 2)]), whole([3]));
  },
  'optim.ReduceLROnPlateau#step': () => on(new optim.ReduceLROnPlateau(sgd()), { value: 1, also: 'tensor' }),
  'optim.ReduceLROnPlateau#loadStateDict': () =>
    on(new optim.ReduceLROnPlateau(sgd()), {
      value: { lastEpoch: 1, best: 1, badEpochs: 0, cooling: 0, lastLrs: [1] },
      finite: true,
    }),
  'optim.LRScheduler#loadStateDict': () =>
    on(new optim.StepLR(sgd(), 1), { value: { lastEpoch: 1, baseLrs: [1], lastLrs: [1] }, finite: true }),
};
