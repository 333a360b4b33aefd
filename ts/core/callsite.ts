/** Where in the user's code something happens. */

/** A line of a stack. */
export interface Frame {
  readonly text: string;
  /** `file:line:column` */
  readonly location: string;
}

/** The stack, innermost first. Empty where the engine does not tell. */
export function frames(): Frame[] {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 200;
  const { stack = '' } = new Error();
  Error.stackTraceLimit = stackTraceLimit;
  return framesOf(stack);
}
export function framesOf(stack: string): Frame[] {
  return stack.split('\n').flatMap(text => {
    const location = /(?:[( @]|^)([^\s(@]+:\d+:\d+)\)?$/.exec(text)?.[1];
    return location === undefined ? [] : [{ text, location }];
  });
}

/** Whether a frame is one of this library's. `all` is a stack as `frames` returned it. */
export function isLibrary(all: readonly Frame[]): (frame: Frame) => boolean {
  const folder = all[0]?.location.replace(/(core\/callsite\.)?[^/]*$/, '') ?? '';
  return ({ location }) => location.startsWith(folder);
}

/** `file:line:column` of the innermost line outside this library; '' where the engine does not tell. */
export function callSite(): string {
  const all = frames();
  const inside = isLibrary(all);
  return all.find(frame => !inside(frame))?.location ?? '';
}
