/** The workers of a loader. */
import { ValueError, WorkerError } from '../../core/errors';
import { errorOf } from './faults';
import type { Job, Order, Packed, Report } from './messages';
import { greeting } from './serve';
import { isWorker, startThread, type Place, type Thread } from './start';

/**
 * What came of a job: a batch; a fault in a sample, by its place in the batch, or in none; the error of a worker; nothing, of
 * an epoch that was ended.
 */
export type Outcome = Packed | { readonly at: number; readonly cause: Error } | { readonly error: unknown } | null;
export type Task = Omit<Job, 'id'>;

/** What a loader's workers make. */
export interface Product {
  readonly place: Place;
  readonly args: readonly unknown[];
  /** How many samples there are. */
  readonly length: number;
}

interface Member {
  readonly thread: Thread;
  /** Orders that wait until it is there; null: it is. */
  orders: Order[] | null;
  /** It has the dataset. */
  ready: boolean;
  /** Whether the first of its jobs is what it works on: not from when one is dropped until the next report. */
  sure: boolean;
  /** Its jobs that are under way, by number, in their order. */
  readonly jobs: Map<number, { readonly task: Task; readonly done: (outcome: Outcome) => void }>;
}

const LOADING = 'a worker cannot load the module';
/** What is missing where a function of the program is to make a worker. */
const WEB = 'this runtime has no Web Workers: give defineDataset the URL, import.meta.url, instead of a function';

export class Crew {
  readonly #where: string;
  readonly #members: Member[] = [];
  #jobs = 0;
  #awaited = 0;
  /** It takes no more jobs: what comes of them. */
  #over: { readonly outcome: Outcome } | null = null;

  /** Of up to so many, which start as there are jobs for them. Throws ValueError in a worker. */
  constructor(
    private readonly product: Product,
    private readonly workers: number,
  ) {
    this.#where = nameOf(product.place);
    if (isWorker()) {
      const why = 'they import the module of a dataset, so let it be a file apart from the program';
      throw new ValueError('DataLoader', `a worker of a DataLoader takes no workers: ${why}`);
    }
  }

  /** It takes no more jobs: it was ended, or a worker has failed. */
  get over(): boolean {
    return this.#over !== null;
  }
  get ended(): boolean {
    return this.#over?.outcome === null;
  }

  #start(): Member {
    const { place, args } = this.product;
    const thread = startThread(place, {
      told: report => this.#told(member, report),
      failed: cause => {
        const [first] = member.sure ? member.jobs.values() : [];
        const during = first ? ` while it made ${batchName(first.task.indices)}` : '';
        this.#fail(member, member.ready ? `a worker failed${during}` : LOADING, cause);
      },
    });
    const member: Member = { thread, orders: [{ args }], ready: false, sure: true, jobs: new Map() };
    if (this.#awaited > 0) thread.hold(true);
    return member;
  }
  /** The worker that has the least to do, or another where all have something. Throws WorkerError, and ends all. */
  #free(): Member {
    const [first, ...others] = this.#members;
    const least = first && others.reduce((best, m) => (m.jobs.size < best.jobs.size ? m : best), first);
    if (least && (least.jobs.size === 0 || this.#members.length === this.workers)) return least;
    try {
      const member = this.#start();
      this.#members.push(member);
      return member;
    } catch (cause) {
      const why = 'Worker' in globalThis || typeof this.product.place === 'string' ? String(cause) : WEB;
      const outcome = { error: new WorkerError(this.#where, `a worker cannot be started: ${why}`, { cause }) };
      this.#over = { outcome };
      for (const member of this.#members) this.#finish(member, outcome);
      throw outcome.error;
    }
  }

  /** Has a worker make a batch. Throws WorkerError where it cannot be started. */
  ask(task: Task): Promise<Outcome> {
    if (this.#over) return Promise.resolve(this.#over.outcome);
    const member = this.#free();
    return new Promise(done => {
      const id = this.#jobs++;
      member.jobs.set(id, { task, done });
      this.#post(member, { id, ...task });
    });
  }

  /** Ends the jobs of an epoch. */
  drop(epoch: number): void {
    for (const member of this.#members) {
      const dropped = [...member.jobs].filter(([, { task }]) => task.epoch === epoch);
      for (const [id, { done }] of dropped) {
        member.jobs.delete(id);
        done(null);
      }
      if (dropped.length > 0) {
        member.sure = false;
        this.#post(member, { ended: epoch });
      }
      this.#rest(member);
    }
  }

  /** Keeps the process from ending as long as somebody waits for a batch. */
  async attended<T>(waiting: Promise<T>): Promise<T> {
    if (this.#awaited++ === 0) this.#hold(true);
    try {
      return await waiting;
    } finally {
      if (--this.#awaited === 0) this.#hold(false);
    }
  }
  #hold(on: boolean): void {
    for (const { thread } of this.#members) thread.hold(on);
  }

  /** Ends the workers, and the epochs that are under way. */
  end(): void {
    this.#over ??= { outcome: null };
    for (const member of this.#members) this.#finish(member, null);
  }
  /** Ends a worker; the others do what they were asked for before. */
  #fail(member: Member, what: string, cause?: unknown): void {
    const error =
      cause === undefined
        ? new WorkerError(this.#where, what)
        : new WorkerError(this.#where, `${what}: ${String(cause)}`, { cause });
    const outcome = { error };
    this.#over ??= { outcome };
    this.#finish(member, outcome);
    for (const m of this.#members) this.#rest(m);
  }
  #finish({ thread, jobs }: Member, outcome: Outcome): void {
    thread.end();
    for (const { done } of jobs.values()) done(outcome);
    jobs.clear();
  }
  /** Ends a worker that has nothing to do, and will have nothing. */
  #rest(member: Member): void {
    if (this.#over && member.jobs.size === 0) member.thread.end();
  }

  #post(member: Member, order: Order): void {
    if (member.orders) member.orders.push(order);
    else member.thread.post(order);
  }

  #told(member: Member, report: Report): void {
    if ('hello' in report) this.#greeted(member, report.hello);
    else if ('length' in report) {
      const [there, here] = [report.length, this.product.length];
      member.ready = true;
      if (there !== here) this.#fail(member, `the dataset has ${there} samples in a worker, and ${here} here`);
    } else if (!('id' in report)) this.#fail(member, 'a worker cannot make the dataset', errorOf(report.fault));
    else {
      const job = member.jobs.get(report.id);
      member.jobs.delete(report.id);
      member.sure = true;
      job?.done('batch' in report ? report.batch : { at: report.at, cause: errorOf(report.fault) });
      this.#rest(member);
    }
  }
  #greeted(member: Member, hello: string): void {
    const { orders } = member;
    if (orders === null) return this.#fail(member, 'the module, or one that it imports, defines a second dataset');
    if (hello !== greeting()) {
      return this.#fail(member, `a worker has other bits: it is ${hello}, and this thread ${greeting()}`);
    }
    member.orders = null;
    try {
      for (const order of orders) member.thread.post(order);
    } catch (e) {
      this.#fail(member, 'the arguments of the dataset cannot go to another thread', e);
    }
  }
}

/** What errors call the module of a dataset. */
export const nameOf = (place: Place): string => (typeof place === 'function' ? 'a worker of the DataLoader' : place);

/** The samples of a batch, of which there may be many. */
export function batchName(indices: Int32Array): string {
  const some = indices.subarray(0, 4).join(', ');
  return `the batch of ${indices.length === 1 ? 'sample' : 'samples'} ${some}${indices.length > 4 ? ' …' : ''}`;
}
