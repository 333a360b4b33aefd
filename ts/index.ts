/** phyllo: deep learning wherever JavaScript runs. The package's entry in Node, Deno and Bun. */
import { backend } from './backend/wasm/node';
import { useBackend } from './core/runtime';

useBackend(backend);

export * from './api';
