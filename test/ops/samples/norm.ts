/** Samples of normalisation. */
import type { Shape } from '../../../ts/core/shape';
import type { Tensor } from '../../../ts/core/tensor';
import { tensor } from '../../../ts/ops/creation';
import { full, zeros } from '../../../ts/ops/creation';
import * as ops from '../../../ts/ops/norm';
import type { LocalResponseNormOptions } from '../../../ts/ops/windows';
import { permute, t } from '../../../ts/ops/view';
import { between, int, real, sample, type Sample, type SamplesOf } from './sample';

type Affine = { readonly weight?: Tensor; readonly bias?: Tensor; readonly eps?: number };
/** With weights and biases of some shape, with one of them, and with none. */
function affine(x: Shape, w: Shape, f: (x: Tensor, options: Affine) => Tensor): readonly Sample[] {
  const y = `f32[${x.join()}]`;
  return [
    sample([real(...x), real(...w), real(...w)], (p, weight, bias) => f(p, { weight, bias }), y),
    sample([real(...x), real(...w)], (p, weight) => f(p, { weight, eps: 0.1 }), y),
    sample([real(...x), real(...w)], (p, bias) => f(p, { bias }), y),
    sample([real(...x)], p => f(p, {}), y),
  ];
}

/** Running statistics that are not those of the batch. */
const running = (n: number): [mean: Tensor, variance: Tensor] => [full([n], 0.25), full([n], 1.5)];
const trained = (x: Shape): readonly Sample[] =>
  affine(x, [x[1]!], (p, options) => ops.batchNorm(p, ...running(x[1]!), { ...options, training: true }));
const evaluated = (x: Shape): readonly Sample[] =>
  affine(x, [x[1]!], (p, options) => ops.batchNorm(p, ...running(x[1]!), options));
const layer = (x: Shape, over: Shape): readonly Sample[] =>
  affine(x, over, (p, options) => ops.layerNorm(p, over, options));
const group = (x: Shape, groups: number): readonly Sample[] =>
  affine(x, [x[1]!], (p, options) => ops.groupNorm(p, groups, options));
const response = (x: Shape, size: number, options?: LocalResponseNormOptions): Sample =>
  sample([real(...x)], p => ops.localResponseNorm(p, size, options), `f32[${x.join()}]`);

