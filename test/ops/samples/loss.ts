/** Samples of losses: every option and every reduction. */
import type { Tensor } from '../../../ts/core/tensor';
import { tensor } from '../../../ts/ops/creation';
import * as crossEntropies from '../../../ts/ops/cross-entropy';
import * as elementwise from '../../../ts/ops/loss';
import { log, sigmoid } from '../../../ts/ops/elementwise';
import { logSoftmax, softmax } from '../../../ts/ops/softmax';
import { permute, t } from '../../../ts/ops/view';
import {
  real,
  between,
  betweenQuarters,
  int,
  quarters,
  sample,
  type Draw,
  type Sample,
  type SamplesOf,
} from './sample';

const ops: typeof elementwise & typeof crossEntropies = { ...elementwise, ...crossEntropies };
type List = readonly [Sample, ...Sample[]];
type Plain = (x: Tensor, target: Tensor, options?: elementwise.LossOptions) => Tensor;

/** Of two tensors of one shape. */
const pairs = (f: Plain, x: Draw, y: Draw): List => [
  sample([x(3, 4), y(3, 4)], (a, b) => f(a, b), 'f32[]'),
  sample([x(3, 4), y(3, 4)], (a, b) => f(a, b, { reduction: 'mean' }), 'f32[]'),
  sample([x(3, 4), y(3, 4)], (a, b) => f(a, b, { reduction: 'sum' }), 'f32[]'),
  sample([x(3, 4), y(3, 4)], (a, b) => f(a, b, { reduction: 'none' }), 'f32[3,4]'),
  sample([x(3, 4), y(3, 4)], (a, b) => f(a, b, { reduction: 'cost' }), 'f32[]'),
  sample([x(4, 3), y(3, 4)], (a, b) => f(t(a), b), 'f32[]'),
  sample([x(), y()], (a, b) => f(a, b, { reduction: 'cost' }), 'f32[]'),
  sample([x(1), y(1)], (a, b) => f(a, b), 'f32[]'),
  sample([x(0, 3), y(0, 3)], (a, b) => f(a, b, { reduction: 'none' }), 'f32[0,3]'),
  sample([x(0, 3), y(0, 3)], (a, b) => f(a, b, { reduction: 'sum' }), 'f32[]'),
  sample([y(2, 3)], a => f(a, int([1, 0, 1, 0, 0, 1], [2, 3])), 'f32[]'),
];
const probability = between(0.1, 0.9);

const REDUCTIONS = ['mean', 'sum', 'none', 'cost'] as const;
const shapeOf = (reduction: elementwise.Reduction, each: string): string =>
  reduction === 'none' ? `f32${each}` : 'f32[]';
type Options = Omit<crossEntropies.CrossEntropyOptions, 'input' | 'weight'>;

/** Against indices, with and without the index 1 ignored; `x` turns numbers into what the loss takes. */
const indexed = (f: (x: Tensor, target: Tensor, options?: Options & { weight?: Tensor }) => Tensor): List => [
  sample([real(4, 3)], x => f(x, int([0, 2, 1, 1])), 'f32[]'),
  ...REDUCTIONS.flatMap(reduction => [
    ...[{}, { ignoreIndex: 1 }, { labelSmoothing: 0.2 }, { ignoreIndex: 1, labelSmoothing: 0.3 }].flatMap(
      (o: Options) => [
        sample([real(4, 3)], x => f(x, int([0, 2, 1, 1]), { ...o, reduction }), shapeOf(reduction, '[4]')),
        sample(
          [real(4, 3), between(0.2, 1)(3)],
          (x, weight) => f(x, int([0, 2, 1, 1]), { ...o, weight: weight, reduction }),
          shapeOf(reduction, '[4]'),
        ),
      ],
    ),
    sample(
      [real(2, 3, 2, 2)],
      x => f(x, int([0, 1, 2, 0, 2, 2, 1, 0], [2, 2, 2]), { reduction, ignoreIndex: 0 }),
      shapeOf(reduction, '[2,2,2]'),
    ),
    sample([real(3)], x => f(x, int([2], []), { reduction }), shapeOf(reduction, '[]')),
  ]),
  sample([real(4, 3)], x => f(x, int([0, -100, 1, -100]), { ignoreIndex: -100 }), 'f32[]'),
  sample([real(4, 3)], x => f(x, tensor(Uint8Array.of(0, 2, 1, 1))), 'f32[]'),
  sample([real(3, 4)], x => f(t(x), int([0, 2, 1, 1])), 'f32[]'),
  sample(
    [real(2, 2, 2, 3)],
    x => f(permute(x, [0, 3, 1, 2]), permute(int([0, 1, 2, 0, 2, 2, 1, 0], [2, 2, 2]), [2, 0, 1])),
    'f32[]',
  ),
  sample([real(1, 3)], x => f(x, int([1])), 'f32[]'),
  sample([real(4, 1)], x => f(x, int([0, 0, 0, 0])), 'f32[]'),
  sample([real(0, 3)], x => f(x, int([], [0]), { reduction: 'none' }), 'f32[0]'),
  sample([real(0, 3)], x => f(x, int([], [0]), { reduction: 'sum' }), 'f32[]'),
  sample([real(2, 3)], x => f(x, int([1, 1]), { ignoreIndex: 1, reduction: 'sum' }), 'f32[]'),
];
/** Against probabilities. */
const probable = (f: (x: Tensor, target: Tensor, options?: Options & { weight?: Tensor }) => Tensor): List => [
  sample([real(4, 3), real(4, 3)], (x, q) => f(x, softmax(q, 1)), 'f32[]'),
  ...REDUCTIONS.flatMap(reduction =>
    [{}, { labelSmoothing: 0.2 }].flatMap((o: Options) => [
      sample([real(4, 3), real(4, 3)], (x, q) => f(x, q, { ...o, reduction }), shapeOf(reduction, '[4]')),
      sample(
        [real(4, 3), real(4, 3), between(0.2, 1)(3)],
        (x, q, weight) => f(x, q, { ...o, weight: weight, reduction }),
        shapeOf(reduction, '[4]'),
      ),
    ]),
  ),
  sample(
    [real(2, 3, 2, 2), real(2, 3, 2, 2), between(0.2, 1)(3)],
    (x, q, weight) => f(x, q, { weight: weight, reduction: 'none' }),
    'f32[2,2,2]',
  ),
  sample([real(3), real(3)], (x, q) => f(x, q, { reduction: 'none' }), 'f32[]'),
  sample([real(3, 4), real(3, 4)], (x, q) => f(t(x), t(q)), 'f32[]'),
];

