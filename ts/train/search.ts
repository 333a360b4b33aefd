/**
 * Model selection: settings are tried on the validation set, and the best is chosen by it. The test set has no place here: it
 * is looked at once, afterwards.
 */
import { FileError, Generator, writeFile } from 'phyllo';
import {
  aFunction,
  aNumber,
  check,
  kind,
  oneOf,
  options as optionsOf,
  requires,
  wholeNumber,
  type Kind,
} from 'phyllo/kinds';
import { readFile } from './files';
import { aSpace, drawnFrom, gridOf, type Choice, type Settings, type Space } from './space';

export interface Trial<S extends Space = Space> {
  readonly settings: Settings<S>;
  /** What `run` returned; NaN for a trial that failed. */
  readonly score: number;
  /** Epochs that it was given. */
  readonly budget: number;
  /** Why it failed. */
  readonly error?: string;
}

export interface SearchOptions<S extends Space> {
  readonly space: S;
  /**
   * Every combination of the values (`grid`); so many draws (`random`, Bergstra and Bengio 2012); or draws that all begin with
   * a small budget, of which the best share goes on with a larger one (`halving`: Jamieson and Talwalkar 2016).
   */
  readonly method: 'grid' | 'random' | 'halving';
  /** How many draws. Default 20; of a grid there are as many as there are. */
  readonly trials?: number;
  /** Trains a model with these settings for so many epochs. Its score on the validation set. */
  readonly run: (settings: Settings<S>, budget: number) => number | Promise<number>;
  /** Which scores are better. Default `max`. */
  readonly mode?: 'min' | 'max';
  /** Epochs of a trial; of halving, those of its last round. Default 10. */
  readonly budget?: number;
  /** Of halving: one in so many goes on, with so many times the budget. Default 3. */
  readonly factor?: number;
  /** Where draws start from. Default 0. */
  readonly seed?: number;
  /** A JSON file of the trials that are done: a search that is cut off goes on there. */
  readonly file?: string;
  /** Ends the search after the trial that is under way. */
  readonly signal?: AbortSignal;
  /** Told of each trial that is done. */
  readonly onTrial?: (trial: Trial<S>, done: number) => void;
}

/** What was tried, in order, and what was best. */
export interface Search<S extends Space = Space> {
  /** Of those with the largest budget, the one with the best score; null if all failed. */
  readonly best: Trial<S> | null;
  readonly trials: readonly Trial<S>[];
  /** A table, the best first. */
  toString(): string;
}

const searchOptions: Kind<SearchOptions<Space>> = requires(
  optionsOf<SearchOptions<Space>>({
    space: aSpace,
    method: oneOf('grid', 'random', 'halving'),
    trials: wholeNumber(1),
    run: aFunction(),
    mode: oneOf('min', 'max'),
    budget: wholeNumber(1),
    factor: aNumber(1.5, 100),
    seed: wholeNumber(0, Number.MAX_SAFE_INTEGER),
    file: kind<string>('the path of a file', v => typeof v === 'string' && v !== ''),
    signal: kind<AbortSignal>('an AbortSignal', v => typeof v === 'object' && v !== null && 'aborted' in v),
    onTrial: aFunction(),
  }),
  'space',
  'method',
  'run',
);

/** A trial by what it is: settings, in their order, and budget. */
const keyOf = (settings: object, budget: number): string => JSON.stringify([settings, budget]);

/** Trials that are done, kept in a file if there is one. */
class Ledger {
  readonly trials: Trial[] = [];
  private readonly known: Map<string, Trial> = new Map();

  constructor(private readonly file: string | undefined) {}

  async open(): Promise<void> {
    if (this.file === undefined) return;
    const bytes = await readFile(this.file).catch((e: unknown) => {
      if (e instanceof FileError && codeOf(e.cause) === 'ENOENT') return null;
      throw e;
    });
    if (bytes) for (const trial of parsed(bytes, this.file)) this.known.set(keyOf(trial.settings, trial.budget), trial);
  }
  find(settings: object, budget: number): Trial | undefined {
    return this.known.get(keyOf(settings, budget));
  }
  async add(trial: Trial): Promise<void> {
    this.trials.push(trial);
    this.known.set(keyOf(trial.settings, trial.budget), trial);
    if (this.file !== undefined) await writeFile(this.file, `${JSON.stringify([...this.known.values()], null, 1)}\n`);
  }
}
const codeOf = (e: unknown): unknown => (e instanceof Error && 'code' in e ? e.code : undefined);
function parsed(bytes: Uint8Array, file: string): Trial[] {
  try {
    const list: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (Array.isArray(list) && list.every(isTrial)) return list.map(t => ({ ...t, score: t.score ?? NaN }));
  } catch (cause) {
    throw new FileError(file, 'is no file of trials: it is no JSON', { cause });
  }
  throw new FileError(file, 'is no file of trials');
}
const isTrial = (v: unknown): v is Trial =>
  typeof v === 'object' &&
  v !== null &&
  'settings' in v &&
  typeof v.settings === 'object' &&
  'budget' in v &&
  'score' in v;

