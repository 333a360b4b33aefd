/** Programs as data, which fast-check makes and shrinks. */
import fc from 'fast-check';

/** What to do, by name; the numbers choose among what is there; `body` is what blocks have inside. */
export interface Instruction {
  readonly name: string;
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly body: readonly Instruction[];
}
export interface Program {
  /** All of it is inside one scope; else what no scope owns is left to the collector. */
  readonly scoped: boolean;
  readonly instructions: readonly Instruction[];
}

/** How often each name comes. */
export type Weights = Readonly<Record<string, number>>;

function anyOf(weights: Weights, body: fc.Arbitrary<readonly Instruction[]>): fc.Arbitrary<Instruction> {
  const n = fc.nat(4095);
  const names = Object.entries(weights).map(([name, weight]) => ({ weight, arbitrary: fc.constant(name) }));
  return fc.record({ name: fc.oneof(...names), a: n, b: n, c: n, body });
}

/** `simple` instructions, and `blocks` of them, nested up to three deep; what a plan may hold stands in `traced`. */
export function programs(
  simple: Weights,
  blocks: Weights,
  functions: Weights,
  traced: Weights,
  scoped: boolean,
): fc.Arbitrary<Program> {
  const none = fc.constant([]);
  const f = anyOf(functions, fc.array(anyOf(traced, none), { minLength: 1, maxLength: 7 }));
  let inner: fc.Arbitrary<Instruction> = fc.oneof(
    { weight: 12, arbitrary: anyOf(simple, none) },
    { weight: 1, arbitrary: f },
  );
  for (let depth = 0; depth < 3; depth++) {
    const block = anyOf(blocks, fc.array(inner, { maxLength: 8, size: 'max' }));
    inner = fc.oneof(
      { weight: 24, arbitrary: anyOf(simple, none) },
      { weight: 3, arbitrary: f },
      { weight: 4, arbitrary: block },
    );
  }
  return fc.record({
    scoped: fc.constant(scoped),
    instructions: fc.array(inner, { minLength: 6, maxLength: 20, size: 'max' }),
  });
}
