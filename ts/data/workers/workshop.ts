/** What loaders do with a dataset that workers can make. */
import { whenGone } from '../../core/collector';
import { ValueError, WorkerError } from '../../core/errors';
import { scopedLater } from '../../core/later';
import { scope } from '../../core/scope';
import type { Generator } from '../../ops/generator';
import { WHOLE, type Collate, type Run } from '../batch';
import { usedAfterDispose, type Epoch, type Origin, type Workshop } from '../origins';
import { batchName, Crew, nameOf, type Outcome, type Product, type Task } from './crew';
import type { Packed } from './messages';
import { unpack } from './pack';
import { checkSendable } from './sendable';
import { drawKey, Seeds, type Key } from './seeds';

/** What a worker takes of memory beside its tensors, in bytes: so much garbage calls for a collection. */
const WORKER = 2 ** 25;

/** How many datasets each module has defined: workers find one. */
export const definitions: Map<unknown, number> = new Map();

export class DatasetWorkshop implements Workshop {
  readonly #seeds = new Seeds();
  readonly #crews: WeakMap<object, { readonly crew: Crew; readonly forget: () => void }> = new WeakMap();
  #epochs = 0;

  constructor(
    private readonly product: Product,
    private readonly modules: Collate<unknown, unknown> | undefined,
  ) {}

  collate<S, T>(): Collate<S, T> | undefined;
  collate(): Collate<unknown, unknown> | undefined {
    return this.modules;
  }
  check(collate: object | undefined): void {
    if (collate !== undefined && collate !== this.modules) {
      const what = 'with workers, collate is the function that defineDataset was given as an option, or left out';
      throw new ValueError('DataLoader', what);
    }
    const { place, args } = this.product;
    const times = definitions.get(place) ?? 1;
    if (times > 1) {
      const what = `defineDataset is called ${times} times with this URL, and workers take one dataset of a module: tell several by an argument`;
      throw new ValueError(nameOf(place), what);
    }
    checkSendable(args);
  }

  seeded(generator: Generator | undefined): (first: number) => Run {
    const key = drawKey(generator);
    return first => this.#seeds.run(key, first);
  }

  epoch<T>(epoch: Epoch<T>, at: Origin['at']): AsyncIterableIterator<T> {
    const key = drawKey(epoch.generator);
    return scopedLater(this.#batches(epoch, at, key), 'the DataLoader');
  }

  end(loader: object): void {
    const there = this.#crews.get(loader);
    there?.forget();
    there?.crew.end();
  }

  /** The workers of a loader, which must not lead to it: they end when it is garbage. */
  #crewOf(loader: object, workers: number): Crew {
    const there = this.#crews.get(loader);
    if (there && !there.crew.over) return there.crew;
    there?.forget();
    const crew = new Crew(this.product, workers);
    const forget = whenGone(loader, () => crew.end(), WORKER * workers);
    this.#crews.set(loader, { crew, forget });
    return crew;
  }

  /** Of each batch what makes it in this thread, as it comes from the workers. */
  async *#batches<T>(of: Epoch<T>, at: Origin['at'], key: Key): AsyncGenerator<() => T> {
    const { loader, workers, prefetch, transform } = of;
    const crew = (): Crew => this.#crewOf(loader, workers);
    const ahead = new Ahead(crew, of.batches, at, { epoch: this.#epochs++, key });
    const where = nameOf(this.product.place);
    try {
      for (;;) {
        ahead.ask(workers * prefetch);
        const next = ahead.next();
        if (next === undefined) return;
        const outcome = await next.outcome;
        ahead.ask(workers * prefetch); // before the loop's turn, which may be long
        if (outcome === null || ahead.ended) throw usedAfterDispose();
        const batch = packedOf(where, next.indices, outcome);
        yield () =>
          scope(() => (transform ? transform(unpack<T>(batch)) : unpack<T>(batch)), 'a batch of the DataLoader');
      }
    } finally {
      ahead.end();
    }
  }
}

/** A batch that was asked for. */
interface Awaited {
  readonly indices: Int32Array;
  readonly outcome: Promise<Outcome>;
}

/** The batches of an epoch that were asked for and have not been taken. */
class Ahead {
  readonly #indices: Iterator<Int32Array>;
  readonly #waiting: Awaited[] = [];
  #crew: Crew | null = null;
  #first = 0;
  #more = true;

  /** `start` is asked for workers once there is a batch to make. */
  constructor(
    private readonly start: () => Crew,
    batches: Iterable<Int32Array>,
    private readonly at: Origin['at'],
    private readonly of: Pick<Task, 'epoch' | 'key'>,
  ) {
    this.#indices = batches[Symbol.iterator]();
  }

  /** Asks for batches until n are waited for, or all there are. */
  ask(n: number): void {
    while (this.#more && this.#waiting.length < n) {
      try {
        const { done, value: indices } = this.#indices.next();
        this.#more = !done;
        if (!done) this.#waiting.push({ indices, outcome: this.#asked(indices) });
      } catch (error) {
        this.#more = false; // what a sampler throws comes after the batches before it
        this.#waiting.push({ indices: new Int32Array(0), outcome: Promise.resolve({ error }) });
      }
    }
  }
  #asked(indices: Int32Array): Promise<Outcome> {
    this.#crew ??= this.start();
    const first = this.#first;
    this.#first += indices.length;
    return this.#crew.ask({ ...this.of, indices: this.at(indices), first });
  }

  /** The next batch, which the process does not end without. */
  next(): Awaited | undefined {
    const next = this.#waiting.shift();
    return next && this.#crew ? { ...next, outcome: this.#crew.attended(next.outcome) } : next;
  }

  /** The loader was disposed of. */
  get ended(): boolean {
    return this.#crew?.ended === true;
  }

  end(): void {
    this.#crew?.drop(this.of.epoch);
    this.#indices.return?.(); // a generator's, which does nothing after its end
  }
}

/** The batch that came of a job; throws what went wrong. */
function packedOf(where: string, indices: Int32Array, outcome: NonNullable<Outcome>): Packed {
  if ('tree' in outcome) return outcome;
  if ('error' in outcome) throw outcome.error;
  const { at, cause } = outcome;
  const sample = at === WHOLE ? null : indices[at]!;
  const what = sample === null ? batchName(indices) : `sample ${sample}`;
  throw new WorkerError(where, `${what}: ${String(cause)}`, { cause }, sample);
}
