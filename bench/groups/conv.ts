import { backend } from '#load';
import { rate, time, type Row } from '../measure';
import { random, release, room } from '../workspace';

interface Case {
  readonly name: string;
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

/** LeNet-5's layers at batch 64, torchvision's AlexNet, and shapes of ResNet and MobileNet at batch 1. */
const CASES: readonly Case[] = [
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

/** A layer forward, its input's gradient and its weights', all counted as the multiply-adds of the definition. */
function* layer(p: Case, limit: number): Generator<Row> {
  const { n, c, size, k, kernel, stride = 1, padding = 0, groups = 1 } = p;
  const out = Math.floor((size + 2 * padding - kernel) / stride) + 1;
  const sizes = { x: n * c * size * size, w: (k * c * kernel * kernel) / groups, y: n * k * out * out };
  const [x, w, y] = [random(sizes.x), random(sizes.w), random(sizes.y)];
  const [gx, gw, z] = [room(sizes.x), room(sizes.w), room(sizes.y)];
  const geometry = [
    n, c, size, size, k, kernel, kernel, out, out, stride, stride, padding, padding, 1, 1, groups,
  ] as const;
  const flop = (2 * sizes.y * c * kernel * kernel) / groups / 1e9;
  const { conv2d, conv2dGradX, conv2dGradW } = backend.kernels;
  yield rate(p.name, 'GFLOP/s', flop, time(() => conv2d(x, w, z, 0, ...geometry)), limit);
  yield rate(`${p.name}-gx`, 'GFLOP/s', flop, time(() => conv2dGradX(y, w, gx, 0, ...geometry)), limit);
  yield rate(`${p.name}-gw`, 'GFLOP/s', flop, time(() => conv2dGradW(y, x, gw, 0, ...geometry)), limit);
  for (const [at, count] of [[x, sizes.x], [w, sizes.w], [y, sizes.y], [gx, sizes.x], [gw, sizes.w], [z, sizes.y]] as const) {
    release(at, count);
  }
}

export function* rows(limit: number): Generator<Row> {
  for (const p of CASES) yield* layer(p, limit);
}
