import { nn, type Tensor } from 'phyllo';
import type * as normalization from '../../../ts/nn/normalization';
import type * as running from '../../../ts/nn/running';
import { changed, expectEach, moments, noise, read, readOr0, sum, type At, type Rows } from './naive';

type BatchNorm = nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d;
/** x [n, 3, …], as [n, 3, places]: by the batch's statistics in training, then by the running ones. */
function batchNorm(layer: BatchNorm, x: Tensor): void {
  const { shape } = x;
  const [n, places] = [shape[0]!, x.size / shape[0]! / 3];
  const at = read(x.reshape([n, 3, places]));
  const [w, b] = [read(layer.weight!), read(layer.bias!)];
  const [mean, variance] = [read(layer.running_mean!), read(layer.running_var!)];
  const m = n * places;
  const of = (c: number): { mean: number; variance: number } =>
    moments(m, k => at(Math.floor(k / places), c, k % places));
  const flat = (y: Tensor): Tensor => y.reshape([n, 3, places]);
  expectEach(flat(layer.forward(x)), [n, 3, places], (i, c, p) => {
    const batch = of(c!);
    return b(c!) + (w(c!) * (at(i!, c!, p!) - batch.mean)) / Math.sqrt(batch.variance + 0.01);
  });
  const after: At = c => 0.75 * mean(c!) + 0.25 * of(c!).mean;
  const spread: At = c => 0.75 * variance(c!) + (0.25 * of(c!).variance * m) / (m - 1);
  expectEach(layer.running_mean!, [3], after);
  expectEach(layer.running_var!, [3], spread);
  layer.eval();
  expectEach(flat(layer.forward(x)), [n, 3, places], (i, c, p) => {
    return b(c!) + (w(c!) * (at(i!, c!, p!) - after(c!))) / Math.sqrt(spread(c!) + 0.01);
  });
}
const BATCH = { eps: 0.01, momentum: 0.25 };

function layerNorm(bias: boolean): void {
  const layer = changed(new nn.LayerNorm([3, 4], { eps: 0.1, bias }));
  const x = noise(5, 3, 4).add(2);
  const [at, w, b] = [read(x), read(layer.weight!), readOr0(layer.bias)];
  expectEach(layer.forward(x), [5, 3, 4], (n, i, j) => {
    const { mean, variance } = moments(12, k => at(n!, Math.floor(k / 4), k % 4));
    return b(i!, j!) + (w(i!, j!) * (at(n!, i!, j!) - mean)) / Math.sqrt(variance + 0.1);
  });
}

function rmsNorm(affine: boolean): void {
  const layer = changed(new nn.RMSNorm(4, { eps: 0.1, elementwiseAffine: affine }));
  const x = noise(2, 3, 4).add(2);
  const [at, w] = [read(x), layer.weight ? read(layer.weight) : () => 1];
  expectEach(layer.forward(x), [2, 3, 4], (n, i, j) => {
    return (w(j!) * at(n!, i!, j!)) / Math.sqrt(sum(4, k => at(n!, i!, k) ** 2) / 4 + 0.1);
  });
}

function groupNorm(): void {
  const layer = changed(new nn.GroupNorm(2, 6, { eps: 0.1 }));
  const x = noise(2, 6, 5).add(2);
  const [at, w, b] = [read(x), read(layer.weight!), read(layer.bias!)];
  expectEach(layer.forward(x), [2, 6, 5], (n, c, i) => {
    const first = c! < 3 ? 0 : 3;
    const { mean, variance } = moments(15, k => at(n!, first + Math.floor(k / 5), k % 5));
    return b(c!) + (w(c!) * (at(n!, c!, i!) - mean)) / Math.sqrt(variance + 0.1);
  });
}

