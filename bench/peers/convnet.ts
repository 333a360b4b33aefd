/** convnetjs: one sample at a time, in plain JavaScript. Volumes count channels last. */
import convnet from 'convnetjs';
import type { Latency } from '../groups/latency';
import type { Train } from '../groups/train';
import type { Library } from '../library';
import { type Net, NETS, parameters, samples } from '../nets';
import type { Task } from '../row';
import { labels } from '../values';
import { dependencies } from './package.json';
import { NCHW_TO_NHWC, permute } from './permute';

const shapeOf = ({ input }: Net): [c: number, h: number, w: number] =>
  input.length === 1 ? [input[0]!, 1, 1] : [input[0]!, input[1]!, input[2]!];

/** A sample as a volume. */
function volume(net: Net, data: Float32Array): convnet.Vol {
  const [c, h, w] = shapeOf(net);
  const vol = new convnet.Vol(w, h, c, 0);
  vol.w.set(c === 1 || h * w === 1 ? data : permute(data, [1, c, h, w], NCHW_TO_NHWC));
  return vol;
}

/** The network; one that learns ends in a softmax, which brings the last linear layer with it. */
function build(net: Net, learns: boolean): convnet.Net {
  const [c, h, w] = shapeOf(net);
  const definitions = net.layers.flatMap((layer, i): convnet.LayerDefinition[] => {
    switch (layer.op) {
      case 'conv':
        return [
          { type: 'conv', sx: layer.kernel, filters: layer.k, stride: layer.stride ?? 1, pad: layer.padding ?? 0 },
        ];
      case 'linear':
        return learns && i === net.layers.length - 1
          ? [{ type: 'softmax', num_classes: layer.k }]
          : [{ type: 'fc', num_neurons: layer.k }];
      case 'maxPool':
        return [{ type: 'pool', sx: layer.kernel, stride: layer.stride }];
      case 'relu':
        return [{ type: 'relu' }];
      case 'flatten':
        return [];
    }
  });
  const built = new convnet.Net();
  built.makeLayers([{ type: 'input', out_sx: w, out_sy: h, out_depth: c }, ...definitions]);
  const data = parameters(net).filter(weights => weights !== null);
  for (const [i, layer] of built.layers.entries()) {
    if (!layer.filters || !layer.biases) continue;
    const { weight, bias } = data.shift()!;
    const { out_depth: depth, out_sx: width, out_sy: height } = built.layers[i - 1]!;
    const size = layer.layer_type === 'conv' ? [1, depth, layer.sx!, layer.sx!] : [1, depth, height, width];
    const each = weight.length / layer.filters.length;
    layer.filters.forEach((filter, k) => {
      filter.w.set(permute(weight.subarray(k * each, (k + 1) * each), size, NCHW_TO_NHWC));
    });
    layer.biases.w.set(bias);
  }
  return built;
}

function train({ net: name, optimizer, batch }: Train): Task | string {
  if (optimizer !== 'sgd') return 'it has no Adam';
  const net = NETS[name];
  const trainer = new convnet.Trainer(build(net, true), {
    method: 'sgd',
    learning_rate: 0.01,
    momentum: 0,
    l2_decay: 0,
    batch_size: batch,
  });
  const data = samples(net, batch);
  const each = data.length / batch;
  const volumes = Array.from({ length: batch }, (_, i) => volume(net, data.subarray(i * each, (i + 1) * each)));
  const targets = labels(batch, 10, 1);
  let loss = 0;
  return {
    run: () => {
      loss = 0;
      volumes.forEach((x, i) => (loss += trainer.train(x, targets[i]!).loss));
    },
    result: () => [loss / batch],
  };
}

function latency({ net: name }: Latency): Task | string {
  if (name === 'alexnet') return 'it is made for small images';
  const net = NETS[name];
  const built = build(net, false);
  const input = samples(net, 1);
  let y: Float32Array | undefined;
  return {
    run: () => {
      y = Float32Array.from(built.forward(volume(net, input)).w);
    },
    result: () => y!,
  };
}

export const library: Library = {
  version: dependencies.convnetjs,
  prepare: work => {
    switch (work.kind) {
      case 'train':
        return train(work);
      case 'latency':
        return latency(work);
      default:
        return 'it has networks only';
    }
  },
};
