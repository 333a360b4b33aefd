/**
 * Threads that take parts of kernel calls (crates/wasm/src/threads.rs): each an instance of the binary on the same
 * memory. They are started by a foreman, a thread that only listens: it learns when one ends, while the calling thread
 * computes or waits.
 */
import { OutOfMemoryError, ValueError } from '../../core/errors';
import { MOST_THREADS } from '../../core/thread-count';
import type { Threads } from '../backend';
import { type Foreman, NOTE_BYTES, SOURCE, type StartForeman } from './foreman';
import type { Binary } from './kernels';
import { LinearMemory } from './memory';

/** What a binary for several threads exports besides. */
export interface ThreadedBinary extends Binary {
  /** The address of so many bytes that stay in use, or 0. */
  reserve(bytes: number): number;
  allowThreads(n: number, mayWait: number): void;
  tryThreads(least: number, delay: number): void;
  runningThreads(): number;
  /** Notes that a thread has ended. */
  threadEnded(thread: number): void;
  /** Ends a call that an exception cuts off. */
  abandon(): void;
  /** How many parts other threads than the caller have computed. */
  sharedParts(): number;
  /** How many of their parts failed. */
  failedParts(): number;
  /** The address of a stack that was run over, or 0. */
  overrunStack(): number;
}

export function isThreaded(binary: Binary): binary is ThreadedBinary {
  return 'runningThreads' in binary;
}

const STACK_BYTES = 2 ** 20;

/** How many threads a setting asks for; null where there is none. */
export function threadsAsked(setting: unknown): number | null {
  if (setting === undefined || setting === '') return null;
  const n = Number(setting);
  if (Number.isInteger(n) && n >= 1 && n <= MOST_THREADS) return n;
  throw new ValueError('PHYLLO_THREADS', `takes a whole number from 1 to ${MOST_THREADS}, this is ${String(setting)}`);
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
  readonly start: StartForeman;
  /** Whether the calling thread may wait: a page's main thread may not. */
  readonly mayWait: boolean;
}

/** Where there is one thread, however many are asked for, and why. */
export function oneThread(why: string): Threads {
  let asked = 1;
  return {
    get asked() {
      return asked;
    },
    running: 1,
    why,
    async use(n) {
      asked = n;
      return 1;
    },
  };
}

/** What starts takes tens of milliseconds, on a busy machine some hundreds. */
const START_MS = 20_000;
/** How many threads may end before no more are started. */
const MOST_ENDED = 8;

/** The threads of one binary. */
export class ThreadPool implements Threads {
  private failure: string | null = null;
  private ended = 0;
  private wanted: number | null = null;
  /** When those that were asked for last are to have started, in milliseconds. */
  private deadline = 0;
  private foreman: Foreman | null = null;
  /** Numbers of threads that were started and have not ended. */
  private readonly started = new Set<number>();
  /** The end of each one's stack: they are never given back, and used by who comes after under the same foreman. */
  private readonly stacks: number[] = [];
  private note = 0;

  constructor(
    private readonly binary: ThreadedBinary,
    private readonly options: ThreadOptions,
  ) {
    // As many as there may be, until they are counted.
    binary.allowThreads(MOST_THREADS, options.mayWait ? 1 : 0);
  }

  get asked(): number {
    return (this.wanted ??= Math.min(this.options.asked(), MOST_THREADS));
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
    const end = bytes.indexOf(0);
    return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
  }

  async use(n: number): Promise<number> {
    this.wanted = n;
    this.deadline = performance.now() + START_MS;
    this.begin();
    // They say that they are there in memory alone. Who asked before waits for what is asked for now.
    while (this.running < this.asked && this.failure === null) {
      await new Promise(resolve => setTimeout(resolve, 1));
      if (performance.now() > this.deadline) this.failure = `they have not started within ${START_MS / 1000} s`;
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
        const top = (this.stacks[thread] ??= this.stack());
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

  // What follows is for tests, and ships: what they are to find out, a lost thread, a rare order, needs the binary as it is.

  /**
   * From how much work on a part is worth a thread, 0 for what was measured, and how many turns threads spin before a
   * part, at random.
   */
  try(least: number, delay: number): void {
    this.binary.tryThreads(least, delay);
  }

  /** Ends a thread, in a moment, in the middle of whatever it does. */
  end(thread: number): void {
    this.foreman?.post({ end: thread });
  }

  /** How many parts other threads than the calling one have computed, and how many of theirs failed. */
  get parts(): { readonly computed: number; readonly failed: number } {
    return { computed: this.binary.sharedParts(), failed: this.binary.failedParts() };
  }

  /** Whether no thread has run over its stack. */
  get stacksHold(): boolean {
    return this.binary.overrunStack() === 0;
  }

  private hire(): Foreman {
    const { module, memory, start } = this.options;
    this.note ||= this.reserve(NOTE_BYTES, 'a note');
    const data = { module, memory, note: this.note, top: this.stack(), source: SOURCE };
    const foreman = start(
      SOURCE,
      data,
      message => this.hear(message),
      cause => this.lose(foreman, cause),
    );
    return foreman;
  }
  /** The address of so many bytes that stay in use. */
  private reserve(bytes: number, what: string): number {
    const at = this.binary.reserve(bytes) >>> 0;
    if (at === 0) throw new OutOfMemoryError('threads', `there is no room for ${what} of ${bytes} bytes`);
    return at;
  }
  /** The end of a new stack. */
  private stack(): number {
    return this.reserve(STACK_BYTES, 'a stack') + STACK_BYTES;
  }
  /** A thread has ended, and another takes its place, unless that happens again and again. */
  private hear(message: unknown): void {
    if (typeof message !== 'object' || message === null || !('thread' in message)) return;
    this.started.delete(Number(message.thread));
    if (++this.ended <= MOST_ENDED) this.begin();
    else
      this.failure = `${this.ended} threads ended, the last since ${'cause' in message ? String(message.cause) : ''}`;
  }
  /**
   * The foreman has ended, or cannot be relied on, and its threads end with it. A browser may take a moment for that, in which
   * they have their stacks: others get new ones.
   */
  private lose(foreman: Foreman, cause: string): void {
    if (foreman !== this.foreman) return;
    foreman.end();
    this.foreman = null;
    for (const thread of this.started) this.binary.threadEnded(thread);
    this.started.clear();
    this.stacks.length = 0;
    this.failure = cause;
  }
}
