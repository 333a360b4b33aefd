/**
 * Threads that take parts of kernel calls (crates/wasm/src/threads.rs): each an instance of the binary on the same
 * memory. They are started by a foreman, a thread that only listens: it learns when one ends, while the calling thread
 * computes or waits.
 */
import { ValueError } from '../../core/errors';
import type { Threads } from '../backend';
import type { Binary } from './kernels';
import { LinearMemory } from './memory';

/** What a binary for several threads exports besides. */
export interface ThreadedBinary extends Binary {
  /** The address of so many bytes that stay in use, or 0. */
  reserve(bytes: number): number;
  allowThreads(n: number, mayWait: number): void;
  tryThreads(least: number, delay: number): void;
  runningThreads(): number;
  /** Ends a call that an exception cuts off. */
  abandon(): void;
}

export function isThreaded(binary: Binary): binary is ThreadedBinary {
  return 'runningThreads' in binary;
}

/** A running worker that was given text to run and a value to begin with. */
export interface Worker {
  post(message: unknown): void;
}
/** Starts a worker; `said` is called with what it posts, `failed` where it cannot run. Throws where none can be made. */
export type StartWorker = (
  source: string,
  data: object,
  said: (message: unknown) => void,
  failed: (cause: string) => void,
) => Worker;

/** The most threads, as threads.rs has it. */
export const MOST = 64;
const STACK_BYTES = 2 ** 20;
const NOTE_BYTES = 512;

/**
 * What workers run, foreman and threads alike, by `role`. It is text, so that no bundler has to find a file. In Node, Deno
 * and Bun workers are those of node:worker_threads, elsewhere the web's.
 */
const SOURCE = `
const web = typeof globalThis.postMessage === 'function' && typeof importScripts === 'function';
const node = web ? null : import('node:worker_threads');
const instance = ({ module, memory }, top, phyllo) => {
  const imports = { env: { memory } };
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    if (kind === 'function') (imports[from] ??= {})[name] = phyllo[name] ?? (() => {});
  }
  const { exports } = new WebAssembly.Instance(module, imports);
  exports.__stack_pointer.value = top;
  return exports;
};
const compute = data => {
  const { thread, top } = data;
  let told = false;
  const phyllo = instance(data, top, {
    panicked(...words) {
      told = true;
      phyllo.partFailed(thread, ...words);
      throw null;
    },
  });
  for (;;) {
    try {
      phyllo.work(thread);
    } catch {
      if (!told) phyllo.partFailed(thread, 0, 0, 0, 0, 0);
      told = false;
      phyllo.__stack_pointer.value = top;
    }
  }
};
const oversee = (data, spawn, tell) => {
  const { memory, note } = data;
  const phyllo = instance(data, data.top, {});
  const threads = new Map();
  const start = (thread, top) => {
    const ended = cause => {
      if (!threads.delete(thread)) return;
      const text = new TextEncoder().encode(String(cause)).subarray(0, ${NOTE_BYTES});
      const bytes = new Uint8Array(memory.buffer, note, ${NOTE_BYTES});
      bytes.fill(0);
      bytes.set(text);
      phyllo.threadEnded(thread);
      tell({ thread, cause: String(cause) });
    };
    threads.set(thread, spawn({ ...data, role: 'compute', thread, top }, ended));
  };
  return ({ start: thread, top, end }) => {
    if (end === undefined) return start(thread, top);
    setTimeout(() => threads.get(end)?.terminate(), 50);
  };
};
if (web) {
  onmessage = ({ data }) => {
    if (data.role === 'compute') return compute(data);
    const spawn = (data, ended) => {
      const worker = new Worker(data.source);
      worker.onerror = event => ended(event.message ?? 'it could not be started');
      worker.postMessage(data);
      return { terminate: () => (worker.terminate(), ended('it was ended')) };
    };
    const listen = oversee(data, spawn, postMessage);
    onmessage = ({ data }) => listen(data);
  };
} else {
  node.then(({ Worker, parentPort, workerData }) => {
    if (workerData.role === 'compute') return compute(workerData);
    const spawn = (data, ended) => {
      const worker = new Worker(data.source, { eval: true, workerData: data, stdin: false });
      let cause = null;
      worker.on('error', error => (cause = error?.message ?? error));
      worker.on('exit', code => ended(cause ?? 'it exited with code ' + code));
      return worker;
    };
    parentPort.on('message', oversee(workerData, spawn, message => parentPort.postMessage(message)));
  });
}
`;

/** How many threads a setting asks for; null where there is none. */
export function threadsAsked(setting: unknown): number | null {
  if (setting === undefined || setting === '') return null;
  const n = Number(setting);
  if (Number.isInteger(n) && n >= 1 && n <= MOST) return n;
  throw new ValueError('PHYLLO_THREADS', `takes a whole number from 1 to ${MOST}, this is ${String(setting)}`);
}

/** As the binaries for several threads declare it, in pages of 64 KiB. */
const INITIAL_PAGES = 32;
/** The most it may grow to, of which an engine sets the addresses aside: 4 GiB, or less where there is no room for these. */
const MAXIMAL_PAGES = [65536, 32768, 16384];

