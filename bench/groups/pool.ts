import type { HostBackend } from '../../ts/backend/backend';
import type { Row, Task } from '../row';
import { Workspace } from '../workspace';

/** A max pool over planes, without or with the places of the maxima, or its gradient. */
export interface Pool {
  readonly kind: 'pool';
  readonly of: 'y' | 'at' | 'gx';
  readonly planes: number;
  readonly size: number;
  readonly kernel: number;
  readonly stride: number;
}

/** Height and width of the output. */
export const poolSize = ({ size, kernel, stride }: Pool): number => Math.floor((size - kernel) / stride) + 1;

const CASES = [
  { name: 'maxpool-3x3s2-55', planes: 64, size: 55, kernel: 3, stride: 2 },
  { name: 'maxpool-2x2-56', planes: 64, size: 56, kernel: 2, stride: 2 },
];

/** ns an output. */
export const rows: readonly Row<Pool>[] = CASES.flatMap(({ name, ...geometry }) =>
  (['y', 'at', 'gx'] as const).map((of): Row<Pool> => {
    const work = { kind: 'pool', of, ...geometry } as const;
    const [inputs, outputs] = [work.planes * work.size ** 2, work.planes * poolSize(work) ** 2];
    const bytes = 4 * (inputs + outputs) + (of === 'y' ? 0 : outputs);
    return { name: of === 'y' ? name : `${name}-${of}`, work, unit: 'ns', amount: outputs, bytes };
  }),
);

export function prepare(work: Pool, backend: HostBackend): Task {
  const { of, planes, size, kernel, stride } = work;
  const out = poolSize(work);
  const [inputs, outputs] = [planes * size * size, planes * out * out];
  const space = new Workspace(backend);
  const [x, y, at, g, gx] = [
    space.random(inputs, 1),
    space.room(outputs),
    space.room(outputs),
    space.random(outputs, 2),
    space.room(inputs),
  ];
  const geometry = [planes, size, size, out, out, kernel, kernel, stride, stride, 0, 0, 1, 1, 0] as const;
  const { maxPool2d, maxPool2dGrad } = backend.kernels;
  maxPool2d(x, at, y, ...geometry);
  const run = {
    y: () => maxPool2d(x, 0, y, ...geometry),
    at: () => maxPool2d(x, at, y, ...geometry),
    gx: () => maxPool2dGrad(g, at, gx, ...geometry),
  }[of];
  return {
    run,
    result: () => (of === 'gx' ? space.read(gx, inputs) : space.read(y, outputs)),
    free: () => space.free(),
  };
}
