/** Errors on their way between threads. */
import { display } from '../../core/display';
import {
  AnomalyError,
  BackendError,
  CaptureError,
  DisposedError,
  DTypeError,
  FileError,
  GradientError,
  IndexError,
  OutOfMemoryError,
  PhylloError,
  ShapeError,
  ValueError,
  WorkerError,
} from '../../core/errors';
import type { Fault } from './messages';
import { isSendable } from './sendable';

/** All of core/errors.ts, which a test holds this to: the module as an object would be in every bundle. */
const OURS = [
  AnomalyError,
  BackendError,
  CaptureError,
  DisposedError,
  DTypeError,
  FileError,
  GradientError,
  IndexError,
  OutOfMemoryError,
  ShapeError,
  ValueError,
  WorkerError,
];
const JAVASCRIPTS = [EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError];
/** Causes of causes beyond this many are a circle. */
const DEEPEST = 8;

/** What was thrown, as a message. */
export function faultOf(e: unknown, depth = 0): Fault {
  if (!(e instanceof Error)) {
    const message = `${display(e)} was thrown`;
    return { name: 'Error', message, stack: undefined, parts: undefined, fields: {}, cause: undefined };
  }
  const { name, message, stack, cause } = e;
  return {
    name: String(name),
    message: String(message),
    stack: stack === undefined ? undefined : String(stack),
    parts: e instanceof PhylloError ? [e.where, e.what] : undefined,
    fields: fieldsOf(e),
    cause: cause === undefined || depth === DEEPEST ? undefined : faultOf(cause, depth + 1),
  };
}

/** What is said otherwise. */
const SAID = ['name', 'message', 'stack', 'cause', 'where', 'what'];
function fieldsOf(e: Error): Readonly<Record<string, unknown>> {
  try {
    return Object.fromEntries(Object.entries(e).filter(([key, v]) => !SAID.includes(key) && isSendable(v)));
  } catch {
    return {}; // a getter threw
  }
}

/** The error again, of the same class if it is the library's or JavaScript's, with the stack that it had there. */
export function errorOf({ name, message, stack, parts, fields, cause }: Fault): Error {
  const options = cause && { cause: errorOf(cause) };
  const e = parts ? ours(name, parts, options) : javascripts(name, message, options);
  for (const [key, value] of Object.entries(fields)) {
    Object.defineProperty(e, key, { value, configurable: true, writable: true, enumerable: true });
  }
  Object.defineProperty(e, 'name', { value: name, configurable: true, writable: true });
  Object.defineProperty(e, 'message', { value: message, configurable: true, writable: true }); // with the layer's path
  if (stack !== undefined) Object.defineProperty(e, 'stack', { value: stack, configurable: true, writable: true });
  return e;
}
function ours(name: string, [where, what]: readonly [string, string], options?: ErrorOptions): Error {
  const type = OURS.find(t => t.name === name) ?? PhylloError;
  return new type(where, what, options);
}
function javascripts(name: string, message: string, options?: ErrorOptions): Error {
  const type = JAVASCRIPTS.find(t => t.name === name) ?? Error;
  return new type(message, options);
}