/** A memory for several threads, or null where there can be none. */
export function sharedMemory(): WebAssembly.Memory | null {
  for (const maximum of MAXIMAL_PAGES) {
    try {
      return new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum, shared: true });
    } catch (error) {
      if (!(error instanceof RangeError)) return null;
    }
  }
  return null;
}

/** How many threads are wished for and the means to run them. */
export interface ThreadOptions {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** Asked for when the first are to be started: to count cores takes time. */
  readonly asked: () => number;
  readonly start: StartWorker;
  /** Whether the calling thread may wait: a page's main thread may not. */
  readonly mayWait: boolean;
}

/** Where there is one thread, and why. */
export const oneThread = (why: string): Threads => ({ asked: 1, running: 1, why, use: async () => 1 });

/** What starts takes tens of milliseconds, on a busy machine some hundreds. */
const START_MS = 20_000;
/** How many threads may end before no more are started. */
const MOST_ENDED = 8;

/** The threads of one binary. */
export class ThreadPool implements Threads {
  private failure: string | null = null;
  private ended = 0;
  private wanted: number | null = null;
  private foreman: Worker | null = null;
  /** Numbers of threads that were started and have not ended. */
  private readonly started = new Set<number>();
  /** The end of each one's stack: they are never given back, and used by who comes after. */
  private readonly stacks: number[] = [];
  private note = 0;

  constructor(
    private readonly binary: ThreadedBinary,
    private readonly options: ThreadOptions,
  ) {
    // As many as there may be, until they are counted.
    binary.allowThreads(MOST, options.mayWait ? 1 : 0);
  }

  get asked(): number {
    return (this.wanted ??= this.options.asked());
  }

  get running(): number {
    return this.binary.runningThreads();
  }
  get why(): string | null {
    if (this.running >= this.asked) return null;
    return this.failure ?? (this.foreman ? 'they are starting' : 'the first long computation starts them');
  }
  /** Why the last one ended that did. */
  get cause(): string {
    if (this.note === 0) return '';
    const bytes = new LinearMemory(this.options.memory).readBytes(this.note, NOTE_BYTES);
    return new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(0)));
  }

  async use(n: number): Promise<number> {
    this.wanted = n;
    this.begin();
    // They say that they are there in memory alone.
    const end = performance.now() + START_MS;
    while (this.running < n && this.failure === null) {
      await new Promise(resolve => setTimeout(resolve, 1));
      if (performance.now() > end) this.failure = `they have not started within ${START_MS / 1000} s`;
    }
    return this.running;
  }

  /** Starts the threads that are missing. They take part from when they are there; nobody waits for them. */
  begin(): void {
    this.failure = null;
    this.binary.allowThreads(this.asked, this.options.mayWait ? 1 : 0);
    for (let thread = 1; thread < this.asked && this.failure === null; thread++) {
      if (this.started.has(thread)) continue;
      try {
        this.foreman ??= this.hire();
        const top = (this.stacks[thread] ??= this.reserve(STACK_BYTES));
        this.started.add(thread);
        this.foreman.post({ start: thread, top });
      } catch (error) {
        this.started.delete(thread);
        this.failure = error instanceof Error ? error.message : String(error);
      }
    }
  }

  /** Ends a call that an exception cuts off. */
  abandon(): void {
    this.binary.abandon();
  }

  /**
   * From how much work on a part is worth a thread, 0 for what was measured, and how many turns threads spin before a
   * part, at random: for tests.
   */
  try(least: number, delay: number): void {
    this.binary.tryThreads(least, delay);
  }

  /** Ends a thread, in a moment, in the middle of whatever it does: for tests. */
  end(thread: number): void {
    this.foreman?.post({ end: thread });
  }

  private hire(): Worker {
    const { module, memory, start } = this.options;
    this.note ||= this.reserve(NOTE_BYTES) - NOTE_BYTES;
    const data = { module, memory, note: this.note, top: this.reserve(STACK_BYTES), source: SOURCE };
    return start(
      SOURCE,
      data,
      message => this.hear(message),
      cause => this.lose(cause),
    );
  }
  /** The end of so many bytes. */
  private reserve(bytes: number): number {
    const at = this.binary.reserve(bytes) >>> 0;
    if (at === 0) throw new ValueError('threads', `there is no room for a stack of ${bytes} bytes`);
    return at + bytes;
  }
  /** A thread has ended, and another takes its place, unless that happens again and again. */
  private hear(message: unknown): void {
    if (typeof message !== 'object' || message === null || !('thread' in message)) return;
    this.started.delete(Number(message.thread));
    if (++this.ended <= MOST_ENDED) this.begin();
    else
      this.failure = `${this.ended} threads ended, the last since ${'cause' in message ? String(message.cause) : ''}`;
  }
  private lose(cause: string): void {
    this.foreman = null;
    this.started.clear();
    this.failure = cause;
  }
}
