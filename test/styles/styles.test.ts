/** The loops that people write leave nothing behind that could not be freed inside the loop. */
import { expect, test } from 'vitest';
import { leaking, measure } from './report';
import { STYLES } from './styles';

test('the turns of a loop leave nothing behind', { timeout: 600_000 }, async () => {
  const names = Object.keys(STYLES);
  const reports = await measure(names, 120);
  expect(reports.map(r => r.name)).toEqual(names);
  expect(reports.flatMap(r => leaking(r).map(what => `${r.name}: ${what}`))).toEqual([]);
});
