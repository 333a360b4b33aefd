/** Files and their formats: phyllo/io. */
export { writeFile } from './file';
export { readIdx, writeIdx } from './idx';
export { decodeSafetensors, encodeSafetensors, type Safetensors, type SafetensorsOptions } from './safetensors';
