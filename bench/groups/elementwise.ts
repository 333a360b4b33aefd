import { backend } from '#load';
import { duration, time, type Row } from '../measure';
import { random, release, room } from '../workspace';

const N = 1 << 20;

/** Functions over a million elements: ns an element. */
export function* rows(): Generator<Row> {
  const [x, b, y] = [random(N), random(N), room(N)];
  const k = backend.kernels;
  for (const f of ['relu', 'exp', 'log', 'sigmoid', 'tanh', 'erf', 'gelu', 'sin', 'sqrt'] as const) {
    yield duration(`${f}-1M`, 'ns', 1e6, time(() => k[f](x, y, N, 0)), N);
  }
  yield duration('softmax-1M', 'ns', 1e6, time(() => k.softmax(x, y, 1024, 1024)), N);
  for (const f of ['add', 'mul', 'div', 'pow'] as const) {
    yield duration(`${f}-1M`, 'ns', 1e6, time(() => k[f](x, b, y, 1, 1, 1, N, 0, 0, 0, 1, 0, 0, 0, 1)), N);
  }
  yield duration('add-scalar-1M', 'ns', 1e6, time(() => k.add(x, b, y, 1, 1, 1, N, 0, 0, 0, 1, 0, 0, 0, 0)), N);
  yield duration('add-row-1M', 'ns', 1e6, time(() => k.add(x, b, y, 1, 1, 1024, 1024, 0, 0, 1024, 1, 0, 0, 0, 1)), N);
  yield duration('sum-1M', 'ns', 1e6, time(() => k.sum(x, y, 1, 1, 1, N, 1)), N);
  for (const at of [x, b, y]) release(at, N);
}
