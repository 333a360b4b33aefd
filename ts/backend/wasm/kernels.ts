import type { InitOutput } from '../../../generated/phyllo_wasm';
import type { AllKernels } from '../backend';

/** What a binary exports: the one name by which the generated types are known. */
export interface Binary extends InitOutput {
  /** The end of the stack that compiled code has in linear memory beside the engine's; it grows downwards. */
  readonly __stack_pointer: WebAssembly.Global<'i32'>;
}

/** Kernels whose export takes another number of arguments than the contract says; the compiler itself accepts fewer. */
type Drifted = {
  [K in keyof AllKernels]-?: Parameters<Required<AllKernels>[K]>['length'] extends Parameters<Binary[K]>['length']
    ? never
    : K;
}[keyof AllKernels];

/** The exports of a binary as kernels. They take numbers alone, so nothing stands between. */
export function kernelsOf(binary: [Drifted] extends [never] ? Binary : Drifted): AllKernels {
  return binary satisfies AllKernels;
}
