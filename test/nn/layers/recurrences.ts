import { nn, type Tensor } from 'phyllo';
import type * as elman from '../../../ts/nn/elman';
import type * as cells from '../../../ts/nn/cells';
import type * as recurrent from '../../../ts/nn/recurrent';
import { changed, expectEach, noise, read, readOr0, sum, type Rows } from './naive';

const [STEPS, BATCH, INPUTS, HIDDEN] = [4, 2, 3, 5];
const sigmoid = (a: number): number => 1 / (1 + Math.exp(-a));

type Layer = nn.RNN | nn.LSTM | nn.GRU;
/** Pre-activations of gate g, neuron k: Wᵢₕ x + bᵢₕ, and Wₕₕ h + bₕₕ. */
type Parts = (g: number, k: number) => readonly [fromInput: number, fromState: number];
/** The next states h, [and c], of one sample. */
type Cell = (parts: Parts, states: readonly (readonly number[])[]) => number[][];

/**
 * One direction of the lowest layer, from first states on: [step][sample][neuron] of h, and the last states.
 * `reverse` goes from the last step to the first.
 */
function run(layer: Layer, x: Tensor, starts: readonly Tensor[], cell: Cell, reverse: boolean): number[][][][] {
  const end = reverse ? 'l0_reverse' : 'l0';
  const [ih, hh] = [read(layer[`weight_ih_${end}`]!), read(layer[`weight_hh_${end}`]!)];
  const [bi, bh] = [readOr0(layer[`bias_ih_${end}`] ?? null), readOr0(layer[`bias_hh_${end}`] ?? null)];
  const at = read(x);
  const first = starts.map(read);
  const direction = reverse ? 1 : 0;
  const neurons = Array.from({ length: HIDDEN }, (_, k) => k);
  const paths = Array.from({ length: BATCH }, (_, n) => {
    let states = first.map(s => neurons.map(k => s(direction, n, k)));
    const path = Array.from({ length: STEPS }, (): number[][] => []);
    for (let i = 0; i < STEPS; i++) {
      const t = reverse ? STEPS - 1 - i : i;
      const h = states[0]!;
      const parts: Parts = (g, k) => {
        const row = g * HIDDEN + k;
        return [bi(row) + sum(INPUTS, j => ih(row, j) * at(t, n, j)), bh(row) + sum(HIDDEN, j => hh(row, j) * h[j]!)];
      };
      states = cell(parts, states);
      path[t] = states;
    }
    return path;
  });
  return Array.from({ length: STEPS }, (_, t) => paths.map(path => path[t]!));
}

function check(layer: Layer, starts: readonly Tensor[], cell: Cell): void {
  changed(layer);
  const x = noise(STEPS, BATCH, INPUTS);
  const { directions, batchFirst } = layer;
  const given = batchFirst ? x.transpose(0, 1) : x;
  const [y, ends] =
    layer instanceof nn.LSTM ? layer.forward(given, [starts[0]!, starts[1]!]) : layer.forward(given, starts[0]);
  const paths = [false, true].slice(0, directions).map(reverse => run(layer, x, starts, cell, reverse));
  const steps = batchFirst ? y.transpose(0, 1) : y;
  expectEach(steps, [STEPS, BATCH, directions * HIDDEN], (t, n, k) => {
    return paths[Math.floor(k! / HIDDEN)]![t!]![n!]![0]![k! % HIDDEN]!;
  });
  [ends].flat().forEach((end, s) => {
    expectEach(end, [directions, BATCH, HIDDEN], (d, n, k) => paths[d!]![d === 0 ? STEPS - 1 : 0]![n!]![s]![k!]!);
  });
}

const simple =
  (f: (a: number) => number): Cell =>
  (parts, [h]) => [
    h!.map((_, k) => {
      const [a, b] = parts(0, k);
      return f(a + b);
    }),
  ];
const lstm: Cell = (parts, [, c]) => {
  const gate = (g: number, k: number): number => parts(g, k)[0] + parts(g, k)[1];
  const next = c!.map((old, k) => sigmoid(gate(1, k)) * old + sigmoid(gate(0, k)) * Math.tanh(gate(2, k)));
  return [next.map((v, k) => sigmoid(gate(3, k)) * Math.tanh(v)), next];
};
const gru: Cell = (parts, [h]) => [
  h!.map((old, k) => {
    const [[r, rh], [z, zh], [n, nh]] = [parts(0, k), parts(1, k), parts(2, k)];
    const keep = sigmoid(z + zh);
    return keep * old + (1 - keep) * Math.tanh(n + sigmoid(r + rh) * nh);
  }),
];
const states = (directions: number): Tensor => noise(directions, BATCH, HIDDEN);

