import { noGrad, scope, tensor, type Tensor } from 'phyllo';
import { type NetName, NETS, samples } from '../nets';
import type { Row, Task } from '../row';
import { build, dispose } from './nets';

/** One call of a network: a Float32Array in, a Float32Array out. */
export interface Latency {
  readonly kind: 'latency';
  readonly net: NetName;
}

export const rows: readonly Row<Latency>[] = [
  { name: 'lat-tiny', work: { kind: 'latency', net: 'tiny' }, unit: 'µs', amount: 1, flop: NETS.tiny.flop },
  { name: 'lat-lenet', work: { kind: 'latency', net: 'lenet' }, unit: 'µs', amount: 1, flop: NETS.lenet.flop },
  { name: 'alexnet-b1', work: { kind: 'latency', net: 'alexnet' }, unit: 'ms', amount: 1, flop: NETS.alexnet.flop },
];

export function prepare({ net: name }: Latency): Task {
  const net = NETS[name];
  const model = build(net);
  const input = samples(net, 1);
  const shape = [1, ...net.input];
  const forward = (x: Tensor): Tensor => model.forward(x);
  let y: ArrayLike<number> = [];
  return {
    run: () => noGrad(() => scope(() => {
      y = forward(tensor(input, { shape })).toArray();
    })),
    result: () => y,
    free: () => dispose(model),
  };
}
