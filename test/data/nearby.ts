/** Web Workers that run in the thread of their loader. */
import { marked, unmarked, type Order } from '../../ts/data/workers/messages';
import type { Port, WebWorker, WorkerEvent } from '../../ts/data/workers/start';

/** A Web Worker that runs in this thread. Its module has loaded when so many messages are lost; at once, if none is to be. */
export class Nearby implements WebWorker {
  readonly #listeners: [type: string, listener: (event: WorkerEvent) => void][] = [];
  #told: ((order: Order) => void) | null = null;
  ended = false;
  lost = 0;
  constructor(
    private readonly load: (port: Port) => void,
    private readonly deaf = 0,
  ) {
    if (deaf === 0) setTimeout(() => this.#start());
  }
  #start(): void {
    if (this.ended) return;
    this.load({
      post: (report, transfer) => this.tell('message', { data: structuredClone(marked(report), { transfer }) }),
      listen: told => void (this.#told = told),
      awaited: false,
    });
  }
  postMessage(message: unknown, transfer: ArrayBuffer[]): void {
    const data: unknown = structuredClone(message, { transfer });
    if (this.#told === null && ++this.lost === this.deaf) this.#start();
    const order = unmarked(data);
    setTimeout(() => {
      if (!this.ended && (order === 'hello?' || isOrder(order))) this.#told?.(order);
    });
  }
  addEventListener(type: string, listener: (event: WorkerEvent) => void): void {
    this.#listeners.push([type, listener]);
  }
  tell(type: string, event: Omit<WorkerEvent, 'preventDefault'>): void {
    setTimeout(() => {
      for (const [of, listener] of this.#listeners)
        if (of === type && !this.ended) listener({ ...event, preventDefault() {} });
    });
  }
  terminate(): void {
    this.ended = true;
  }
}
const isOrder = (v: unknown): v is Exclude<Order, string> => typeof v === 'object' && v !== null;
