import * as ort from 'onnxruntime-node';
import type { Library } from '../library';
import { ortLibrary } from './onnx';
import { dependencies } from './package.json';

export const library: Library = ortLibrary(ort, dependencies['onnxruntime-node']);
