/** A dataset of noise. Workers of a page know nothing of its import map: there, the package is imported by its path. */
const inPage = 'WorkerGlobalScope' in globalThis && !globalThis.process;
const path = inPage ? './node_modules/phyllo/dist/browser/index.js' : 'phyllo';
const { defineDataset, randn, tensor } = await import(path);

export const noise = defineDataset(import.meta.url, length => ({
  length,
  get: i => [randn([3]), tensor(i)],
}));
