import type { FullBackend } from '../../ts/backend/backend';
import type { Row, Task } from '../row';
import { Workspace } from '../workspace';

export interface Geometry {
  readonly n: number;
  readonly c: number;
  /** Height and width of the image. */
  readonly size: number;
  readonly k: number;
  readonly kernel: number;
  readonly stride?: number;
  readonly padding?: number;
  readonly groups?: number;
}

/** A convolution without bias, or one of its gradients; `prepared`: with weights that were prepared before. */
export interface Conv extends Geometry {
  readonly kind: 'conv';
  readonly of: 'y' | 'gx' | 'gw';
  readonly prepared?: 'same' | 'f4';
}

/** LeNet-5's layers at batch 64, torchvision's AlexNet, and shapes of ResNet and MobileNet at batch 1. */
export const CASES: readonly ({ readonly name: string } & Geometry)[] = [
  { name: 'lenet-c1-b64', n: 64, c: 1, size: 28, k: 6, kernel: 5, padding: 2 },
  { name: 'lenet-c2-b64', n: 64, c: 6, size: 14, k: 16, kernel: 5 },
  { name: 'alex-c1', n: 1, c: 3, size: 224, k: 64, kernel: 11, stride: 4, padding: 2 },
  { name: 'alex-c2', n: 1, c: 64, size: 27, k: 192, kernel: 5, padding: 2 },
  { name: 'alex-c2-g2', n: 1, c: 96, size: 27, k: 256, kernel: 5, padding: 2, groups: 2 },
  { name: 'alex-c3', n: 1, c: 192, size: 13, k: 384, kernel: 3, padding: 1 },
  { name: 'alex-c4', n: 1, c: 384, size: 13, k: 256, kernel: 3, padding: 1 },
  { name: 'alex-c5', n: 1, c: 256, size: 13, k: 256, kernel: 3, padding: 1 },
  { name: 'res-3x3-56', n: 1, c: 64, size: 56, k: 64, kernel: 3, padding: 1 },
  { name: 'pw-1x1-56', n: 1, c: 256, size: 56, k: 64, kernel: 1 },
  { name: 'dw-3x3-112', n: 1, c: 32, size: 112, k: 32, kernel: 3, padding: 1, groups: 32 },
];

/** What follows from a layer: the output's height and width, and elements of the three buffers. */
export function sizes({ n, c, size, k, kernel, stride = 1, padding = 0, groups = 1 }: Geometry): {
  readonly out: number;
  readonly x: number;
  readonly w: number;
  readonly y: number;
} {
  const out = Math.floor((size + 2 * padding - kernel) / stride) + 1;
  return { out, x: n * c * size * size, w: (k * c * kernel * kernel) / groups, y: n * k * out * out };
}

/**
 * A layer forward, also with weights prepared for inference, exactly and by Winograd's F(4 × 4, 3 × 3); its input's
 * gradient and its weights'. All are counted as the multiply-adds of the definition.
 */
export const rows: readonly Row<Conv>[] = CASES.flatMap(({ name, ...geometry }) => {
  const { c, kernel, stride = 1, groups = 1 } = geometry;
  const flop = (2 * sizes(geometry).y * c * kernel * kernel) / groups;
  const row = (of: Conv['of'], suffix: string, prepared?: Conv['prepared']): Row<Conv> => ({
    name: name + suffix,
    work: { kind: 'conv', of, ...geometry, ...(prepared && { prepared }) },
    unit: 'GFLOP/s',
    amount: flop / 1e9,
    flop,
  });
  const f4 = kernel === 3 && stride === 1 && groups === 1;
  return [
    row('y', ''),
    row('y', '-prepared', 'same'),
    ...(f4 ? [row('y', '-f4', 'f4')] : []),
    row('gx', '-gx'),
    row('gw', '-gw'),
  ];
});

export function prepare(work: Conv, backend: FullBackend): Task {
  const { of, prepared, n, c, size, k, kernel, stride = 1, padding = 0, groups = 1 } = work;
  const { out, ...count } = sizes(work);
  const space = new Workspace(backend);
  const x = of === 'gx' ? 0 : space.random(count.x, 1);
  const w = of === 'gw' ? 0 : space.random(count.w, 2);
  const y = of === 'y' ? 0 : space.random(count.y, 3);
  const results = { y: count.y, gx: count.x, gw: count.w }[of];
  const z = space.room(results);
  const geometry = [
    n,
    c,
    size,
    size,
    k,
    kernel,
    kernel,
    out,
    out,
    stride,
    stride,
    padding,
    padding,
    1,
    1,
    groups,
  ] as const;
  const { conv2d, conv2dGradX, conv2dGradW, conv2dPreparedSize, conv2dPrepare, conv2dPrepared } = backend.kernels;
  const run = {
    y: () => conv2d(x, w, z, 0, ...geometry, 0),
    gx: () => conv2dGradX(y, w, z, 0, ...geometry),
    gw: () => conv2dGradW(y, x, z, 0, ...geometry),
  }[of];
  const task = { run, result: () => space.read(z, results), free: () => space.free() };
  if (prepared === undefined) return task;
  const algorithm = { same: 0, f4: 1 }[prepared];
  const at = space.room(conv2dPreparedSize(...geometry, algorithm));
  conv2dPrepare(w, at, ...geometry, algorithm);
  return { ...task, run: () => conv2dPrepared(x, at, z, 0, ...geometry, 0, algorithm) };
}
