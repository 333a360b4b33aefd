/** All groups of rows, and phyllo's way of doing each kind of work. */
import type { FullBackend } from '../../ts/backend/backend';
import type { Row as RowOf, Task } from '../row';
import * as cold from './cold';
import * as conv from './conv';
import * as eager from './eager';
import * as elementwise from './elementwise';
import * as gemm from './gemm';
import * as latency from './latency';
import * as pool from './pool';
import * as rnn from './rnn';
import * as small from './small';
import * as train from './train';

export type Work =
  | gemm.Gemm
  | conv.Conv
  | pool.Pool
  | elementwise.Elementwise
  | rnn.Recurrent
  | rnn.Charlm
  | eager.Eager
  | small.Small
  | train.Train
  | latency.Latency
  | cold.Cold;
/** Work that a process does again and again. */
export type Warm = Exclude<Work, cold.Cold>;
export type Row = RowOf<Work>;

export const GROUPS: Readonly<Record<string, readonly Row[]>> = {
  gemm: gemm.rows,
  conv: conv.rows,
  pool: pool.rows,
  elementwise: elementwise.rows,
  rnn: rnn.rows,
  eager: eager.rows,
  small: small.rows,
  train: train.rows,
  latency: latency.rows,
  cold: cold.rows,
};

/** Kernels run on the backend; tensors live on the one that phyllo uses, which is to be the same. */
export function prepare(work: Warm, backend: FullBackend): Task | Promise<Task> {
  switch (work.kind) {
    case 'gemm':
      return gemm.prepare(work, backend);
    case 'conv':
      return conv.prepare(work, backend);
    case 'pool':
      return pool.prepare(work, backend);
    case 'elementwise':
      return elementwise.prepare(work, backend);
    case 'recurrent':
      return rnn.prepareRecurrent(work);
    case 'charlm':
      return rnn.prepareCharlm(work);
    case 'eager':
      return eager.prepare(work);
    case 'small':
      return small.prepare(work, backend);
    case 'train':
      return train.prepare(work);
    case 'latency':
      return latency.prepare(work);
  }
}
