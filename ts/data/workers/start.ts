/** Threads, of whichever kind a runtime has: those of `node:worker_threads` in Node, Deno and Bun, Web Workers in browsers. */
import { ValueError } from '../../core/errors';
import { marked, unmarked, type Order, type Report } from './messages';

/** What Web Workers tell: a message, or an error. */
export interface WorkerEvent {
  readonly data?: unknown;
  readonly message?: string;
  preventDefault(): void;
}
/** A Web Worker, in projects without the types of a browser too. */
export interface WebWorker {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  addEventListener(type: string, listener: (event: WorkerEvent) => void): void;
  terminate(): void;
}
/** The URL of a module; or what makes a worker of it, where a bundler must see that. */
export type Place = string | (() => WebWorker);

/** The other end of a thread that was started. */
export interface Thread {
  post(order: Order): void;
  /** Whether it keeps the process from ending. */
  hold(on: boolean): void;
  end(): void;
}
export interface Listener {
  told(report: Report): void;
  /** It has ended, or fails to understand. */
  failed(cause: unknown): void;
}

/** A global that names the module a thread was started for, and is null once that serves, or a loader has asked it to. */
const MODULE = 'phyllo.module';
/** Whether this thread is some loader's worker. */
export const isWorker = (): boolean => MODULE in globalThis;

/** What a thread runs: the module, which is to find the binary that the loader's thread found, and one thread for it. */
function program(url: string): string {
  const [key, at, wasm] = [MODULE, url, Reflect.get(globalThis, 'PHYLLO_WASM')].map(v => JSON.stringify(v));
  const missing = JSON.stringify('the module does not call defineDataset with its URL, import.meta.url');
  return (
    `globalThis[${key}]=${at};globalThis.PHYLLO_WASM=${wasm};globalThis.PHYLLO_THREADS=1;await import(${at});` +
    `if(globalThis[${key}]!==null)throw new Error(${missing})`
  );
}
const TYPE = 'text/javascript';

const nodes = () => globalThis.process?.getBuiltinModule?.('node:worker_threads');

/** Starts a thread for a module. */
export function startThread(place: Place, listener: Listener): Thread {
  if (typeof place === 'function') return overWeb(place(), listener, true);
  const text = program(place);
  const threads = nodes();
  if (!threads) {
    const url = URL.createObjectURL(new Blob([text], { type: TYPE }));
    return overWeb(new Worker(url, { type: 'module' }), listener, false, () => URL.revokeObjectURL(url));
  }
  // Not as text with `eval`: loaders that know TypeScript take no part in what such a thread imports.
  const url = new URL(`data:${TYPE},${encodeURIComponent(text)}`);
  const worker = new threads.Worker(url);
  let over = false;
  const failed = (cause: unknown): void => {
    if (!over) listener.failed(cause);
  };
  worker.unref();
  worker.on('message', data => tell(listener, data));
  worker.on('messageerror', failed);
  worker.on('error', cause => failed(without(url.href, cause)));
  worker.on('exit', code => failed(new Error(`it ended with the exit code ${code}`)));
  return {
    post: order => worker.postMessage(marked(order)),
    hold: on => (on ? worker.ref() : worker.unref()),
    end() {
      if (!over) void worker.terminate(); // which listens each time
      over = true;
    },
  };
}
/** The error without the text of the thread's program, which engines take for its name. */
function without(url: string, e: unknown): unknown {
  if (!(e instanceof Error)) return e;
  for (const key of ['message', 'stack'] as const) {
    const value = e[key]?.replaceAll(url, 'a worker');
    Object.defineProperty(e, key, { value, configurable: true, writable: true });
  }
  return e;
}

/** Over a Web Worker. What comes before it listens is lost: where it does not greet, it is asked until it answers. */
function overWeb(worker: WebWorker, listener: Listener, asks: boolean, loaded: () => void = () => {}): Thread {
  const post = (order: Order): void => worker.postMessage(marked(order), []);
  let patience = PATIENCE;
  const ask = (): void => {
    if (patience-- > 0) return post('hello?');
    heard();
    listener.failed(new Error('its module does not call defineDataset'));
  };
  const asking = asks ? setInterval(ask, BETWEEN_MS) : undefined;
  const heard = (): void => {
    clearInterval(asking);
    loaded();
  };
  worker.addEventListener('message', ({ data }) => {
    if (tell(listener, data)) heard();
  });
  const failed = (event: WorkerEvent): void => {
    heard();
    event.preventDefault(); // it is thrown where the batch is awaited
    listener.failed(new Error(event.message || 'its module cannot be loaded'));
  };
  worker.addEventListener('error', failed);
  worker.addEventListener('messageerror', failed);
  return {
    post,
    hold() {},
    end() {
      heard();
      worker.terminate();
    },
  };
}
/** How often a worker is asked whether it is there: for a minute, in which its module is loaded. */
const BETWEEN_MS = 50;
const PATIENCE = 1200;

/** False: it is a message of somebody else. */
function tell(listener: Listener, data: unknown): boolean {
  const report = unmarked(data);
  if (!isObject<Report>(report)) return false;
  listener.told(report);
  return true;
}
/** What is marked is whole. */
const isObject = <T extends object>(v: unknown): v is T => typeof v === 'object' && v !== null;

// ── Inside a worker ──

/** The way back to the loader. */
export interface Port {
  post(report: Report, transfer?: ArrayBuffer[]): void;
  listen(told: (order: Order) => void): void;
  /** Whether the loader waits to be greeted, and does not ask. */
  readonly awaited: boolean;
}
/** The module that this worker was started for, once it has called. */
let served: string | null = null;

/** The way back to the loader that started this thread for a module; null if none did. Throws if the module has had it. */
export function portOf(place: Place): Port | null {
  if (typeof place === 'function') return inWebWorker() ? webPort(false) : null;
  if (served === place)
    throw new ValueError('defineDataset', 'is called once in a module: tell datasets by an argument');
  if (Reflect.get(globalThis, MODULE) !== place) return null;
  served = place;
  Reflect.set(globalThis, MODULE, null);
  const parent = nodes()?.parentPort;
  if (!parent) return webPort(true);
  return {
    post: (report, transfer) => parent.postMessage(marked(report), transfer),
    listen: told => void parent.on('message', data => order(told, data)),
    awaited: true,
  };
}
const inWebWorker = (): boolean => 'WorkerGlobalScope' in globalThis && !('document' in globalThis);
/** A page may have workers of its own that import the module: which are a loader's, its orders tell. */
const webPort = (awaited: boolean): Port => ({
  post: (report, transfer = []) => postMessage(marked(report), { transfer }),
  listen: told => {
    const mark = (message: Order): void => {
      Reflect.set(globalThis, MODULE, null);
      told(message);
    };
    addEventListener('message', ({ data }) => order(mark, data));
  },
  awaited,
});
function order(told: (order: Order) => void, data: unknown): void {
  const message = unmarked(data);
  if (message === 'hello?' || isObject<Exclude<Order, string>>(message)) told(message);
}
