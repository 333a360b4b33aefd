import { env } from 'node:process';
import * as ort from 'onnxruntime-web';
import type { Library } from '../library';
import { ortLibrary } from './onnx';
import { dependencies } from './package.json';

ort.env.wasm.numThreads = Number(env.BENCH_THREADS);
export const library: Library = ortLibrary(ort, dependencies['onnxruntime-web']);
