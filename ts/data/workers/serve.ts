/** What a worker does: it makes the batches that its loader asks for. */
import { VERSION } from '../../core/display';
import { ValueError } from '../../core/errors';
import { runtime } from '../../core/runtime';
import { scope } from '../../core/scope';
import { draftOf, partsOf, SampleFault, WHOLE, type Collate, type Draft } from '../batch';
import { drawingNothing } from '../../ops/generator';
import { aDataset, hasSamples, type Dataset } from '../dataset';
import { faultOf } from './faults';
import type { Job, Packed } from './messages';
import { pack } from './pack';
import { Seeds } from './seeds';
import type { Port } from './start';

/** By what a worker and its loader must agree, for the same bits. */
export const greeting = (): string => `phyllo ${VERSION} on ${runtime.backend.name}`;

/** Makes the dataset of some arguments. */
export type Make = (args: readonly unknown[]) => unknown;

/** Makes a dataset and its batches as the port says. */
export function serve(port: Port, make: Make, collate: Collate<unknown, unknown> | undefined): void {
  const seeds = new Seeds();
  let dataset: Dataset<unknown> | null = null;
  let jobs: Job[] = [];
  let busy = false;
  let greeted = false;
  let enlisted = false;

  /** A loader has this thread, and the cores are for its workers. */
  const enlist = (): void => {
    if (!enlisted) void runtime.backend.threads?.use(1);
    enlisted = true;
  };
  const greet = (): void => {
    if (!greeted) port.post({ hello: greeting() });
    greeted = true;
  };
  const open = async (args: readonly unknown[]): Promise<void> => {
    try {
      dataset = checkedDataset(await make(args));
      port.post({ length: dataset.length });
      proceed();
    } catch (e) {
      port.post({ fault: faultOf(e) });
    }
  };
  /** Does the next job in a turn of its own, so that an epoch's end is heard in between. */
  const proceed = (): void => {
    if (busy || dataset === null || jobs.length === 0) return;
    busy = true;
    const from = dataset;
    soon(async () => {
      const job = jobs.shift();
      if (job) await work(from, job);
      busy = false;
      proceed();
    });
  };
  const send = (id: number, batch: Packed): void => {
    const memory = batch.tensors.map(({ bytes }) => bytes.buffer);
    try {
      port.post(
        { id, batch },
        memory.filter(buffer => buffer instanceof ArrayBuffer),
      );
    } catch (cause) {
      const what = 'a batch goes to another thread if it is tensors, numbers and text in lists and plain objects';
      throw new ValueError('DataLoader', what, { cause });
    }
  };
  const work = async (from: Dataset<unknown>, { id, indices, first, key }: Job): Promise<void> => {
    let draft: Draft<unknown> | undefined;
    try {
      const run = seeds.run(key, first);
      const { batch } = (draft = await draftOf(() => partsOf(from, indices, collate, run), drawnBefore));
      const packed = scope(() => pack(batch()), 'a batch of the DataLoader');
      send(id, packed);
    } catch (e) {
      const [at, cause] = e instanceof SampleFault ? [e.at, e.cause] : [WHOLE, e];
      port.post({ id, at, fault: faultOf(cause) });
    } finally {
      draft?.drop();
    }
  };

  port.listen(order => {
    enlist();
    if (order === 'hello?') greet();
    else if ('args' in order) void open(order.args);
    else if ('ended' in order) jobs = jobs.filter(job => job.epoch !== order.ended);
    else {
      jobs.push(order);
      proceed();
    }
  });
  if (!port.awaited) return;
  enlist();
  greet();
}

/** Draws of the default generator after an await would not be the sample's own, but as chance has it. */
const drawnBefore = <T>(until: Promise<T>): Promise<T> =>
  drawingNothing('random numbers of a sample are drawn before its get awaits', until);

/** Throws unless samples can be taken from it by their numbers. */
export function checkedDataset(v: unknown): Dataset<unknown> {
  return hasSamples(v) ? v : aDataset().refuse('defineDataset', 'what make returns', v);
}

/** Runs f after what has come in by then. */
const soon = (f: () => Promise<void>): void => void (globalThis.setImmediate ?? setTimeout)(f);
