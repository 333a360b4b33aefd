/**
 * What captured training steps take of memory: `npx tsx bench/memory.ts [net...]` prints, in MiB, the parameters, the
 * plan's arena and the least that any arena could take, and the most that tensors took over three steps.
 */
import { argv } from 'node:process';
import { pathToFileURL } from 'node:url';
import { capture, crossEntropy, keep, memory, nn, optim, scope, tensor, type Captured, type Tensor } from 'phyllo';
import { build } from './groups/nets';
import { NETS, samples, type NetName } from './nets';
import { labels, values } from './values';

/** A training step, not yet traced. */
export interface Case {
  readonly parameters: readonly Tensor[];
  readonly step: Captured<[x: Tensor, t: Tensor], Tensor>;
  readonly args: readonly [x: Tensor, t: Tensor];
}

/** SGD with momentum and cross-entropy over the last dimension. */
function training(model: nn.Layer, x: Tensor, classes: number, targets: number): Case {
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.01, momentum: 0.9 });
  const step = capture((x: Tensor, t: Tensor) => {
    optimizer.zeroGrad();
    const loss = crossEntropy(model.forward(x), t);
    loss.backward();
    optimizer.step();
    return loss;
  });
  return { parameters: model.parameters(), step, args: [keep(x), keep(tensor(labels(targets, classes, 1)))] };
}

function feedForward(name: NetName, batch: number): Case {
  const net = NETS[name];
  const last = net.layers.at(-1)!;
  const classes = last.op === 'linear' ? last.k : 1;
  return training(build(net), tensor(samples(net, batch), { shape: [batch, ...net.input] }), classes, batch);
}

/** A language model of characters: 64 steps of 32 texts. */
class CharacterModel extends nn.Layer {
  readonly embedding = new nn.Embedding(65, 64);
  readonly lstm = new nn.LSTM(64, 256);
  readonly head = new nn.Linear(256, 65);
  forward(text: Tensor): Tensor {
    return this.head.forward(this.lstm.forward(this.embedding.forward(text))[0]).flatten(0, 1);
  }
}

const norm = (c: number, k: number, kernel: number, stride: number): nn.Layer[] => [
  new nn.Conv2d(c, k, kernel, { stride, padding: kernel >> 1, bias: false }),
  new nn.BatchNorm2d(k),
];
/** Two convolutions, and what they are given beside them (He et al. 2016). */
class Block extends nn.Layer {
  readonly body: nn.Sequential;
  readonly beside: nn.Sequential;
  constructor(c: number, k: number, stride: number) {
    super();
    this.body = new nn.Sequential(...norm(c, k, 3, stride), new nn.ReLU(), ...norm(k, k, 3, 1));
    this.beside = new nn.Sequential(...(c === k ? [] : norm(c, k, 1, stride)));
  }
  forward(x: Tensor): Tensor {
    return this.body.forward(x).add(this.beside.forward(x)).relu();
  }
}
const resnet20 = (): nn.Sequential =>
  new nn.Sequential(
    ...norm(3, 16, 3, 1),
    new nn.ReLU(),
    ...[16, 32, 64].flatMap((k, i) =>
      [0, 1, 2].map(j => (j === 0 && i > 0 ? new Block(k / 2, k, 2) : new Block(k, k, 1))),
    ),
    new nn.AdaptiveAvgPool2d(1),
    new nn.Flatten(),
    new nn.Linear(64, 10),
  );

export const CASES: Readonly<Record<string, () => Case>> = {
  'mlp, 64 samples': () => feedForward('mlp', 64),
  'lenet, 64 samples': () => feedForward('lenet', 64),
  'character LSTM, 32 × 64': () => {
    const text = tensor(labels(64 * 32, 65, 2), { shape: [64, 32] });
    return training(new CharacterModel(), text, 65, 64 * 32);
  },
  'resnet-20, 16 images of 32²': () =>
    training(resnet20(), tensor(values(16 * 3 * 32 * 32, 1), { shape: [16, 3, 32, 32] }), 10, 16),
  'alexnet, 8 images of 224²': () => feedForward('alexnet', 8),
};

const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(1).padStart(9);

if (import.meta.url === pathToFileURL(argv[1] ?? '').href) {
  console.log(`${'MiB'.padEnd(28)}parameters    arena    least     peak`);
  const wanted = argv.slice(2);
  for (const [name, make] of Object.entries(CASES)) {
    if (wanted.length > 0 && !wanted.some(w => name.includes(w))) continue;
    const { step, args, parameters } = make();
    memory({ resetPeak: true });
    for (let i = 0; i < 3; i++) scope(() => void step(...args));
    const { bytes, bound } = step.plans[0]!.program.memory;
    const own = parameters.reduce((n, p) => n + 4 * p.size, 0);
    console.log(`${name.padEnd(28)} ${mib(own)}${mib(bytes)}${mib(bound)}${mib(memory().peak)}`);
    step.dispose();
  }
}
