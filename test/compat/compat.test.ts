/** docs/compat.md: every name that PyTorch documents is there, or the page says why not. `vitest -u` writes the page. */
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { MISSING, OUTSIDE, RENAMED } from './differences';
import { surfaceOf } from './phyllo';
import { camel, compare, readLibrary, render, shareOf } from './table';

const root = fileURLToPath(new URL('../../', import.meta.url));
const packages = readdirSync(`${root}/ts`).filter(folder => existsSync(`${root}/ts/${folder}/index.ts`));
const surface = surfaceOf(root, ['phyllo', ...packages.map(name => `phyllo/${name}`)]);
const { version, library } = readLibrary();
const rows = compare(library, surface);

test('the page says what there is', async () => {
  await expect(render(version, rows)).toMatchFileSnapshot('../../docs/compat.md');
});

test('what is missing has a reason, and nothing that is there is called missing', () => {
  expect(rows.filter(r => r.status === 'missing' && r.text === '').map(r => `${r.namespace}.${r.name}`)).toEqual([]);
  const there = new Set(
    [...surface.exports.values()].flatMap(names => [...names.keys()]).concat([...surface.tensor.keys()]),
  );
  const named = Object.values({ ...MISSING, ...OUTSIDE })
    .join(' ')
    .split(/\s+/)
    .concat(Object.keys(RENAMED));
  // `nn.name` is one of that namespace; `dim` and the like are written otherwise although something else is called so.
  const HERE = [
    'storage',
    'memory',
    'Parameter',
    'size',
    'stride',
    'dim',
    'var',
    'index',
    'type',
    'range',
    'save',
    'load',
  ];
  const wrong = named.filter(name => !name.includes('.') && there.has(camel(name)) && !HERE.includes(name));
  expect(wrong).toEqual([]);
});

test.each([
  ['torch', 0.9],
  ['torch.Tensor', 0.9],
  ['torch.nn', 0.9],
  ['torch.nn.functional', 0.85],
  ['torch.optim', 0.9],
])('of %s there is at least the share %d', (namespace, least) => {
  expect(shareOf(rows.filter(r => r.namespace === namespace))).toBeGreaterThanOrEqual(least);
});
