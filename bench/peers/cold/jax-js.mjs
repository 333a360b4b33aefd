import { readFileSync } from 'node:fs';
import { defaultDevice, init, nn, numpy as np } from '@jax-js/jax';

const {
  input,
  layers: [first, last],
} = JSON.parse(readFileSync(process.argv[2], 'utf8'));
// It looks for a GPU there, and Node 20 has none of it.
if (!('navigator' in globalThis)) globalThis.navigator = {};
await init('wasm');
defaultDevice('wasm');
const array = (data, shape) => np.array(Float32Array.from(data), { shape });
const linear = (x, { weight, bias, k, c }) => np.matmul(x, np.transpose(array(weight, [k, c]))).add(array(bias, [k]));
const y = linear(nn.relu(linear(array(input, [1, 16]), first)), last);
console.log(JSON.stringify([...y.dataSync()]));
