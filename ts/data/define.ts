/** Datasets in modules of their own, which other threads can make as well. */
import { aFunction, checkCount, kind, options as optionsOf, type Kind } from '../core/kinds';
import { checkArguments } from '../core/signature';
import type { Dataset, Item } from './dataset';
import { origins } from './origins';
import { checkedDataset, serve } from './workers/serve';
import { portOf, type Place, type WebWorker } from './workers/start';
import { DatasetWorkshop, definitions } from './workers/workshop';

export interface DefineOptions<S = never> {
  /**
   * Makes batches of samples wherever a loader has no `collate` of its own, and always in workers. Where batches are of
   * another type than samples, TypeScript learns it from the loader: give it the same function.
   */
  readonly collate?: (samples: S[]) => unknown;
}

/** A URL, in projects without the types of Node and browsers too. */
export interface Located {
  readonly href: string;
}
const isPath = (v: unknown): boolean => typeof v === 'string' && /^([./\\]|[A-Za-z]:[/\\])/.test(v);
const isUrl = (v: unknown): boolean => {
  try {
    return v instanceof URL || (typeof v === 'string' && !isPath(v) && new URL(v).href !== '');
  } catch {
    return false;
  }
};
const notUrl = (v: unknown): string =>
  v === undefined
    ? ': a CommonJS module has pathToFileURL(__filename), of node:url'
    : isPath(v)
      ? ', a path: pathToFileURL(path), of node:url, makes a URL of it'
      : '';
const aPlace: Kind<Place | Located> = kind(
  "the module's URL, import.meta.url, or a function that makes a worker of it",
  v => typeof v === 'function' || isUrl(v),
  { hint: notUrl },
);

/**
 * Says how to make a dataset, in a module of its own: that is how the workers of a DataLoader come to it, since functions
 * cannot go to other threads. They import the module, and call `make` with the same arguments, which are plain data: as
 * `structuredClone` copies them. The function that is returned makes the dataset in this thread, as it is.
 *
 *     // photos.js
 *     export const photos = defineDataset(import.meta.url, folder => {
 *       const files = readdirSync(folder);
 *       return { length: files.length, get: i => [augmented(decode(files[i])), label(files[i])] };
 *     });
 *     // train.js
 *     const loader = new DataLoader(photos('train'), { batchSize: 64, shuffle: true, workers: 2 });
 *     for await (const [x, t] of loader) …
 *
 * Random numbers of the default generator are the same in each thread, and with no workers: each sample has a share of a
 * stream that is seeded once per epoch, by the loader's generator, whichever thread makes the sample, and whatever it
 * drew before. Of `Math.random` and generators of the module's own that does not hold. Batches have no gradients.
 *
 * @param where `import.meta.url`. Where a bundler must be told of the worker, `() => new Worker(new URL('./photos.js',
 *   import.meta.url), { type: 'module' })`.
 * @param make may return a promise of the dataset, and the dataset's `get` a promise of a sample, each of which `for await`
 *   takes. All samples of a batch are asked for at once; what they draw of the default generator they draw before they
 *   await.
 * @throws {ValueError} for what is no URL, and if `make` does not return a dataset. A module defines one: tell several by
 *   an argument, or loaders refuse workers for them.
 */
export function defineDataset<A extends readonly unknown[], S extends Item | Promise<Item>, E extends object>(
  where: string | Located | (() => WebWorker),
  make: (...args: A) => Dataset<S> & E,
  options?: DefineOptions<NoInfer<Awaited<S>>>,
): (...args: A) => Dataset<S> & E;
export function defineDataset<A extends readonly unknown[], S extends Item | Promise<Item>, E extends object>(
  where: string | Located | (() => WebWorker),
  make: (...args: A) => Promise<Dataset<S> & E>,
  options?: DefineOptions<NoInfer<Awaited<S>>>,
): (...args: A) => Promise<Dataset<S> & E>;
export function defineDataset(
  where: Place | Located,
  make: (...args: unknown[]) => unknown,
  options: { readonly collate?: (samples: unknown[]) => unknown } = {},
): (...args: unknown[]) => unknown {
  checkArguments(
    'defineDataset',
    [
      ['where', aPlace],
      ['make', aFunction()],
      ['options', optionsOf<typeof options>({ collate: aFunction() })],
    ],
    [where, make, options],
  );
  checkCount('defineDataset', 3, arguments);
  const { collate } = options;
  const place = typeof where === 'object' ? where.href : where;
  if (typeof place === 'string') definitions.set(place, (definitions.get(place) ?? 0) + 1);
  const port = portOf(place);
  if (port) serve(port, args => make(...args), collate);
  const made = (v: unknown, args: readonly unknown[]): unknown => {
    const dataset = checkedDataset(v);
    const product = { place, args, length: dataset.length };
    origins.set(dataset, { workshop: new DatasetWorkshop(product, collate), at: indices => indices });
    return v;
  };
  return (...args) => {
    const v = make(...args);
    return v instanceof Promise ? v.then(dataset => made(dataset, args)) : made(v, args);
  };
}
