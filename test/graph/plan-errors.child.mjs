/** Prints the errors of functions that cannot be captured, from the bundle: what plan-errors.test.ts reads. */
import { capture, nn, ones } from 'phyllo';

class Net extends nn.Module {
  inner = new (class Inner extends nn.Module {
    forward(x) {
      return x.mul(x.sum().item());
    }
  })();
  forward(x) {
    return this.inner.forward(x);
  }
}
const net = new Net();
const cases = {
  item: x => x.mul(x.sum().item()),
  forward: x => net.forward(x),
  promise: async x => x,
};
for (const [name, f] of Object.entries(cases)) {
  try {
    capture(f)(ones([2]));
  } catch (e) {
    console.log(`${name}: ${e.name}: ${e.message}`);
  }
}
