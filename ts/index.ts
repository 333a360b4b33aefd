/** phyllo: deep learning wherever JavaScript runs. The package's entry in Node, Deno and Bun. */
import { backend } from './backend/wasm/node';
import { useEngine } from './core/collector';
import { useBackend } from './core/runtime';
import { engine } from './engine';

useBackend(backend);
useEngine(engine());

export * from './api';
