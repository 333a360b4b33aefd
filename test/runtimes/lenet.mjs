/**
 * Trains LeNet-5 for 20 steps and prints its last loss with all its bits, and on how many threads: the same script in
 * every runtime.
 */
import { crossEntropy, doctor, Generator, optim, randint, randn, scope, threads } from 'phyllo';
import { lenet } from './model.mjs';

// All from the first step on.
await threads(doctor().threads.asked);

const from = { generator: new Generator(1998) };
const model = lenet(from);
const optimizer = new optim.SGD(model.parameters(), { lr: 0.15, momentum: 0.9 });
const [x, t] = [randn([64, 1, 28, 28], from), randint(0, 10, [64], from)];
const step = () => {
  optimizer.zeroGrad();
  const loss = crossEntropy(model.forward(x), t);
  loss.backward();
  optimizer.step();
  return loss.item();
};
const [first, ms] = [scope(step), performance.now()];
const value = Array.from({ length: 19 }, () => scope(step)).at(-1);
const bits = new DataView(new Float32Array([value]).buffer).getUint32(0, true).toString(16).padStart(8, '0');
const { binary, threads: computing } = doctor();
console.log(JSON.stringify({ binary, first, value, bits, ms, threads: computing }));
