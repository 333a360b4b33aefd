/** Samples of activation functions that are made of other ops. */
import type { Tensor } from '../../../ts/core/tensor';
import * as ops from '../../../ts/ops/activations';
import { tensor } from '../../../ts/ops/creation';
import { Generator, type SourceOptions } from '../../../ts/ops/generator';
import { t } from '../../../ts/ops/view';
import { unary } from './elementwise';
import { between, betweenQuarters, bool, fractional, int, nonzero, real, sample, type SamplesOf } from './sample';

/** With a generator of its own, so that it is a function of x. */
function drawing(f: (options: SourceOptions) => Tensor): Tensor {
  const generator = new Generator(7);
  const y = f({ generator });
  generator.state.dispose();
  return y;
}

export const activationSamples: SamplesOf<typeof ops> = {
  hardtanh: [
    ...unary(x => ops.hardtanh(x), betweenQuarters),
    sample([fractional(20)], x => ops.hardtanh(x, -0.5, 2), 'f32[20]'),
  ],
  relu6: [...unary(ops.relu6, nonzero), sample([], () => ops.relu6(tensor([5.5, 6, 6.5])), 'f32[3]')],
  hardsigmoid: [
    ...unary(ops.hardsigmoid, real),
    sample([between(-5, -3.25)(3)], ops.hardsigmoid, 'f32[3]'),
    sample([between(3.25, 9)(3)], ops.hardsigmoid, 'f32[3]'),
  ],
  hardswish: [
    ...unary(ops.hardswish, real, [0, -0, Infinity, NaN]),
    sample([between(-5, -3.25)(3)], ops.hardswish, 'f32[3]'),
    sample([between(3.25, 9)(3)], ops.hardswish, 'f32[3]'),
  ],
  selu: unary(ops.selu, nonzero),
  celu: [
    ...unary(x => ops.celu(x), nonzero),
    ...unary(x => ops.celu(x, 0.5), nonzero),
    sample([nonzero(9)], x => ops.celu(x, -2), 'f32[9]'),
  ],
  mish: [...unary(ops.mish, real, [0, -0, Infinity, NaN]), sample([between(-20, 20)(20)], ops.mish, 'f32[20]')],
  logsigmoid: [...unary(ops.logsigmoid, real), sample([between(-30, 30)(20)], ops.logsigmoid, 'f32[20]')],
  softplus: [
    ...unary(x => ops.softplus(x), real),
    sample([between(-30, 30)(20)], x => ops.softplus(x), 'f32[20]'),
    ...unary(x => ops.softplus(x, 2, 1), betweenQuarters),
  ],
  tanhshrink: unary(ops.tanhshrink, real, [0, -0, NaN]),
  softshrink: [...unary(x => ops.softshrink(x), betweenQuarters), ...unary(x => ops.softshrink(x, 1), betweenQuarters)],
  hardshrink: [
    ...unary(x => ops.hardshrink(x), betweenQuarters),
    ...unary(x => ops.hardshrink(x, 1), betweenQuarters),
    sample([real(7)], x => ops.hardshrink(x, -1), 'f32[7]'),
  ],
  threshold: unary(x => ops.threshold(x, 0.5, -3), betweenQuarters),
  softmin: [
    sample([real(3, 4)], x => ops.softmin(x), 'f32[3,4]'),
    sample([real(3, 4)], x => ops.softmin(x, 0), 'f32[3,4]'),
  ],
  glu: [
    sample([real(3, 4)], x => ops.glu(x), 'f32[3,2]'),
    sample([real(4, 3)], x => ops.glu(x, 0), 'f32[2,3]'),
    sample([real(4, 3, 2)], x => ops.glu(x, -3), 'f32[2,3,2]'),
    sample([real(3, 0)], x => ops.glu(x), 'f32[3,0]'),
    sample([], () => ops.glu(int([1, 2, 3, 4])), 'f32[2]'),
  ],
  prelu: [
    sample([nonzero(3, 4), real(1)], ops.prelu, 'f32[3,4]'),
    sample([nonzero(3, 4), real(4)], ops.prelu, 'f32[3,4]'),
    sample([nonzero(2, 3, 4), real(3)], ops.prelu, 'f32[2,3,4]'),
    sample([nonzero(3), real()], ops.prelu, 'f32[3]'),
    sample([nonzero(), real(1)], ops.prelu, 'f32[]'),
    sample([nonzero(4, 3), real(4)], (x, w) => ops.prelu(t(x), w), 'f32[3,4]'),
    sample([real(2)], w => ops.prelu(int([1, -2, 3, -4], [2, 2]), w), 'f32[2,2]'),
  ],
  rrelu: [
    ...unary(x => ops.rrelu(x), nonzero),
    sample([nonzero(3, 4)], x => ops.rrelu(x, 0.5, 0.75), 'f32[3,4]'),
    sample([nonzero(3, 4)], x => drawing(o => ops.rrelu(x, 0.5, 1, { ...o, training: true })), 'f32[3,4]'),
    sample([], () => drawing(o => ops.rrelu(int([-1, 2]), 0.5, 1, { ...o, training: true })), 'f32[2]'),
  ],
  gumbelSoftmax: [
    sample([real(3, 4)], x => drawing(o => ops.gumbelSoftmax(x, o)), 'f32[3,4]'),
    sample([real(3, 4)], x => drawing(o => ops.gumbelSoftmax(x, { ...o, tau: 2, dim: 0 })), 'f32[3,4]'),
    sample([], () => drawing(o => ops.gumbelSoftmax(tensor([[1, 2, 30]]), { ...o, hard: true })), 'f32[1,3]'),
    sample([], () => drawing(o => ops.gumbelSoftmax(bool([1, 0, 1]), o)), 'f32[3]'),
    sample([real(2, 0)], x => drawing(o => ops.gumbelSoftmax(x, { ...o, hard: true })), 'f32[2,0]'),
  ],
};
