/** A foreman in Node, Deno and Bun: a worker of node:worker_threads. */
import { Worker } from 'node:worker_threads';
import type { StartForeman } from './foreman';

export const startForeman: StartForeman = (source, data, said, failed) => {
  // Without the flags of this process: what they load is not for threads that compute.
  const worker = new Worker(source, { eval: true, workerData: data, execArgv: [] });
  let cause: string | null = null;
  worker.on('message', said);
  worker.on('error', error => {
    cause = error instanceof Error ? error.message : String(error);
  });
  // Its threads end before it does: they are gone by then.
  worker.on('exit', code => failed(cause ?? `the thread that starts others exited with code ${code}`));
  worker.unref();
  return { post: message => worker.postMessage(message), end: () => void worker.terminate() };
};
