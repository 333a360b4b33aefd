/** Makes browsers ready to compute: tensors get their methods and a backend. */
import { backend } from './backend/wasm/browser';
import { useBackend } from './core/runtime';
import './methods';

useBackend(backend);
