/**
 * From steps to kernel calls. Each op's own `run` is played against kernels that write their arguments down, twice,
 * with every value at an address of its own that differs between the two: an argument that differs is an address,
 * and by how much tells whose.
 */
import type { Backend } from '../backend/backend';
import { ofOp } from '../core/eager';
import type { View } from '../core/definition';
import type { PlanKernels, Step, Value, ValueView } from './graph';

/** An argument of a call that is an address, to be filled in once that is known: the value's, plus bytes. */
export interface Relocation {
  readonly arg: number;
  readonly value: Value;
  readonly at: number;
}
export type Kernel = (...args: number[]) => unknown;
/** A call of one kernel. The arguments are final but for its relocations. */
export interface Call {
  /** Its name. */
  readonly kernel: string;
  readonly run: Kernel;
  readonly args: readonly number[];
  readonly relocations: readonly Relocation[];
  readonly step: Step;
}

/** The first played address of a value; no offset inside a linear memory reaches the next. */
const APART = 2 ** 33;

type Recorded = Pick<Call, 'kernel' | 'run' | 'args'>;

/** Kernels that note what they are called with. Those that return a number return "nothing found". */
function recorded<K extends { readonly [N in keyof K]: Kernel | undefined }>(kernels: K, into: Recorded[]): K {
  const isKernel = (name: PropertyKey): name is keyof K & string => name in kernels;
  return new Proxy(kernels, {
    get(_, name) {
      const run = isKernel(name) ? kernels[name] : undefined;
      if (run === undefined) return Reflect.get(kernels, name); // one that a backend may leave out, or an error
      return (...args: number[]): number => {
        into.push({ kernel: String(name), run, args });
        return -1;
      };
    },
  });
}
/** Those of a backend. */
function recorder({ kernels, blocked, prepared }: Backend, into: Recorded[]): PlanKernels {
  const capabilities = {
    blocked: blocked && recorded(blocked, into),
    prepared: prepared && recorded(prepared, into),
  };
  const own: PlanKernels = Object.create(recorded(kernels, into));
  return Object.assign(own, capabilities);
}

export function lower(steps: readonly Step[], backend: Backend): Call[] {
  const calls: Recorded[] = [];
  const kernels = recorder(backend, calls);
  const ids = new Map<Value, number>();
  const values: Value[] = [];
  const idOf = (value: Value): number => {
    let id = ids.get(value);
    if (id === undefined) {
      id = values.push(value); // from 1: address 0 means that an operand is absent
      ids.set(value, id);
    }
    return id;
  };
  return steps.flatMap(step => {
    const play = (shift: number): Recorded[] => {
      const view = (o: ValueView): View => ({ ...o, address: idOf(o.value) * (APART + shift) + o.address });
      const { def, params, xs, ys } = step;
      const inputs = xs.map(x => x && view(x));
      try {
        def.run(kernels, inputs, ys.map(view), params);
      } catch (e) {
        throw ofOp(def, e);
      }
      return calls.splice(0);
    };
    const second = play(1);
    return play(0).map(({ kernel, run, args }, c): Call => {
      const relocations: Relocation[] = [];
      args.forEach((a, arg) => {
        const id = second[c]!.args[arg]! - a;
        if (!(id > 0)) return; // NaN and infinities too are plain numbers
        relocations.push({ arg, value: values[id - 1]!, at: a - id * APART });
      });
      return { kernel, run, args, relocations, step };
    });
  });
}
