/** Where in the user's code something happened. */

/** The name under which the user's function is called: it shows in the stack whatever a minifier does. */
const MARK = 'phyllo captured function';

/** Calls the user's function, so that `placeInUserCode` finds it. */
export function callMarked<A extends readonly unknown[], R>(f: (...args: A) => R, args: A): R {
  return { [MARK]: (): R => f(...args) }[MARK]!();
}

/** ` (file:line:column)` of the marked function's own line that led here; nothing where the engine does not say. */
export function placeInUserCode(): string {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 200;
  const frames = new Error().stack?.split('\n') ?? [];
  Error.stackTraceLimit = stackTraceLimit;
  const mark = frames.findIndex(line => line.includes(MARK));
  const place = /(?:[( @]|^)([^\s(@]+:\d+:\d+)\)?$/.exec(frames[mark - 1] ?? '');
  return place ? ` at ${place[1]}` : '';
}
