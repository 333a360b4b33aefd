/** Room for others: signals, timers and events come when the event loop turns. */

/** Milliseconds of computing between two turns: within 50 something is served, and a turn costs some 10 µs. */
const BETWEEN = 25;

declare const scheduler: { readonly yield?: () => Promise<void> } | undefined;

/** Lets the event loop turn once, timers included. */
function turn(): Promise<void> {
  if (typeof setImmediate === 'function') return new Promise(resolve => setImmediate(resolve));
  if (typeof scheduler === 'object' && scheduler.yield) return scheduler.yield();
  // A timer of 0 ms becomes one of 4 in browsers.
  return new Promise(resolve => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

/** To be called after each piece of work: null, or what to await. */
export function breather(): () => Promise<void> | null {
  let last = performance.now();
  return () => {
    if (performance.now() - last < BETWEEN) return null;
    return turn().then(() => {
      last = performance.now();
    });
  };
}
