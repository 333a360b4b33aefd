import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';

const {
  input,
  layers: [first, last],
} = JSON.parse(readFileSync(process.argv[2], 'utf8'));
await tf.setBackend('wasm');
const linear = (x, { weight, bias, k, c }) =>
  tf.add(tf.matMul(x, tf.tensor2d(weight, [k, c]), false, true), tf.tensor1d(bias));
const y = linear(tf.relu(linear(tf.tensor2d(input, [1, 16]), first)), last);
console.log(JSON.stringify([...y.dataSync()]));
