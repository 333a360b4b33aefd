import { backend } from '#load';
import { duration, time, type Row } from '../measure';
import { random, release, room } from '../workspace';

/** A max pool over 64 channels, without and with the places of the maxima, and its gradient: ns an output. */
function* pool(name: string, size: number, kernel: number, stride: number): Generator<Row> {
  const out = Math.floor((size - kernel) / stride) + 1;
  const [inputs, outputs] = [64 * size * size, 64 * out * out];
  const [x, y, at, gx] = [random(inputs), random(outputs), room(outputs), room(inputs)];
  const geometry = [64, size, size, out, out, kernel, kernel, stride, stride, 0, 0, 1, 1, 0] as const;
  const k = backend.kernels;
  yield duration(name, 'ns', 1e6, time(() => k.maxPool2d(x, 0, y, ...geometry)), outputs);
  yield duration(`${name}-at`, 'ns', 1e6, time(() => k.maxPool2d(x, at, y, ...geometry)), outputs);
  yield duration(`${name}-gx`, 'ns', 1e6, time(() => k.maxPool2dGrad(y, at, gx, ...geometry)), outputs);
  release(x, inputs);
  release(y, outputs);
  release(at, outputs);
  release(gx, inputs);
}

export function* rows(): Generator<Row> {
  yield* pool('maxpool-3x3s2-55', 55, 3, 2);
  yield* pool('maxpool-2x2-56', 56, 2, 2);
}
