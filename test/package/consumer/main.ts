/** A user's strict project: it has to compile against the packed types alone. What must not compile is marked so. */
import {
  maxPool2d,
  conv2d,
  arange,
  copy_,
  backendName,
  concat,
  crossEntropy,
  DataLoader,
  decodeSafetensors,
  defineDataset,
  encodeSafetensors,
  eye,
  Generator,
  grad,
  gradients,
  keep,
  manualSeed,
  memory,
  metrics,
  nn,
  noGrad,
  optim,
  PhylloError,
  randn,
  randomSplit,
  readIdx,
  scope,
  ShapeError,
  stack,
  type Tensor,
  tensor,
  TensorDataset,
  valueAndGrad,
  where,
  WorkerError,
  writeIdx,
  zeros,
  type DType,
  type Operand,
  type Shape,
  type TensorData,
} from 'phyllo';
import { TensorDataset as SameDataset } from 'phyllo/data';
import { FileError, load, type Net, type Outputs } from 'phyllo/edge';
import { readIdx as sameReadIdx } from 'phyllo/io';
import { accuracy } from 'phyllo/metrics';
import { init, Linear } from 'phyllo/nn';
import { Optimizer, SGD, type Defaults, type ParamGroup } from 'phyllo/optim';

/** A layer of one's own. */
class Residual extends nn.Layer {
  readonly inner: nn.Sequential;
  readonly scale: nn.Parameter = new nn.Parameter(tensor([1]));

  constructor(channels: number, generator: Generator) {
    super();
    this.inner = new nn.Sequential(
      new nn.Conv2d(channels, channels, [3, 3], { padding: 'same', bias: false, generator }),
      new nn.ReLU(),
      new nn.Dropout(0.1),
    );
    nn.init.kaimingNormal(
      tensor([
        [1, 2],
        [3, 4],
      ]),
    );
  }

  forward(x: Tensor): Tensor {
    return x.add(this.inner.forward(x).mul(this.scale));
  }
}

export function train(images: Tensor, labels: Tensor): number[][] {
  manualSeed(1);
  const generator = new Generator(2);
  const model = new nn.Sequential(
    new nn.Conv2d(1, 8, 3),
    new Residual(8, generator),
    new nn.MaxPool2d(2),
    new nn.Flatten(),
    new nn.Linear(8, 10),
  );
  const summary: string = nn.summary(model, [1, 1, 28, 28]);
  const [training, rest] = randomSplit(new TensorDataset(images, labels), [0.8, 0.2]);
  const loader = new DataLoader(training, { batchSize: 32, shuffle: true, seed: summary.length });
  const optimizer = new optim.AdamW(model.parameters(), { lr: 1e-3, weightDecay: 0.01 });
  const schedule = new optim.CosineAnnealingLR(optimizer, loader.length);
  const confusion = new metrics.ConfusionMatrix(10);
  for (const [x, t] of loader) {
    optimizer.zeroGrad();
    const logits: Tensor = model.forward(x);
    const loss = crossEntropy(logits, t, { labelSmoothing: 0.1 });
    loss.backward();
    optim.clipGradNorm(model.parameters(), 1);
    optimizer.step();
    schedule.step();
    const right: number = logits.argmax(1).eq(t).sum().item();
    confusion.update(t, logits.argmax(1));
    if (Number.isNaN(right + rest.length)) throw new ShapeError('train', 'diverged');
  }
  const bytes: Uint8Array = encodeSafetensors(model.stateDict(), { format: 'pt' });
  const { missingKeys } = model.eval().loadStateDict(decodeSafetensors(bytes).tensors, { strict: false });
  return missingKeys.length > 0 ? [] : metrics.confusionMatrix(labels, labels, 10);
}

export async function fromWorkers(): Promise<TensorData[]> {
  const noise = defineDataset('file:///noise.js', (n: number) => ({
    length: n,
    names: ['noise'],
    get: i => [tensor([i, i]), tensor(i)],
  }));
  const data = noise(8);
  const all: TensorData[] = [];
  using loader = new DataLoader(data, { batchSize: data.names.length, workers: 2, prefetch: 3 });
  try {
    for await (const [x, t] of loader) all.push(x.mul(t).toArray());
  } catch (e) {
    if (!(e instanceof WorkerError) || e.sample === null) throw e;
  }
  return all;
}

