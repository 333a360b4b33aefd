/** Changes of how something is trained. */
import { optim, type Tensor } from 'phyllo';
import { audit, next, ofTraining, Pair, parameter, Scale, world, type Kind } from './world';

export const OF_TRAINING: Readonly<Record<string, Kind>> = {
  'a frozen parameter': ofTraining(
    next(() => world(new Pair(new Scale(), new Scale()), m => m.a.requiresGrad_(false))),
  ),
  'whether gradients lead through': ofTraining(
    audit(() => {
      let through = true;
      const w = parameter(1, 2, 3);
      return { f: x => x.mul(through ? w : w.detach()).add(w), params: [w], change: () => (through = false) };
    }),
  ),
  'an optimiser in a variable': ofTraining(
    next(() => {
      const m = new Scale();
      let optimizer: optim.SGD | optim.Adam = new optim.SGD(m.parameters(), { lr: 0.1 });
      return {
        ...world(m, () => (optimizer = new optim.Adam(m.parameters(), { lr: 0.1 }))),
        optimizer: () => optimizer,
      };
    }),
  ),
  'an option of an optimiser in a variable': ofTraining(
    next(() => {
      const m = new Scale();
      let optimizer = new optim.SGD(m.parameters(), { lr: 0.1, momentum: 0.9 });
      return {
        ...world(m, () => (optimizer = new optim.SGD(m.parameters(), { lr: 0.1, momentum: 0.9, nesterov: true }))),
        optimizer: () => optimizer,
      };
    }),
  ),
  'a learning rate': ofTraining(
    next(() => {
      const m = new Scale();
      const optimizer = new optim.SGD(m.parameters(), { lr: 0.1 });
      return { ...world(m, () => (optimizer.lr = 0.01)), optimizer: () => optimizer };
    }),
  ),
  'a schedule of learning rates': ofTraining(
    next(() => {
      const m = new Scale();
      const optimizer = new optim.SGD(m.parameters(), { lr: 0.1 });
      const scheduler = new optim.ExponentialLR(optimizer, 0.5);
      return { ...world(m, () => scheduler.step()), optimizer: () => optimizer };
    }),
  ),
  'a momentum': ofTraining(
    next(() => {
      const m = new Scale();
      const optimizer = new optim.SGD(m.parameters(), { lr: 0.1, momentum: 0.9 });
      return { ...world(m, () => optimizer.paramGroups[0]!.set('momentum', 0.5)), optimizer: () => optimizer };
    }),
  ),
  'a field of an own optimiser': ofTraining(
    next(() => {
      const m = new Scale();
      class Own extends optim.SGD {
        sign = 1;
        protected override update(p: Tensor, g: Tensor, group: optim.ParamGroup<optim.SGDOptions>): void {
          super.update(p, g.mul(this.sign), group);
        }
      }
      const optimizer = new Own(m.parameters(), { lr: 0.1 });
      return { ...world(m, () => (optimizer.sign = -1)), optimizer: () => optimizer };
    }),
  ),
};