/**
 * Tries settings and says which are best on the validation set. A trial that throws is one that failed: its error is kept, and
 * the search goes on.
 *
 *     const found = await search({
 *       space: { lr: { low: 1e-4, high: 1e-1, scale: 'log' }, hidden: [16, 32, 64] },
 *       method: 'random',
 *       run: async ({ lr, hidden }, epochs) => { …; return history.epochs.at(-1)!.validation!.accuracy; },
 *     });
 *
 * @throws {ValueError} for options of another kind; {FileError} for a file that is none of trials.
 */
export async function search<const S extends Space>(options: SearchOptions<S>): Promise<Search<S>>;
export async function search(options: SearchOptions<Space>): Promise<Search> {
  check('search', 'options', searchOptions, options);
  const { space, method, run, mode = 'max', budget = 10, factor = 3, seed = 0, file, signal, onTrial } = options;
  const ledger = new Ledger(file);
  await ledger.open();
  const better = (a: Trial, b: Trial): number =>
    Number(Number.isNaN(a.score)) - Number(Number.isNaN(b.score)) ||
    (mode === 'max' ? b.score - a.score : a.score - b.score) ||
    0;
  const tried = async (settings: Record<string, Choice>, epochs: number): Promise<Trial | null> => {
    const known = ledger.find(settings, epochs);
    if (!known && signal?.aborted) return null;
    const trial = known ?? (await trialOf(settings, epochs, run));
    await ledger.add(trial);
    onTrial?.(trial, ledger.trials.length);
    return trial;
  };
  const generator = new Generator(seed);
  let candidates =
    method === 'grid' ? gridOf(space) : Array.from({ length: options.trials ?? 20 }, () => drawnFrom(space, generator));
  const rounds = method === 'halving' ? Math.floor(Math.log(candidates.length) / Math.log(factor)) : 0;
  for (let round = rounds; round >= 0; round--) {
    const epochs = Math.max(1, Math.round(budget / factor ** round));
    const results: Trial[] = [];
    for (const settings of candidates) {
      const trial = await tried(settings, epochs);
      if (trial) results.push(trial);
    }
    if (results.length < candidates.length) break;
    candidates = results
      .sort(better)
      .slice(0, Math.max(1, Math.floor(candidates.length / factor)))
      .map(t => t.settings);
  }
  const { trials } = ledger;
  const largest = Math.max(0, ...trials.map(t => t.budget));
  const ranked = trials.filter(t => t.budget === largest && !Number.isNaN(t.score)).sort(better);
  return {
    best: ranked[0] ?? null,
    trials,
    toString: () => tableOf([...trials].sort((a, b) => b.budget - a.budget || better(a, b))),
  };
}

async function trialOf(
  settings: Record<string, Choice>,
  budget: number,
  run: SearchOptions<Space>['run'],
): Promise<Trial> {
  try {
    const score = await run(settings, budget);
    check(
      'search',
      'what run returns',
      kind('a number', v => typeof v === 'number'),
      score,
    );
    return Number.isNaN(score) ? { settings, score, budget, error: 'its score is NaN' } : { settings, score, budget };
  } catch (e) {
    return { settings, score: NaN, budget, error: e instanceof Error ? e.message : String(e) };
  }
}

function tableOf(trials: readonly Trial[]): string {
  const names = Object.keys(trials[0]?.settings ?? {});
  const shown = (v: Choice): string => (typeof v === 'number' && !Number.isInteger(v) ? v.toPrecision(4) : String(v));
  const rows = [
    [...names, 'epochs', 'score'],
    ...trials.map(t => [...names.map(name => shown(t.settings[name]!)), String(t.budget), t.error ?? shown(t.score)]),
  ];
  const widths = rows[0]!.map((_, j) => Math.max(...rows.map(row => row[j]!.length)));
  return rows.map(row => row.map((cell, j) => cell.padStart(widths[j]!)).join('  ')).join('\n');
}

/** Mean and standard deviation (of a sample) of the scores of some folds. */
export interface CrossValidation {
  readonly mean: number;
  readonly deviation: number;
  readonly scores: readonly number[];
}
/**
 * The scores of a run on each of some folds, one after the other: what is trained on, and what is validated on. For nested
 * selection `run` is itself a search on folds of its first part.
 */
export async function crossValidate<F>(
  folds: readonly F[],
  run: (fold: F, index: number) => number | Promise<number>,
): Promise<CrossValidation> {
  check(
    'crossValidate',
    'folds',
    kind('a list of folds, at least one', v => Array.isArray(v) && v.length > 0),
    folds,
  );
  check('crossValidate', 'run', aFunction<typeof run>(), run);
  const scores: number[] = [];
  for (const [i, fold] of folds.entries()) {
    const score = await run(fold, i);
    check(
      'crossValidate',
      `what run returns of fold ${i}`,
      kind('a number', v => typeof v === 'number'),
      score,
    );
    scores.push(score);
  }
  const mean = scores.reduce((a, b) => a + b, 0) / scores.length;
  const squares = scores.reduce((a, b) => a + (b - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / Math.max(scores.length - 1, 1)), scores };
}
