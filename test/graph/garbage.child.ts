/**
 * Measures what a captured training step of LeNet costs beside its kernels: bytes of JavaScript's heap that a step
 * allocates, and of the linear memory. Prints JSON; garbage.test.ts says with which options it runs.
 */
import { getHeapStatistics } from 'node:v8';
import { capture, crossEntropy, Generator, keep, memory, nn, optim, randint, randn, scope, type Tensor } from 'phyllo';

const generator = new Generator(1);
const from = { generator };
const model = new nn.Sequential(
  new nn.Conv2d(1, 2, 3, { padding: 1, ...from }),
  new nn.ReLU(),
  new nn.MaxPool2d(2),
  new nn.Conv2d(2, 3, 3, from),
  new nn.ReLU(),
  new nn.MaxPool2d(2),
  new nn.Flatten(),
  new nn.Linear(12, 10, from),
  new nn.ReLU(),
  new nn.Linear(10, 8, from),
  new nn.ReLU(),
  new nn.Linear(8, 4, from),
);
const optimizer = new optim.SGD(model.parameters(), { lr: 0.01, momentum: 0.9 });
const x = keep(randn([2, 1, 12, 12], { generator }));
const t = keep(randint(0, 4, [2], { generator }));

function train(x: Tensor, t: Tensor): Tensor {
  optimizer.zeroGrad();
  const loss = crossEntropy(model.forward(x), t);
  loss.backward();
  optimizer.step();
  return loss;
}
const silent = capture((x: Tensor, t: Tensor) => void train(x, t));
const answering = capture(train);

/** Bytes that a step allocates on the heap, once it is compiled. No collection may come in between, and no audit does: calls 16,384 and 32,768. */
function perStep(step: () => void, steps: number): number {
  globalThis.gc!();
  for (let i = 0; i < 17_000; i++) step();
  const before = getHeapStatistics().used_heap_size;
  for (let i = 0; i < steps; i++) step();
  return (getHeapStatistics().used_heap_size - before) / steps;
}

silent(x, t);
const before = memory({ resetPeak: true });
const alone = perStep(() => silent(x, t), 10_000);
const after = memory();
const loss = perStep(() => scope(() => void answering(x, t)), 10_000);
console.log(
  JSON.stringify({
    heap: { silent: alone, loss },
    linear: { before, after },
    plans: [silent.plans.length, answering.plans.length],
  }),
);
