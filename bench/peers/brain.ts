/** brain.js: small networks in plain JavaScript, of one activation in all layers. */
import brain from 'brain.js';
import { NETS, parameters, samples } from '../nets';
import type { Library } from '../library';
import { dependencies } from './package.json';

export const library: Library = {
  version: dependencies['brain.js'],
  prepare: work => {
    if (work.kind !== 'latency' || work.net !== 'tiny') return 'it has multi-layer perceptrons only';
    const net = NETS[work.net];
    const linear = net.layers.flatMap(layer => (layer.op === 'linear' ? [layer] : []));
    const weights = parameters(net).filter(data => data !== null);
    const model = new brain.NeuralNetwork().fromJSON({
      sizes: [net.input[0]!, ...linear.map(({ k }) => k)],
      layers: [
        Object.fromEntries(Array.from({ length: net.input[0]! }, (_, i) => [i, {}])),
        ...linear.map(({ c, k }, layer) =>
          Object.fromEntries(
            Array.from({ length: k }, (_, node) => [
              node,
              {
                bias: weights[layer]!.bias[node]!,
                weights: { ...weights[layer]!.weight.subarray(node * c, (node + 1) * c) },
              },
            ]),
          ),
        ),
      ],
      outputLookup: false,
      inputLookup: false,
      activation: 'relu',
      trainOpts: {},
    });
    const input = samples(net, 1);
    let y: Float32Array | undefined;
    return {
      run: () => {
        y = model.run<Float32Array, Float32Array>(input);
      },
      result: () => y!,
    };
  },
};
