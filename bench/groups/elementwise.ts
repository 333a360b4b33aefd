import type { HostBackend } from '../../ts/backend/backend';
import type { Row, Task } from '../row';
import { values } from '../values';
import { Workspace } from '../workspace';

const N = 1 << 20;
/** Rows of a softmax, and of what a single row is added to. */
export const WIDTH = 1024;

const UNARY = ['relu', 'exp', 'log', 'sigmoid', 'tanh', 'erf', 'gelu', 'sin', 'sqrt'] as const;
const BINARY = ['add', 'mul', 'div', 'pow'] as const;

/** A function over a million elements. */
export interface Elementwise {
  readonly kind: 'elementwise';
  readonly f: (typeof UNARY)[number] | (typeof BINARY)[number] | 'softmax' | 'add-scalar' | 'add-row' | 'sum';
}

/** Its operands: in [−1, 1), or in [½, 1½) where f wants positive ones. The second is for functions of two. */
export function operands({ f }: Elementwise): [x: Float32Array, b: Float32Array] {
  const positive = f === 'log' || f === 'sqrt' || f === 'pow' || f === 'div';
  const [x, b] = [values(N, 1), values(N, 2)];
  return positive ? [x.map(v => 1 + v / 2), b.map(v => 1 + v / 2)] : [x, b];
}

/** ns an element. */
export const rows: readonly Row<Elementwise>[] = (
  [...UNARY, 'softmax', ...BINARY, 'add-scalar', 'add-row', 'sum'] as const
).map((f): Row<Elementwise> => {
  const passes = f === 'sum' ? 1 : BINARY.some(name => name === f) ? 3 : 2;
  return { name: `${f}-1M`, work: { kind: 'elementwise', f }, unit: 'ns', amount: N, bytes: passes * 4 * N };
});

export function prepare(work: Elementwise, backend: HostBackend): Task {
  const { f } = work;
  const space = new Workspace(backend);
  const [first, second] = operands(work);
  const [x, b, y] = [space.of(first), space.of(second), space.room(N)];
  const k = backend.kernels;
  const task = (run: () => void, results = N): Task => ({
    run,
    result: () => space.read(y, results),
    free: () => space.free(),
  });
  switch (f) {
    case 'softmax':
      return task(() => k.softmax(x, y, N / WIDTH, WIDTH, 1));
    case 'sum':
      return task(() => k.sum(x, y, 1, 1, 1, N, 1), 1);
    case 'add-scalar':
      return task(() => k.add(x, b, y, 1, 1, 1, N, 0, 0, 0, 1, 0, 0, 0, 0));
    case 'add-row':
      return task(() => k.add(x, b, y, 1, 1, N / WIDTH, WIDTH, 0, 0, WIDTH, 1, 0, 0, 0, 1));
    case 'add':
    case 'mul':
    case 'div':
    case 'pow':
      return task(() => k[f](x, b, y, 1, 1, 1, N, 0, 0, 0, 1, 0, 0, 0, 1));
    default:
      return task(() => k[f](x, y, N, 0));
  }
}
