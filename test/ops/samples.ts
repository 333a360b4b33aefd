/** Samples of every op. An op without one does not compile: each family is typed by the module it belongs to. */
import { activationSamples } from './samples/activations';
import { arithmeticSamples, whereSamples } from './samples/arithmetic';
import { arrangeSamples, diagonalSamples } from './samples/arrange';
import { blasSamples, contractionSamples } from './samples/contraction';
import { calculusSamples, scatterSamples } from './samples/calculus';
import { criteriaSamples } from './samples/criteria';
import { logicSamples, specialSamples, statisticsSamples } from './samples/logic';
import { distanceSamples } from './samples/distance';
import { gridSamples } from './samples/grids';
import { convertSamples, dropoutSamples, elementwiseSamples } from './samples/elementwise';
import { indexingSamples } from './samples/indexing';
import { linalgSamples } from './samples/linalg';
import { lossSamples } from './samples/loss';
import { normSamples } from './samples/norm';
import { orderSamples } from './samples/order';
import { adaptiveSamples, poolSamples } from './samples/pool';
import { convSamples, matmulSamples, transposeSamples } from './samples/products';
import { binSamples, quantileSamples, uniqueSamples } from './samples/ranks';
import { reduceSamples, softmaxSamples } from './samples/reduce';
import { embeddingSamples, recurrentSamples } from './samples/rnn';
import { runningSamples, shapesSamples } from './samples/running';
import { atSamples, scatteringSamples } from './samples/scatter';
import type { Sample, SamplesOf } from './samples/sample';
import { visionSamples } from './samples/vision';
import { joinSamples, padSamples, partsSamples, viewSamples } from './samples/view';

/** Every op: what takes a tensor first, what takes several, and the two conversions. */
export type OpName =
  | keyof typeof import('../../ts/ops/all')
  | keyof typeof import('../../ts/ops/join')
  | keyof typeof import('../../ts/ops/grids')
  | keyof typeof import('../../ts/ops/parts')
  | keyof typeof linalgSamples
  | keyof Pick<typeof import('../../ts/core/convert'), 'copy' | 'cast'>;

export const samples: SamplesOf<Record<OpName, unknown>> = {
  ...arithmeticSamples,
  ...whereSamples,
  ...elementwiseSamples,
  ...activationSamples,
  ...dropoutSamples,
  ...convertSamples,
  ...matmulSamples,
  ...convSamples,
  ...transposeSamples,
  ...visionSamples,
  ...poolSamples,
  ...adaptiveSamples,
  ...reduceSamples,
  ...softmaxSamples,
  ...normSamples,
  ...orderSamples,
  ...quantileSamples,
  ...uniqueSamples,
  ...binSamples,
  ...gridSamples,
  ...distanceSamples,
  ...viewSamples,
  ...arrangeSamples,
  ...diagonalSamples,
  ...logicSamples,
  ...specialSamples,
  ...statisticsSamples,
  ...calculusSamples,
  ...scatterSamples,
  ...blasSamples,
  ...contractionSamples,
  ...partsSamples,
  ...padSamples,
  ...joinSamples,
  ...indexingSamples,
  ...scatteringSamples,
  ...atSamples,
  ...runningSamples,
  ...shapesSamples,
  ...embeddingSamples,
  ...recurrentSamples,
  ...lossSamples,
  ...linalgSamples,
  ...criteriaSamples,
};

/** Each sample with the op it belongs to and its place there. */
export const all: readonly { readonly op: string; readonly index: number; readonly sample: Sample }[] = Object.entries(
  samples,
).flatMap(([op, list]) => list.map((sample, index) => ({ op, index, sample })));
