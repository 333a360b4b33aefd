import { readFileSync } from 'node:fs';
import convnet from 'convnetjs';

const { input, layers } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const net = new convnet.Net();
net.makeLayers([
  { type: 'input', out_sx: 1, out_sy: 1, out_depth: 16 },
  { type: 'fc', num_neurons: 32 },
  { type: 'relu' },
  { type: 'fc', num_neurons: 4 },
]);
[net.layers[1], net.layers[3]].forEach((layer, i) => {
  const { weight, bias, c } = layers[i];
  layer.filters.forEach((filter, k) => filter.w.set(weight.slice(k * c, (k + 1) * c)));
  layer.biases.w.set(bias);
});
console.log(JSON.stringify([...net.forward(new convnet.Vol(input)).w]));
