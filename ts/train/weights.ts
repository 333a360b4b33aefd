/** What a model is at a moment: its parameters and buffers, and the modes of its modules. */
import { copy_, keep, noGrad, ValueError, type nn, type Tensor } from 'phyllo';

/** Parameters and buffers by path, those too that a file of weights leaves out. */
export const weightsOf = (model: nn.Module): Record<string, Tensor> =>
  Object.fromEntries<Tensor>([...model.namedParameters(), ...model.namedBuffers()]);

/** Copies that live until somebody disposes of them. */
export const copiesOf = (tensors: Readonly<Record<string, Tensor>>): Record<string, Tensor> =>
  noGrad(() => Object.fromEntries(Object.entries(tensors).map(([name, t]) => [name, keep(t.clone())])));

/** Copies numbers into tensors of the same names, shapes and types. @throws {ValueError} before any is written. */
export function copyInto(
  where: string,
  to: Readonly<Record<string, Tensor>>,
  from: Readonly<Record<string, Tensor>>,
): void {
  const signature = (t: Tensor | undefined): string => (t ? `${t.dtype} [${t.shape.join(', ')}]` : 'none');
  for (const name of new Set([...Object.keys(to), ...Object.keys(from)])) {
    const [own, saved] = [signature(to[name]), signature(from[name])];
    if (own !== saved) throw new ValueError(where, `${name} is ${own} here, and ${saved} in the checkpoint`);
  }
  noGrad(() => {
    for (const [name, t] of Object.entries(to)) copy_(t, from[name]!);
  });
}

/** Puts each module back into the mode, training or evaluation, that it is in now. */
export function modesOf(model: nn.Module): () => void {
  const modes = model.modules().map(m => [m, m.training] as const);
  return () => {
    for (const [m, training] of modes) m.training = training;
  };
}
