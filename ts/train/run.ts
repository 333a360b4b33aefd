/** The state of a run: what a checkpoint holds, and how it comes back. */
import { defaultGenerator, Generator, PhylloError, Tensor, ValueError, type nn, type optim } from 'phyllo';
import type { Callback, Run } from './callback';
import { below, decodeCheckpoint, encodeCheckpoint, under } from './checkpoint';
import type { Epoch } from './history';
import { Means, type MeansState } from './means';
import type { Metrics } from './metric';
import { loadSchedule, type Schedule, type ScheduleState } from './schedule';
import { copyInto, weightsOf } from './weights';

/** What a callback threw, as the error that ended the run. */
export class CallbackError extends PhylloError {
  override readonly name = 'CallbackError';
  constructor(
    readonly callback: string,
    cause: unknown,
  ) {
    super(`callback ${callback}`, cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

type Event = 'start' | 'epochStart' | 'batchStart' | 'batchEnd' | 'epochEnd' | 'end';

/** All that a run is made of. */
export interface Parts {
  readonly model: nn.Module;
  readonly optimizers: Readonly<Record<string, optim.Optimizer>>;
  readonly schedule: Schedule | undefined;
  readonly metrics: Metrics;
  readonly callbacks: readonly Callback[];
  readonly generators: readonly Generator[];
  readonly epochs: number;
  readonly batches: number | undefined;
}

/** What a checkpoint says beside its tensors. */
interface State {
  readonly epoch: number;
  readonly batch: number;
  readonly steps: number;
  readonly lr: number;
  readonly seconds: number;
  readonly means: MeansState;
  readonly metrics: Readonly<Record<string, unknown>>;
  readonly history: readonly Epoch[];
  readonly schedule: ScheduleState | null;
  readonly callbacks: Readonly<Record<string, unknown>>;
  /** Of each generator its words now, and at the start of the epoch. */
  readonly generators: { readonly now: readonly number[][]; readonly start: readonly number[][] };
}

export class RunState implements Run {
  epoch = 0;
  batch = 0;
  steps = 0;
  /** The learning rate of the last step. */
  lr: number = NaN;
  /** Of this epoch, in the training of it alone. */
  seconds = 0;
  last: Readonly<Record<string, number>> = {};
  history: Epoch[] = [];
  stopped: string | null = null;
  again: (() => Tensor) | null = null;
  /** Whether a step is half gathered. */
  gathering = false;
  readonly epochMeans: Means = new Means();
  private epochStart: number[][] = [];

  constructor(readonly parts: Parts) {}

  get model(): nn.Module {
    return this.parts.model;
  }
  get optimizers(): Readonly<Record<string, optim.Optimizer>> {
    return this.parts.optimizers;
  }
  get epochs(): number {
    return this.parts.epochs;
  }
  get batches(): number | undefined {
    return this.parts.batches;
  }
  get samples(): number {
    return this.epochMeans.samples;
  }
  get means(): Readonly<Record<string, number>> {
    return this.epochMeans.values;
  }
  stop(why: string): void {
    this.stopped ??= why;
  }

  /** A new epoch, which generators are remembered at. */
  begin(): void {
    this.epoch++;
    this.batch = 0;
    this.seconds = 0;
    this.epochMeans.reset();
    for (const metric of Object.values(this.parts.metrics)) metric.reset();
    this.epochStart = this.words();
  }
  private words(): number[][] {
    return this.parts.generators.map(g => Array.from(g.state.toArray()));
  }
  private setWords(words: readonly (readonly number[])[]): void {
    this.parts.generators.forEach((g, i) => g.state.set(words[i]!));
  }
  /** Makes generators draw what they drew as the epoch began; what it returns brings them back to where they are now. */
  rewind(): () => void {
    const now = this.words();
    this.setWords(this.epochStart);
    return () => this.setWords(now);
  }

  /** Whether a callback has something for an event. */
  has(event: Event): boolean {
    return this.parts.callbacks.some(callback => callback[event]);
  }
  /** Calls what the callbacks have for an event. */
  async tell(event: Event): Promise<void> {
    for (const callback of this.parts.callbacks) {
      if (!callback[event]) continue;
      try {
        const later = callback[event](this);
        if (later) await later;
      } catch (e) {
        throw new CallbackError(callback.name, e);
      }
    }
  }

  get canSave(): boolean {
    return !this.gathering && (this.batch === 0 || Object.values(this.parts.metrics).every(m => m.state));
  }
  save(): Uint8Array {
    if (this.gathering) throw new ValueError('run.save', 'a step is half gathered: save after it');
    const { optimizers, schedule, metrics, callbacks } = this.parts;
    const states = callbacks.map(c => [c.name, c.state?.() ?? {}] as const);
    const state: State = {
      epoch: this.epoch,
      batch: this.batch,
      steps: this.steps,
      lr: this.lr,
      seconds: this.seconds,
      means: this.epochMeans.state(),
      metrics: this.batch === 0 ? {} : statesOf(metrics),
      history: this.history,
      schedule: schedule?.stateDict() ?? null,
      callbacks: Object.fromEntries(states.map(([name, { values = null }]) => [name, values])),
      generators: { now: this.words(), start: this.epochStart },
    };
    const tensors = Object.fromEntries([
      ...under('model', weightsOf(this.model)),
      ...Object.entries(optimizers).flatMap(([name, o]) => under(`optimizer.${name}`, o.stateDict())),
      ...states.flatMap(([name, { tensors = {} }]) => under(`callback.${name}`, tensors)),
    ]);
    return encodeCheckpoint({ tensors, state });
  }

  /** @throws {FileError} for what is no checkpoint; {ValueError} for one of another run. */
  restore(bytes: Uint8Array, file: string): void {
    const saved = decodeCheckpoint(bytes, file);
    const state = stateOf(saved.state, file);
    const { optimizers, schedule, metrics, callbacks, generators } = this.parts;
    if (state.generators.now.length !== generators.length) {
      throw new ValueError(
        'fit',
        `the checkpoint has ${state.generators.now.length} generators, the run ${generators.length}`,
      );
    }
    copyInto('fit', weightsOf(this.model), below('model', saved.tensors));
    for (const [name, o] of Object.entries(optimizers)) o.loadStateDict(below(`optimizer.${name}`, saved.tensors));
    if (schedule && state.schedule) loadSchedule(schedule, state.schedule);
    for (const c of callbacks) {
      if (!Object.hasOwn(state.callbacks, c.name)) continue; // one that was not there then begins now
      c.load?.({ values: state.callbacks[c.name], tensors: below(`callback.${c.name}`, saved.tensors) });
    }
    this.epoch = state.epoch;
    this.batch = state.batch;
    this.steps = state.steps;
    this.lr = state.lr;
    this.seconds = state.seconds;
    this.epochMeans.load(state.means);
    this.history = [...state.history];
    for (const [name, metric] of Object.entries(metrics)) {
      metric.reset();
      if (state.batch > 0) metric.load?.(state.metrics[name]);
    }
    this.epochStart = state.generators.start.map(words => [...words]);
    this.setWords(state.generators.now);
  }
}

function statesOf(metrics: Metrics): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(metrics).map(([name, metric]) => {
      if (!metric.state) throw new ValueError('run.save', `metrics.${name} has no state: save between epochs`);
      return [name, metric.state()];
    }),
  );
}

/** What was checked to be a checkpoint's by its checksum. */
function stateOf(v: unknown, file: string): State {
  if (isState(v)) return v;
  throw new ValueError('fit', `${file} has no state of a run`);
}
const isState = (v: unknown): v is State =>
  typeof v === 'object' && v !== null && ['epoch', 'batch', 'history', 'generators'].every(key => key in v);

/** The generators of a run: the default one, those of its loaders and of its modules, and others that are named. */
export function generatorsOf(model: nn.Module, others: readonly (Generator | undefined)[]): Generator[] {
  const found = new Set<Generator>([defaultGenerator()]);
  const look = (v: unknown, depth: number): void => {
    if (v instanceof Generator) found.add(v);
    else if (depth > 0 && typeof v === 'object' && v !== null && !(v instanceof Tensor)) {
      for (const inner of Object.values(v)) look(inner, depth - 1);
    }
  };
  for (const m of model.modules()) for (const field of Object.values(m)) look(field, 1);
  for (const g of others) if (g) found.add(g);
  return [...found];
}