export const lossSamples: SamplesOf<typeof ops> = {
  mseLoss: pairs(ops.mseLoss, real, real),
  l1Loss: pairs(ops.l1Loss, quarters, betweenQuarters),
  smoothL1Loss: [
    ...pairs(ops.smoothL1Loss, quarters, betweenQuarters),
    ...pairs((x, y, o) => ops.smoothL1Loss(x, y, { ...o, beta: 0.5 }), quarters, betweenQuarters),
    ...pairs((x, y, o) => ops.smoothL1Loss(x, y, { ...o, beta: 0 }), quarters, betweenQuarters),
  ],
  huberLoss: [
    ...pairs(ops.huberLoss, quarters, betweenQuarters),
    ...pairs((x, y, o) => ops.huberLoss(x, y, { ...o, delta: 0.5 }), quarters, betweenQuarters),
  ],
  binaryCrossEntropy: [
    ...pairs(ops.binaryCrossEntropy, probability, probability),
    sample(
      [probability(2, 3), probability(2, 3), between(0.5, 2)(3)],
      (x, y, weight) => ops.binaryCrossEntropy(x, y, { weight }),
      'f32[]',
    ),
    sample(
      [probability(4)],
      target => ops.binaryCrossEntropy(tensor([0, 1, 0, 1]), target, { reduction: 'none' }),
      'f32[4]',
    ),
  ],
  binaryCrossEntropyWithLogits: [
    ...pairs(ops.binaryCrossEntropyWithLogits, real, probability),
    ...pairs(
      (x, y, o) => ops.binaryCrossEntropyWithLogits(x, y, { ...o, posWeight: tensor([2.5]) }),
      real,
      probability,
    ).filter(({ inputs }) => inputs[0]!.shape.length > 0),
    sample(
      [real(2, 3), probability(2, 3), between(0.5, 2)(3)],
      (x, y, posWeight) => ops.binaryCrossEntropyWithLogits(x, y, { posWeight: posWeight }),
      'f32[]',
    ),
    sample(
      [between(-40, 40)(30), probability(30)],
      (x, y) => ops.binaryCrossEntropyWithLogits(x, y, { reduction: 'sum' }),
      'f32[]',
    ),
  ],
  crossEntropy: [
    ...indexed(ops.crossEntropy),
    ...probable(ops.crossEntropy),
    ...indexed((x, target, o) =>
      ops.crossEntropy(softmax(x, x.ndim > 1 ? 1 : 0), target, { ...o, input: 'probabilities' }),
    ),
    ...probable((x, target, o) => ops.crossEntropy(log(sigmoid(x)), target, { ...o, input: 'logProbabilities' })),
    sample([between(900, 1100)(3, 4)], x => ops.crossEntropy(x, int([0, 3, 1])), 'f32[]'),
  ],
  nllLoss: [
    ...indexed((x, target, o) => ops.nllLoss(logSoftmax(x, x.ndim > 1 ? 1 : 0), target, o)),
    ...probable(ops.nllLoss),
  ],
};