export const normSamples: SamplesOf<typeof ops> = {
  layerNorm: [
    sample([real(3, 4)], x => ops.layerNorm(x, 4), 'f32[3,4]'),
    ...layer([2, 3, 5], [5]),
    ...layer([2, 3, 4], [3, 4]),
    ...layer([7], [7]),
    ...layer([2, 67], [67]),
    sample([real(5, 3), real(5), real(5)], (x, weight, bias) => ops.layerNorm(t(x), 5, { weight, bias }), 'f32[3,5]'),
    sample([real(3, 1), real(1), real(1)], (x, weight, bias) => ops.layerNorm(x, 1, { weight, bias }), 'f32[3,1]'),
    sample([real(0, 4), real(4), real(4)], (x, weight, bias) => ops.layerNorm(x, 4, { weight, bias }), 'f32[0,4]'),
    sample([real(3, 0), real(0), real(0)], (x, weight, bias) => ops.layerNorm(x, 0, { weight, bias }), 'f32[3,0]'),
    sample([], () => ops.layerNorm(int([1, 2, 4, 8], [2, 2]), 2), 'f32[2,2]'),
  ],
  rmsNorm: [
    sample([real(3, 4)], x => ops.rmsNorm(x, 4), 'f32[3,4]'),
    sample([real(2, 3, 5), real(5)], (x, weight) => ops.rmsNorm(x, 5, { weight }), 'f32[2,3,5]'),
    sample([real(2, 3, 4), real(3, 4)], (x, weight) => ops.rmsNorm(x, [3, 4], { weight, eps: 0.1 }), 'f32[2,3,4]'),
    sample([real(3, 1), real(1)], (x, weight) => ops.rmsNorm(x, 1, { weight, eps: 0.1 }), 'f32[3,1]'),
    sample([real(0, 4), real(4)], (x, weight) => ops.rmsNorm(x, 4, { weight }), 'f32[0,4]'),
  ],
  groupNorm: [
    sample([real(2, 4, 3)], x => ops.groupNorm(x, 2), 'f32[2,4,3]'),
    ...group([2, 6, 3, 2], 2),
    ...group([2, 6, 3, 2], 1),
    ...group([1, 3, 5], 3),
    ...group([3, 6], 2),
    ...group([2, 10], 2),
    sample(
      [real(2, 3, 2, 4), real(4), real(4)],
      (x, weight, bias) => ops.groupNorm(permute(x, [0, 3, 1, 2]), 2, { weight, bias }),
      'f32[2,4,3,2]',
    ),
    sample([real(0, 4, 2), real(4)], (x, weight) => ops.groupNorm(x, 2, { weight }), 'f32[0,4,2]'),
  ],
  instanceNorm: [
    sample([real(2, 3, 4)], x => ops.instanceNorm(x), 'f32[2,3,4]'),
    sample(
      [real(2, 3, 4, 2), real(3), real(3)],
      (x, weight, bias) => ops.instanceNorm(x, null, null, { weight, bias, eps: 0.1 }),
      'f32[2,3,4,2]',
    ),
    sample(
      [real(2, 3, 4)],
      x => ops.instanceNorm(x, tensor([1, 0, -1]), tensor([1, 2, 3]), { useInputStats: false }),
      'f32[2,3,4]',
    ),
    sample([real(0, 3, 4)], x => ops.instanceNorm(x), 'f32[0,3,4]'),
  ],
  batchNorm: [
    sample([real(4, 3)], x => ops.batchNorm(x, null, null, { training: true }), 'f32[4,3]'),
    ...trained([2, 3, 4, 2]),
    ...trained([3, 2, 5]),
    ...trained([5, 6]),
    ...trained([1, 2, 3, 3]),
    ...evaluated([2, 3, 4, 2]),
    ...evaluated([5, 6]),
    sample(
      [real(2, 3, 2, 4), real(4), real(4)],
      (x, weight, bias) => ops.batchNorm(permute(x, [0, 3, 1, 2]), null, null, { training: true, weight, bias }),
      'f32[2,4,3,2]',
    ),
    sample([real(1, 3)], x => ops.batchNorm(x, ...running(3)), 'f32[1,3]'),
    sample([real(0, 3)], x => ops.batchNorm(x, ...running(3), { training: true }), 'f32[0,3]'),
    sample([real(0, 3), real(3)], (x, weight) => ops.batchNorm(x, ...running(3), { weight }), 'f32[0,3]'),
    sample([real(2, 1)], x => ops.batchNorm(x, zeros([1]), zeros([1]), { training: true, eps: 0.5 }), 'f32[2,1]'),
  ],
  localResponseNorm: [
    response([2, 5, 2, 3], 3, { alpha: 0.5 }),
    response([2, 5, 2, 3], 4, { alpha: 0.5, beta: 0.5, k: 2 }),
    response([2, 5, 2, 3], 4, { alpha: 0.5, beta: 0.5, k: 2, of: 'sum' }),
    response([1, 7, 2], 5, { alpha: 0.5, beta: 1, of: 'sum' }),
    response([2, 3], 9, { alpha: 0.5 }),
    response([2, 1, 2, 2], 2, { alpha: 0.5 }),
    response([1, 3, 2, 2], 1),
    response([0, 3, 2], 3),
    sample(
      [between(0.1, 2)(1, 2, 2, 4)],
      x => ops.localResponseNorm(permute(x, [0, 3, 1, 2]), 5, { alpha: 1, k: 2, of: 'sum' }),
      'f32[1,4,2,2]',
    ),
  ],
};