export function methods(x: Tensor, w: Tensor, b: Tensor | null): TensorData {
  const y: Tensor = maxPool2d(conv2d(x, w, b, { stride: [1, 2], padding: 1, groups: 2 }).relu(), 2);
  const [values, indices] = y.max(1);
  const each: Tensor[] = values.split(1, 0);
  const joined = concat([stack(each), zeros([1, 2], { dtype: 'i32' })], 0);
  const shape: Shape = joined.shape;
  const dtype: DType = indices.dtype;
  const chosen = where(joined.gt(0), joined, 0).gather(0, indices.to('i32'));
  const least: Operand = chosen.sum(-1, { keepdim: true }).mean().sub(1).clamp(0, 1);
  const t = crossEntropy(chosen, arange(3).to(dtype))
    .add(least)
    .reshape([...shape, -1])
    .transpose(0, 1)
    .softmax(-1);
  using freed = keep(t.detach());
  return freed.toArray();
}

export async function derivatives(x: Tensor): Promise<number> {
  const f = (v: Tensor): Tensor => v.pow(3).sum();
  const [value, slope] = valueAndGrad(f)(x);
  const curvature = grad((v: Tensor) => grad(f)(v).sum())(x);
  const [dx] = gradients(value, [x], { createGraph: true });
  x.requiresGrad = true;
  value.backward({ retainGraph: true });
  const gradient: Tensor | null = x.grad;
  const bytes: number = memory({ resetPeak: true }).bytes;
  const total = noGrad(() =>
    scope(() =>
      slope
        .add(curvature)
        .add(dx ?? 0)
        .matmul(eye(2))
        .add(randn([2, 2]))
        .item(),
    ),
  );
  const idx = readIdx(writeIdx(x.to('u8')), backendName());
  return total + bytes + (gradient?.size ?? 0) + (await idx.data()).length;
}

/** The packages have the same classes and functions as phyllo, and their tensors the same methods. */
export function packages(x: Tensor, labels: Tensor): number {
  const layer: nn.Linear = new Linear(2, 3);
  init.zeros(layer.weight);
  const optimizer: optim.SGD = new SGD(layer.parameters(), { lr: 0.1 });
  layer.forward(x).relu().sum().backward();
  optimizer.step();
  const same: TensorDataset<[Tensor, Tensor]> = new SameDataset(x, labels);
  const read: typeof readIdx = sameReadIdx;
  return accuracy(layer.forward(x), labels) + same.length + read.length;
}

interface SignOptions {
  readonly lr?: number;
  readonly weightDecay?: number;
}
/** An optimiser of one's own. */
class SignSGD extends Optimizer<SignOptions> {
  protected defaults(): Defaults<SignOptions> {
    return { lr: 0.01, weightDecay: { default: 0, low: 0 } };
  }
  protected update(p: Tensor, g: Tensor, group: ParamGroup<SignOptions>): void {
    const d = g.add(p.mul(group.options.weightDecay));
    copy_(p, p.sub(d.sign().mul(group.tensor('lr'))));
  }
}
export function own(model: nn.Module): number {
  const optimizer: SignSGD = new SignSGD(model.parameters(), { weightDecay: 0.1 });
  new optim.ExponentialLR(optimizer, 0.9).step();
  optimizer.step();
  return optimizer.lr;
}

export async function atTheEdge(bytes: Uint8Array): Promise<number> {
  try {
    const net: Net = await load(bytes);
    const named: Outputs = net.run({ input: Float32Array.of(1, 2) });
    return net.run([1, 2]).length + Object.keys(named).length + (net.inputs[0]?.shape.length ?? 0);
  } catch (error) {
    if (error instanceof FileError) return 0;
    throw error;
  }
}

export function mistakes(x: Tensor, model: nn.Module): string {
  // @ts-expect-error: a number or options, not text
  conv2d(x, x, null, 'two');
  // @ts-expect-error: no such method
  x.convolve(x);
  // @ts-expect-error: no such element type
  x.to('float');
  // @ts-expect-error: strings are no numbers
  tensor(['one']);
  // @ts-expect-error: shapes are read-only
  x.shape[0] = 1;
  // @ts-expect-error: a learning rate is needed
  new optim.SGD(model.parameters(), { momentum: 0.9 });
  // @ts-expect-error: it is needed at all
  new optim.SGD(model.parameters());
  // @ts-expect-error: no layer
  new nn.Sequential(x);
  try {
    return x.toString();
  } catch (error) {
    return error instanceof PhylloError ? error.where : '';
  }
}
