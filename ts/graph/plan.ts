/** A captured function for one signature. */
import { CaptureError, DisposedError } from '../core/errors';
import { check } from '../core/kinds';
import type { Tensor } from '../core/tensor';
import { leaves } from '../core/tree';
import { writeFile } from '../io/file';
import type { Audit } from './audit';
import { aNaming, encode, namesOf, type Named, type Names } from './encode';
import { Execution, Result, type Traced } from './execution';
import { Drawing, explain } from './explain';
import type { Program } from './program';
import type { Snapshot } from './snapshot';

export class Plan {
  /** All that there is of it. Gone with its memory, so that nothing reaches what was freed. */
  private execution: Execution | null;
  /** Bytes for what a call computes on the way, which plans share, and those that are this plan's alone. */
  readonly bytes: { readonly shared: number; readonly own: number };

  constructor(traced: Traced) {
    this.execution = new Execution(traced);
    this.bytes = this.execution.bytes;
    this.execution.holding.register(this, traced.graph.steps.length);
  }

  /** When it is compared with its function again. */
  get audit(): Audit | null {
    return this.alive('capture').traced.audit;
  }
  /** The trace is over. */
  settle(): void {
    this.alive('capture').traced.guards.settle();
  }
  /** Throws if the function, traced again, has changed what the plan takes for granted. */
  check(): void {
    this.alive('capture').traced.guards.check();
  }

  private alive(where: string): Execution {
    if (this.execution === null || this.disposed) {
      throw new DisposedError(
        where,
        'the plan is used after it was freed, by dispose(), in favour of another one of its function, or for want of memory: ask the captured function f for f.plan(...args) again',
      );
    }
    return this.execution;
  }

  /** Its memory is freed. */
  get disposed(): boolean {
    if (this.execution?.holding.freed) this.execution = null;
    return this.execution === null;
  }
  /** It cannot hold any more: a tensor that it uses is freed, if it is not itself. */
  get dead(): boolean {
    return this.disposed || this.alive('capture').isDead;
  }
  /** An object instead of which the function would find another one now. */
  get replaced(): object | null {
    return this.alive('capture').traced.guards.replaced();
  }

  /** The kernel calls, and where their values lie. */
  get program(): Program {
    return this.alive('program').program;
  }

  /** Whether a call would be that of the function: what the trace found around it is still so. */
  holds(): boolean {
    const { execution } = this;
    return execution !== null && !execution.holding.freed && execution.holds();
  }
  /** Whether tensors that the plan takes for different ones share memory that a call on these arguments changes. */
  isShared(xs: readonly Tensor[]): boolean {
    return this.alive('capture').isShared(xs);
  }
  /** All that calls on these arguments change, as it is. */
  snapshot(xs: readonly Tensor[]): Snapshot {
    return this.alive('capture').changed(xs);
  }
  /** The call, on tensors of the signature. */
  run(xs: readonly Tensor[]): unknown {
    return this.alive('capture').run(xs);
  }

  /** The steps in order, as aligned text: shapes, operations, bytes read and written, what was made one; then the memory. */
  explain(): string {
    const { traced, program } = this.alive('explain');
    return explain(traced.graph, program.memory, program.backend);
  }
  /** What the plan computes, to be drawn: `graph.toMermaid()`, `graph.toDot()`. */
  get graph(): Drawing {
    return new Drawing(this.alive('graph').traced.graph);
  }

  /**
   * The plan with all its weights, for `load` of phyllo/edge.
   *
   * @throws {ValueError} if the names are no lists of texts, too few or too many, or not all different.
   * @throws {DisposedError} if the plan was freed.
   * @throws {CaptureError} if a call changes anything but what it returns, as training does, or random numbers; if it
   *   returns something other than dense tensors; or if it needs a kernel that phyllo/edge does not have.
   */
  encode(names: Names = {}): Uint8Array {
    check('encode', 'names', aNaming, names);
    const {
      traced: { result, arguments: inputs },
      program,
      storages,
      arguments: changed,
      gradients,
    } = this.alive('encode');
    if (storages.length + changed.length > 0 || gradients.any) {
      throw new CaptureError(
        'encode',
        'a call of this plan changes parameters, gradients, statistics, random states or arguments: only what computes results alone becomes a file; call eval() and leave training out',
      );
    }
    const outputs = [...leaves(result)].map(([path, r]): Named => {
      if (!(r instanceof Result))
        throw new CaptureError('encode', `${path || 'the result'} is no tensor: return tensors alone`);
      return { name: path, view: r.view };
    });
    return encode(program, namesOf('input', inputs, names.inputs), namesOf('output', outputs, names.outputs));
  }

  /**
   * Writes `encode()` to a file, which is there whole or not at all. In Node, Deno and Bun.
   *
   * @throws {DisposedError} if the plan was freed.
   * @throws {FileError} if it cannot be written, and where there are no files. A file of that name is then as it was.
   * @throws {CaptureError} as `encode()` does.
   */
  async save(path: string, names: Names = {}): Promise<void> {
    await writeFile(path, this.encode(names));
  }

  /** Frees its memory. Its captured function traces another when it is called. */
  dispose(): void {
    this.execution?.holding.free();
    this.execution = null;
  }
  [Symbol.dispose](): void {
    this.dispose();
  }
}
