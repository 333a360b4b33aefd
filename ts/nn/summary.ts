import { aShape, kind, every, type Kind } from '../core/kinds';
import { noGrad } from '../core/runtime';
import { scope } from '../core/scope';
import { show, type Shape } from '../core/shape';
import { checked } from '../core/signature';
import { Tensor } from '../core/tensor';
import { zeros } from '../ops/creation';
import { fields } from './fields';
import { observe } from './forward';
import { aModule, type Module } from './module';
import { Parameter } from './parameter';

const count = (n: number): string => n.toLocaleString('en-US');

/** Parameters of the module itself, without those inside. */
const ownParameters = (m: Module): number =>
  [...fields(m)].reduce((n, [, v]) => n + (v instanceof Parameter ? v.size : 0), 0);

/** What one input is made of. */
export type SummaryInput = Shape | Tensor;
const isInput = (v: unknown): boolean => aShape.fits(v) || (v instanceof Tensor && !v.disposed);
const inputKind: Kind<SummaryInput | readonly SummaryInput[]> = kind(
  'the shape of an input, a tensor, or a list of these',
  v => isInput(v) || every(v, isInput),
);
const isOne = (v: SummaryInput | readonly SummaryInput[]): v is SummaryInput => isInput(v);

/**
 * A table of a model's modules in the order of its fields: path, kind, output shape, parameters of its own. The shapes
 * are found by running it once, in evaluation mode, on `inputs`: tensors (integers for an Embedding, say) or shapes (with
 * the batch), which stand for zeros; several in a list.
 */
export const summary: (model: Module, inputs: SummaryInput | readonly SummaryInput[]) => string = checked(
  'summary',
  [
    ['model', aModule()],
    ['inputs', inputKind],
  ],
  (model, inputs) => {
    const list = isOne(inputs) ? [inputs] : inputs;
    const shapes = new Map<Module, Shape>();
    const modes = [...model.namedModules()].map(([, m]) => [m, m.training] as const);
    model.eval();
    try {
      const note = (m: Module, y: unknown): void => {
        if (y instanceof Tensor) shapes.set(m, y.shape);
      };
      const run = (): void => {
        const given = list.map(v => (v instanceof Tensor ? v : zeros(v)));
        observe(() => void Reflect.apply(model.forward, model, given), note);
      };
      scope(() => noGrad(run), 'summary');
    } finally {
      for (const [m, training] of modes) m.training = training;
    }
    const rows = [...model.namedModules()]
      .filter(([path]) => path !== '')
      .map(([path, m]) => [
        path,
        m.constructor.name,
        shapes.has(m) ? show(shapes.get(m)!) : '–',
        count(ownParameters(m)),
      ]);
    const total = model.parameters();
    const trained = total.filter(p => p.requiresGrad);
    const sizes = (ps: readonly Parameter[]): string => count(ps.reduce((n, p) => n + p.size, 0));
    const table = [['layer', 'kind', 'output', 'parameters'], ...rows];
    const widths = [0, 1, 2, 3].map(c => Math.max(...table.map(r => r[c]!.length)));
    const line = (r: readonly string[]): string =>
      r
        .map((cell, c) => (c === 3 ? cell.padStart(widths[c]!) : cell.padEnd(widths[c]!)))
        .join('  ')
        .trimEnd();
    const rule = '─'.repeat(widths.reduce((a, b) => a + b + 2, -2));
    return [
      `${model.constructor.name}, input ${list.map(v => show(v instanceof Tensor ? v.shape : v)).join(', ')}`,
      rule,
      line(table[0]!),
      rule,
      ...table.slice(1).map(line),
      rule,
      `${sizes(total)} parameters, ${sizes(trained)} trained`,
    ].join('\n');
  },
);
