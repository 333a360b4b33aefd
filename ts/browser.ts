/** phyllo: deep learning wherever JavaScript runs. The package's entry in browsers. */
import { backend } from './backend/wasm/browser';
import { useBackend } from './core/runtime';

useBackend(backend);

export * from './api';