/** sₜ = f1(U xₜ + W sₜ₋₁), yₜ = f2(V sₜ). */
function elmanOf(layer: nn.Elman, f1: (a: number) => number, f2: (a: number) => number): void {
  changed(layer);
  const [x, start] = [noise(STEPS, BATCH, INPUTS), noise(BATCH, HIDDEN)];
  const [u, v, w, at] = [read(layer.U), read(layer.V), read(layer.W), read(x)];
  const first = read(start);
  const neurons = Array.from({ length: HIDDEN }, (_, k) => k);
  const path = Array.from({ length: BATCH }, (_, n) => {
    let s = neurons.map(k => first(n, k));
    return Array.from({ length: STEPS }, (_, t) => {
      const old = s;
      s = neurons.map(k => f1(sum(INPUTS, j => u(k, j) * at(t, n, j)) + sum(HIDDEN, j => w(k, j) * old[j]!)));
      return s;
    });
  });
  const [y, last] = layer.forward(x, start);
  expectEach(y, [STEPS, BATCH, 2], (t, n, o) => f2(sum(HIDDEN, k => v(o!, k) * path[n!]![t!]![k]!)));
  expectEach(last, [BATCH, HIDDEN], (n, k) => path[n!]![STEPS - 1]![k!]!);
}

export const RECURRENCES: Readonly<Record<keyof typeof recurrent | keyof typeof elman, Rows>> = {
  RNN: [
    () => check(new nn.RNN(INPUTS, HIDDEN), [states(1)], simple(Math.tanh)),
    () =>
      check(
        new nn.RNN(INPUTS, HIDDEN, { nonlinearity: 'relu', bidirectional: true }),
        [states(2)],
        simple(a => Math.max(0, a)),
      ),
  ],
  LSTM: [
    () => check(new nn.LSTM(INPUTS, HIDDEN, { bidirectional: true }), [states(2), states(2)], lstm),
    () => check(new nn.LSTM(INPUTS, HIDDEN, { bias: false, batchFirst: true }), [states(1), states(1)], lstm),
  ],
  GRU: [() => check(new nn.GRU(INPUTS, HIDDEN, { bidirectional: true }), [states(2)], gru)],
  Elman: [
    () => elmanOf(new nn.Elman(INPUTS, HIDDEN, 2), Math.tanh, a => a),
    () => elmanOf(new nn.Elman(INPUTS, HIDDEN, 2, { f1: a => a.atan(), f2: a => a.sigmoid() }), Math.atan, sigmoid),
  ],
};

/** A cell's step is that of a layer of one step, with the same weights. */
function cell(one: nn.RNNCell | nn.LSTMCell | nn.GRUCell, layer: nn.RNN | nn.LSTM | nn.GRU): void {
  changed(one);
  layer.loadStateDict(Object.fromEntries(Object.entries(one.stateDict()).map(([k, v]) => [`${k}_l0`, v])));
  const [x, h, c] = [noise(2, 3), noise(2, 4), noise(2, 4)];
  const first = h.unsqueeze(0);
  if (one instanceof nn.LSTMCell && layer instanceof nn.LSTM) {
    const [, [hn, cn]] = layer.forward(x.unsqueeze(0), [first, c.unsqueeze(0)]);
    const found = one.forward(x, [h, c]);
    expectEach(found[0], [2, 4], read(hn.squeeze(0)));
    expectEach(found[1], [2, 4], read(cn.squeeze(0)));
    expectEach(one.forward(x.select(0, 1), [h.select(0, 1), c.select(0, 1)])[1], [4], read(cn.squeeze(0).select(0, 1)));
  } else if (!(one instanceof nn.LSTMCell) && !(layer instanceof nn.LSTM)) {
    const [, hn] = layer.forward(x.unsqueeze(0), first);
    expectEach(one.forward(x, h), [2, 4], read(hn.squeeze(0)));
    const [, fresh] = layer.forward(x.unsqueeze(0));
    expectEach(one.forward(x.select(0, 0)), [4], read(fresh.squeeze(0).select(0, 0)));
  }
}
export const CELLS: Readonly<Record<keyof typeof cells, Rows>> = {
  RNNCell: [
    () => cell(new nn.RNNCell(3, 4), new nn.RNN(3, 4)),
    () => cell(new nn.RNNCell(3, 4, false, 'relu'), new nn.RNN(3, 4, { bias: false, nonlinearity: 'relu' })),
  ],
  LSTMCell: [() => cell(new nn.LSTMCell(3, 4), new nn.LSTM(3, 4))],
  GRUCell: [() => cell(new nn.GRUCell(3, 4), new nn.GRU(3, 4))],
};
