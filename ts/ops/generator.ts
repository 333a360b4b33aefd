/**
 * Random numbers from one counter-based generator, Philox 4x32-10 (Salmon et al. 2011): its state is a key and a count
 * in memory; each draw copies them out and counts on, and a random op is a pure function of what was drawn. The same
 * seed gives the same numbers everywhere, and a captured plan goes on counting.
 */
import type { Backend } from '../backend/backend';
import { BackendError, ValueError } from '../core/errors';
import { check, checkCount, instanceOf, kind, type Keys, type Kind } from '../core/kinds';
import { adopt } from '../core/lifetime';
import { defineOp, defineParametricOp, type Op } from '../core/op';
import { philox, type Block } from '../core/philox';
import { noGrad, runtime, untraced } from '../core/runtime';
import { keep, keepState } from '../core/scope';
import type { Storage } from '../core/storage';
import { handle, type Tensor } from '../core/tensor';
import { tensor } from './creation';

const draw: Op<[state: Tensor]> = defineOp({
  name: 'draw',
  inputs: ['state'],
  wants: { state: 'i32' },
  mutates: ['state'],
  dtype: 'i32',
  shape: () => [4],
  run: (k, [state], [key]) => k.draw(state.address, key.address),
});

const bitsOp: Op<[key: Tensor], { n: number }> = defineParametricOp({
  name: 'bits',
  inputs: ['key'],
  wants: { key: 'i32' },
  dtype: 'i32',
  shape: (_, { n }) => [n],
  run: (k, [key], [y]) => k.bits(key.address, y.address, y.size),
});

/** What random numbers start from. */
export const aSeed: Kind<number> = kind(
  'a whole number from 0 to 2^53 - 1',
  v => Number.isSafeInteger(v) && Number(v) >= 0,
);

/** The state that a seed starts from. */
function words(where: string, seed: number): Block {
  check(where, 'seed', aSeed, seed);
  return [seed | 0, Math.floor(seed / 2 ** 32) | 0, 0, 0];
}

/** The state after a draw: its 64-bit count goes up by one. */
function following([key0, key1, count0, count1]: Block): Block {
  const next = (count0 + 1) | 0;
  return [key0, key1, next, next === 0 ? (count1 + 1) | 0 : count1];
}

/** Keys by their memory, where JavaScript cannot reach that: shuffles are done in JavaScript. */
const keys: WeakMap<Storage, Block> = new WeakMap();

/** A stream of random numbers of its own. Without one, random functions use the default generator. */
export class Generator {
  /** Four words: the seed, and how many draws there were. */
  readonly state: Tensor;
  /** The words of the state, as long as its memory has this version: a captured plan counts on there alone. */
  private known: Block;
  private version: number;

  constructor(seed = 0) {
    checkCount('Generator', 1, arguments);
    this.known = words('Generator', seed);
    this.state = keepState(tensor(this.known, { dtype: 'i32' }));
    this.version = this.state.storage.version;
  }

  /** Starts again, in place: captured plans see it. The seed is a whole number from 0 to 2⁵³ − 1. */
  manualSeed(seed: number): this {
    checkCount('manualSeed', 1, arguments);
    const known = words('manualSeed', seed);
    this.state.set(known);
    this.known = known;
    this.version = this.state.storage.version;
    return this;
  }

  /** The key of the next random op. */
  draw(): Tensor {
    const own = (): Tensor => {
      const { storage } = this.state;
      const knows = storage.version === this.version;
      const key = noGrad(() => draw(this.state));
      if (knows && storage.backend.readSync === undefined && !key.storage.traced) {
        keys.set(key.storage, this.known);
        this.known = following(this.known);
        this.version = storage.version;
      }
      return key;
    };
    return tape === null ? own() : tape(own);
  }
}

/** The first n words of the stream of a key, in JavaScript. */
export function wordsOf(key: Tensor, n: number): ArrayLike<number> {
  const { storage } = key;
  if (storage.backend.readSync !== undefined || storage.traced) {
    const bits = bitsOp(key, { n });
    const words = bits.toArray();
    bits.dispose();
    return words;
  }
  const known = keys.get(storage);
  if (known === undefined) {
    throw new BackendError(
      'permutation',
      `the generator's state can only be read asynchronously from ${storage.backend.name}: shuffle by a generator, or seed, that no captured function draws from`,
    );
  }
  const [key0, key1, count0, count1] = known;
  const words = new Int32Array(n);
  for (let i = 0; i < n; i += 4) words.set(philox([i / 4, 0, count0, count1], key0, key1).slice(0, n - i), i);
  return words;
}

/** Stands between generators and who draws from them. */
type Tape = (draw: () => Tensor) => Tensor;
let tape: Tape | null = null;

function through<T>(t: Tape, f: () => T): T {
  const around = tape;
  tape = draw => t(() => (around === null ? draw() : around(draw)));
  try {
    return f();
  } finally {
    tape = around;
  }
}
/** Runs f; each key that it draws is handed to `note`. */
export const recordDraws = <T>(note: (key: Tensor) => void, f: () => T): T =>
  through(draw => {
    const key = draw();
    note(key);
    return key;
  }, f);
/** Runs f on these keys, in order, instead of new ones. */
export function replayDraws<T>(keys: readonly Tensor[], f: () => T): T {
  let next = 0;
  return through(draw => {
    const key = keys[next++];
    return key ? adopt(handle(key)) : draw();
  }, f);
}

let fallback: { readonly backend: Backend; readonly generator: Generator } | null = null;
/** The generator that random functions use if they are given none. It starts from seed 0. */
export function defaultGenerator(): Generator {
  if (fallback?.backend !== runtime.backend)
    fallback = { backend: runtime.backend, generator: untraced(() => keep(new Generator())) };
  return fallback.generator;
}
/** Runs f, in which `generator` is the default. */
export function drawingFrom<T>(generator: Generator, f: () => T): T {
  const was = fallback;
  fallback = { backend: runtime.backend, generator };
  try {
    return f();
  } finally {
    fallback = was;
  }
}
/** Throws wherever it is drawn from. */
class NoGenerator extends Generator {
  constructor(private readonly why: string) {
    super();
  }
  override draw(): never {
    throw new ValueError('the default generator', this.why);
  }
}
/** Waits for something; who draws from the default generator until then is told why not. */
export async function drawingNothing<T>(why: string, until: Promise<T>): Promise<T> {
  const was = fallback;
  fallback = { backend: runtime.backend, generator: untraced(() => keep(new NoGenerator(why))) };
  try {
    return await until;
  } finally {
    fallback.generator.state.dispose();
    fallback = was;
  }
}
/** Starts the default generator again: all that is random from here on repeats. */
export function manualSeed(seed: number): void {
  checkCount('manualSeed', 1, arguments);
  defaultGenerator().manualSeed(seed);
}

/** A generator of random numbers. */
export const aGenerator: Kind<Generator> = instanceOf(Generator, 'a Generator');

export interface SourceOptions {
  /** Default: the default generator. */
  readonly generator?: Generator;
}
export const sourceKeys: Keys<SourceOptions> = { generator: aGenerator };
