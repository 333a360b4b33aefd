/** The example of tables learns: far better than who always says the same, on rows that it never saw. */
import { expect, test } from 'vitest';
import { tasks } from '../../examples/tables/tasks';
import { train } from '../../examples/tables/train';

test('irises, penguins and cars', { timeout: 300_000 }, async () => {
  for (const task of await tasks()) {
    const result = await train(task, { epochs: 25, seed: 1, callbacks: [] });
    expect(result.rows.reduce((a, b) => a + b)).toBe(task.table.length);
    if (result.kind === 'classification') {
      expect(result.confusion.total).toBe(result.rows[2]);
      expect(result.baseline).toBeLessThan(0.5);
      expect(result.confusion.accuracy, task.name).toBeGreaterThan(0.85);
    } else {
      expect(result.rmse, task.name).toBeLessThan(result.baseline / 2);
      expect(result.r2).toBeGreaterThan(0.75);
      expect(result.mae).toBeLessThan(result.rmse);
    }
  }
});
