import { readFileSync } from 'node:fs';
import brain from 'brain.js';

const { input, layers } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const nodes = ({ weight, bias, c, k }) =>
  Array.from({ length: k }, (_, i) => ({
    bias: bias[i],
    weights: { ...weight.slice(i * c, (i + 1) * c) },
  }));
const net = new brain.NeuralNetwork().fromJSON({
  sizes: [16, 32, 4],
  activation: 'relu',
  inputLookup: false,
  outputLookup: false,
  trainOpts: {},
  layers: [{ ...input.map(() => ({})) }, ...layers.map(layer => ({ ...nodes(layer) }))],
});
console.log(JSON.stringify([...net.run(input)]));
