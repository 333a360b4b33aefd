/** The random numbers of samples: the same whichever thread makes them. */
import { runtime, untraced } from '../../core/runtime';
import { keep } from '../../core/scope';
import { drawingFrom, Generator } from '../../ops/generator';
import { uniforms } from '../../ops/random';
import { WHOLE, type Run } from '../batch';

/** The seed of an epoch: two words. */
export type Key = readonly [number, number];
/** Draws one. */
export function drawKey(generator: Generator | undefined): Key {
  const [a = 0, b = 0] = Array.from(uniforms(2, generator), u => (u * 2 ** 32) | 0);
  return [a, b];
}

/** Half of the draws of a sample's share are left to the batch that begins with it. */
const HALF = 2 ** 31;

/**
 * Runs what makes samples with a default generator of its own, of which each sample of an epoch has a share: 2³² draws
 * of the stream of the epoch's seed, which are those whose count has the sample's place in the epoch as its upper word.
 */
export class Seeds {
  #generator: Generator | null = null;

  run(key: Key, first: number): Run {
    return (k, f) => {
      if (this.#generator?.state.storage.backend !== runtime.backend) {
        this.#generator = untraced(() => keep(new Generator()));
      }
      const generator = this.#generator;
      generator.state.set(k === WHOLE ? [...key, HALF | 0, first] : [...key, 0, first + k]);
      const was = runtime.recording;
      runtime.recording = false;
      try {
        return drawingFrom(generator, f);
      } finally {
        runtime.recording = was;
      }
    };
  }
}
