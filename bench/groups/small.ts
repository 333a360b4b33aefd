import { add, keep, relu, scope, tensor } from 'phyllo';
import type { HostBackend } from '../../ts/backend/backend';
import type { Row, Task } from '../row';
import { values } from '../values';
import { Workspace } from '../workspace';

const CALLS = 1000;
const SIZES = [4, 64, 1024] as const;
const FUNCTIONS = ['add', 'relu'] as const;
const BY = ['kernel', 'eager'] as const;

/** What a call costs where there is little to compute: of the kernel itself, or of the op in a scope. */
export interface Small {
  readonly kind: 'small';
  readonly f: (typeof FUNCTIONS)[number];
  readonly by: (typeof BY)[number];
  readonly n: number;
}

/** ns a call. */
export const rows: readonly Row<Small>[] = BY.flatMap(by =>
  FUNCTIONS.flatMap(f =>
    SIZES.map(n => ({ name: `${by}-${f}-${n}`, work: { kind: 'small', f, by, n }, unit: 'ns', amount: CALLS })),
  ),
);

export function prepare({ f, by, n }: Small, backend: HostBackend): Task {
  return by === 'kernel' ? kernel(f, n, backend) : eager(f, n);
}

function kernel(f: Small['f'], n: number, backend: HostBackend): Task {
  const space = new Workspace(backend);
  const [a, b, y] = [space.random(n, 1), space.random(n, 2), space.room(n)];
  const k = backend.kernels;
  const call = {
    add: () => k.add(a, b, y, 1, 1, 1, n, 0, 0, 0, 1, 0, 0, 0, 1),
    relu: () => k.relu(a, y, n, 0),
  }[f];
  return {
    run: () => {
      for (let i = 0; i < CALLS; i++) call();
    },
    free: () => space.free(),
  };
}

function eager(f: Small['f'], n: number): Task {
  const [a, b] = [keep(tensor(values(n, 1))), keep(tensor(values(n, 2)))];
  const call = { add: () => void add(a, b), relu: () => void relu(a) }[f];
  return {
    run: () =>
      scope(() => {
        for (let i = 0; i < CALLS; i++) scope(call);
      }),
    free: () => [a, b].forEach(t => t.dispose()),
  };
}
