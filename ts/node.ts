/** Makes Node, Deno and Bun ready to compute: tensors get their methods, a backend and a collector of garbage. */
import { backend } from './backend/wasm/node';
import { useEngine } from './core/collector';
import { useBackend } from './core/runtime';
import { engine } from './engine';
import './methods';

useBackend(backend);
useEngine(engine());

export { backend };
