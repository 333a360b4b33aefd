import { capture, noGrad, scope, tensor, type Tensor } from 'phyllo';
import { load } from 'phyllo/edge';
import { type NetName, NETS, samples } from '../nets';
import type { Row, Task } from '../row';
import { build, dispose } from './nets';
import { withEager } from './train';

/**
 * One call of a network: a Float32Array in, a Float32Array out. phyllo loads a saved plan, or runs ops if `eager`, or the
 * function as it was captured if `captured`: on several threads, which saved plans are not run on.
 */
export interface Latency {
  readonly kind: 'latency';
  readonly net: NetName;
  readonly eager?: boolean;
  readonly captured?: boolean;
  /** 4: convolutions by F(4 × 4, 3 × 3), which a plan does on request. */
  readonly winograd?: 4;
}

export const rows: readonly Row<Latency>[] = [
  ...withEager<Latency>({
    name: 'lat-tiny',
    work: { kind: 'latency', net: 'tiny' },
    unit: 'µs',
    amount: 1,
    flop: NETS.tiny.flop,
  }),
  { name: 'lat-lenet', work: { kind: 'latency', net: 'lenet' }, unit: 'µs', amount: 1, flop: NETS.lenet.flop },
  { name: 'alexnet-b1', work: { kind: 'latency', net: 'alexnet' }, unit: 'ms', amount: 1, flop: NETS.alexnet.flop },
  {
    name: 'alexnet-b1-f4',
    work: { kind: 'latency', net: 'alexnet', winograd: 4 },
    unit: 'ms',
    amount: 1,
    flop: NETS.alexnet.flop,
    alone: true,
  },
];

export async function prepare({ net: name, eager, captured: kept, winograd }: Latency): Promise<Task> {
  const net = NETS[name];
  const model = build(net);
  model.eval();
  const input = samples(net, 1);
  const shape = [1, ...net.input];
  let y: ArrayLike<number> = [];
  const result = (): ArrayLike<number> => y;
  const forward = (x: Tensor): Tensor => model.forward(x);
  if (eager || kept) {
    const f = kept ? capture(forward, { winograd }) : forward;
    const run = (): void =>
      noGrad(() =>
        scope(() => {
          y = f(tensor(input, { shape })).toArray();
        }),
      );
    return { run, result, free: () => dispose(model) };
  }
  const captured = capture(forward, { winograd });
  const file = scope(() => captured.plan(tensor(input, { shape })).encode());
  captured.dispose();
  dispose(model);
  const edge = await load(file);
  return {
    run: () => {
      y = edge.run(input);
    },
    result,
  };
}
