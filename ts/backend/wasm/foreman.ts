/** What the workers of a pool of threads run. */

/** What it begins with. */
export interface ForemanData {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** The address of {@link NOTE_BYTES} bytes. */
  readonly note: number;
  /** The end of its stack. */
  readonly top: number;
  /** For its threads. */
  readonly source: string;
}
/** A worker that was given text to run and a value to begin with. */
export interface Foreman {
  post(message: unknown): void;
  /** Ends it and the threads that it started: at once, or as soon as the engine comes to it. */
  end(): void;
}
/**
 * Starts one; `said` is called with what it posts, `failed` once it has ended or cannot be relied on. Throws where none can
 * be made.
 */
export type StartForeman = (
  source: string,
  data: ForemanData,
  said: (message: unknown) => void,
  failed: (cause: string) => void,
) => Foreman;

/** Why a thread ended, in bytes of UTF-8, or zeros after it: the calling thread may be unable to hear it otherwise. */
export const NOTE_BYTES = 512;

/**
 * Run by the foreman and by the threads, by `role`. It is text, so that no bundler has to find a file. In Node, Deno and
 * Bun workers are those of node:worker_threads, elsewhere the web's. To `end` a thread, in a moment, is for tests of what
 * becomes of a call whose thread is lost: nothing else ends one in the middle of a part.
 */
export const SOURCE: string = `
const web = typeof globalThis.postMessage === 'function' && typeof importScripts === 'function';
const node = web ? null : import('node:worker_threads');
const instance = ({ module, memory }, top, called) => {
  const imports = { env: { memory } };
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    if (kind === 'function') (imports[from] ??= {})[name] = called[name] ?? (() => {});
  }
  const { exports } = new WebAssembly.Instance(module, imports);
  exports.__stack_pointer.value = top;
  return exports;
};
const compute = job => {
  const { thread, top } = job;
  let told = false;
  const binary = instance(job, top, {
    panicked(...words) {
      told = true;
      binary.partFailed(thread, ...words);
      throw null;
    },
  });
  for (;;) {
    try {
      return binary.work(thread);
    } catch {
      if (!told) binary.partFailed(thread, 0, 0, 0, 0, 0);
      told = false;
      binary.__stack_pointer.value = top;
    }
  }
};
const oversee = (post, spawn, tell) => {
  const { memory, note } = post;
  const binary = instance(post, post.top, {});
  const threads = new Map();
  const start = (thread, top) => {
    const ended = cause => {
      if (!threads.delete(thread)) return;
      const text = new Uint8Array(${NOTE_BYTES});
      new TextEncoder().encodeInto(String(cause), text);
      new Uint8Array(memory.buffer, note, ${NOTE_BYTES}).set(text);
      binary.threadEnded(thread);
      tell({ thread, cause: String(cause) });
    };
    threads.set(thread, null);
    try {
      threads.set(thread, spawn({ ...post, role: 'compute', thread, top }, ended));
    } catch (error) {
      ended(error?.message ?? error);
    }
  };
  return ({ start: thread, top, end }) => {
    if (end === undefined) return start(thread, top);
    setTimeout(() => threads.get(end)?.terminate(), 50);
  };
};
if (web) {
  onmessage = ({ data: given }) => {
    if (given.role === 'compute') return compute(given);
    const spawn = (job, ended) => {
      const worker = new Worker(job.source);
      const end = cause => {
        worker.terminate();
        ended(cause);
      };
      worker.onerror = event => {
        event.preventDefault();
        end(event.message ?? 'it could not be started');
      };
      worker.postMessage(job);
      return { terminate: () => end('it was ended') };
    };
    const listen = oversee(given, spawn, message => postMessage(message));
    onmessage = ({ data: order }) => listen(order);
  };
} else {
  node.then(({ Worker, parentPort, workerData: given }) => {
    if (given.role === 'compute') return compute(given);
    const spawn = (job, ended) => {
      const worker = new Worker(job.source, { eval: true, workerData: job, stdin: false });
      let cause = null;
      worker.on('error', error => (cause = error?.message ?? error));
      worker.on('exit', code => ended(cause ?? 'it exited with code ' + code));
      return worker;
    };
    parentPort.on('message', oversee(given, spawn, message => parentPort.postMessage(message)));
  });
}
`;