/** x [n, 3, places] or without the batch, as `flat` makes it of what the layer takes and gives. */
function instanceNorm(layer: nn.InstanceNorm1d | nn.InstanceNorm2d | nn.InstanceNorm3d, x: Tensor): void {
  const flat = (t: Tensor): Tensor => t.reshape([-1, 3, places]);
  const batched = x.shape[0] === 2;
  const places = x.size / 3 / (batched ? 2 : 1);
  const at = read(flat(x));
  const [w, b] = [layer.weight ? read(layer.weight) : () => 1, readOr0(layer.bias)];
  const [mean, variance] = [layer.running_mean, layer.running_var];
  const [before, spread] = [readOr0(mean), readOr0(variance)];
  const of = (n: number, c: number): { mean: number; variance: number } => moments(places, k => at(n, c, k));
  const expected: At = (n, c, i) =>
    b(c!) + (w(c!) * (at(n!, c!, i!) - of(n!, c!).mean)) / Math.sqrt(of(n!, c!).variance + 0.1);
  const shape = [batched ? 2 : 1, 3, places];
  expectEach(flat(layer.forward(x)), shape, expected);
  if (!mean || !variance) {
    expectEach(flat(layer.eval().forward(x)), shape, expected);
    return;
  }
  const n = shape[0]!;
  expectEach(mean, [3], c => 0.75 * before(c!) + 0.25 * (sum(n, k => of(k, c!).mean) / n));
  const unbiased = places / (places - 1);
  expectEach(variance, [3], c => 0.75 * spread(c!) + 0.25 * unbiased * (sum(n, k => of(k, c!).variance) / n));
  const [m, v] = [read(mean), read(variance)];
  expectEach(flat(layer.eval().forward(x)), shape, (k, c, i) => {
    return b(c!) + (w(c!) * (at(k!, c!, i!) - m(c!))) / Math.sqrt(v(c!) + 0.1);
  });
}

/** Running statistics that are the means of those of all batches. */
function cumulative(): void {
  const layer = new nn.BatchNorm1d(3, { momentum: null });
  const xs = [noise(4, 3), noise(5, 3), noise(6, 3)];
  for (const x of xs) layer.forward(x);
  const means = xs.map(x => read(x.mean(0)));
  expectEach(layer.running_mean!, [3], c => sum(3, k => means[k]!(c!)) / 3);
  const spreads = xs.map(x => read(x.variance(0)));
  expectEach(layer.running_var!, [3], c => sum(3, k => spreads[k]!(c!)) / 3);
}
/** Without running statistics, evaluation is by the batch, too. */
function untracked(): void {
  const layer = new nn.BatchNorm1d(3, 1e-5, 0.1, false, false);
  const x = noise(4, 3);
  const y = layer.forward(x);
  expectEach(layer.eval().forward(x), [4, 3], read(y));
  expectEach(y.mean(0), [3], () => 0);
}

function localResponseNorm(of: 'mean' | 'sum'): void {
  const layer = new nn.LocalResponseNorm(3, { alpha: 0.5, beta: 0.6, k: 2, of });
  const x = noise(2, 5, 4);
  const at = read(x);
  expectEach(layer.forward(x), [2, 5, 4], (n, c, i) => {
    const near = sum(3, k => at(n!, c! + k - 1, i!) ** 2);
    return at(n!, c!, i!) / (2 + 0.5 * (of === 'mean' ? near / 3 : near)) ** 0.6;
  });
}

export const NORMS: Readonly<Record<keyof typeof normalization | keyof typeof running, Rows>> = {
  BatchNorm1d: [
    () => batchNorm(changed(new nn.BatchNorm1d(3, BATCH)), noise(6, 3).add(1)),
    () => batchNorm(changed(new nn.BatchNorm1d(3, BATCH)), noise(4, 3, 5).add(1)),
    cumulative,
    untracked,
  ],
  BatchNorm2d: [() => batchNorm(changed(new nn.BatchNorm2d(3, BATCH)), noise(2, 3, 4, 5).add(1))],
  BatchNorm3d: [() => batchNorm(changed(new nn.BatchNorm3d(3, 0.01, 0.25)), noise(2, 3, 2, 4, 3).add(1))],
  LayerNorm: [() => layerNorm(true), () => layerNorm(false)],
  RMSNorm: [() => rmsNorm(true), () => rmsNorm(false)],
  GroupNorm: [groupNorm],
  InstanceNorm1d: [
    () => instanceNorm(changed(new nn.InstanceNorm1d(3, 0.1, 0.25, true, true)), noise(2, 3, 7).add(2)),
    () => instanceNorm(new nn.InstanceNorm1d(3, { eps: 0.1 }), noise(3, 7).add(2)),
  ],
  InstanceNorm2d: [
    () => instanceNorm(new nn.InstanceNorm2d(3, { eps: 0.1 }), noise(2, 3, 4, 5).add(2)),
    () => instanceNorm(changed(new nn.InstanceNorm2d(3, { eps: 0.1, affine: true })), noise(2, 3, 4, 5).add(2)),
  ],
  InstanceNorm3d: [
    () =>
      instanceNorm(
        changed(new nn.InstanceNorm3d(3, { eps: 0.1, momentum: 0.25, trackRunningStats: true })),
        noise(2, 3, 2, 3, 2).add(2),
      ),
  ],
  LocalResponseNorm: [() => localResponseNorm('mean'), () => localResponseNorm('sum')],
};
