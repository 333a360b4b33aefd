import { readFileSync } from 'node:fs';
import { nn, noGrad, tensor } from 'phyllo';

const {
  input,
  layers: [first, last],
} = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const model = new nn.Sequential(new nn.Linear(16, 32), new nn.ReLU(), new nn.Linear(32, 4));
model.parameters().forEach((p, i) => p.set([first.weight, first.bias, last.weight, last.bias][i]));
const y = noGrad(() => model.forward(tensor(input, { shape: [1, 16] })).toArray());
console.log(JSON.stringify([...y]));
