/** Clipping of gradients against PyTorch's, as it stands and in captured steps. */
import { capture, optim, tensor, zeros, type Tensor } from 'phyllo';
import { afterAll, describe, expect, test } from 'vitest';
import { floats, type Floats } from '../goldens/golden';
import { golden } from './goldens';

interface Case {
  readonly op: 'clipGradNorm' | 'clipGradValue';
  readonly options: { readonly maxNorm?: number; readonly normType?: number | 'inf'; readonly clipValue?: number };
  readonly before: readonly Floats[];
  readonly norm: Floats;
  readonly after: readonly Floats[];
}
const cases: readonly Case[] = JSON.parse(golden('clip')).cases;

describe.each(['eager', 'captured'])('%s', manner => {
  let compared = 0;
  afterAll(() => console.log(`${manner}: ${compared} numbers of ${cases.length} clippings compared`));
  test.each(cases.map(c => [`${c.op} ${JSON.stringify(c.options)}`, c] as const))('%s', (_, c) => {
    const params = c.before.map(g => zeros(g.shape, { requiresGrad: true }));
    const { maxNorm = 0, normType = 2, clipValue = 0 } = c.options;
    const f = (...gs: Tensor[]): Tensor | null => {
      for (const p of params) p.grad = null;
      gs.forEach((g, i) => params[i]!.mul(g).sum().backward());
      if (c.op === 'clipGradNorm') {
        return optim.clipGradNorm(params, maxNorm, { normType: normType === 'inf' ? Infinity : normType });
      }
      optim.clipGradValue(params, clipValue);
      return null;
    };
    const step = manner === 'captured' ? capture(f, { audit: false }) : f;
    for (let times = 0; times < 2; times++) {
      const norm = step(...c.before.map(g => tensor(floats(g), { shape: g.shape })));
      const found = [...(norm ? [norm.item()] : []), ...params.flatMap(p => Array.from(p.grad!.toArray()))];
      const expected = [...(norm ? floats(c.norm) : []), ...c.after.flatMap(g => Array.from(floats(g)))];
      expect(found).toHaveLength(expected.length);
      found.forEach((x, i) =>
        expect(Math.abs(x - expected[i]!)).toBeLessThanOrEqual(2e-6 * Math.max(1, Math.abs(expected[i]!))),
      );
      compared += found.length;
    }
  });
});
