/** Saves LeNet-5 as a plan for edge.mjs, and prints what the plan gives where it was made. */
import { backendName, capture, Generator, tensor } from 'phyllo';
import { digit, print } from './digit.mjs';
import { lenet } from './model.mjs';

const model = lenet({ generator: new Generator(1998) });
const x = tensor(digit, { shape: [1, 1, 28, 28] });
const f = capture(x => model.forward(x));
await f.plan(x).save('lenet.phyllo');
print(backendName(), f(x).toArray());
