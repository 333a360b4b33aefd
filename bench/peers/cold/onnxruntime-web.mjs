import { readFileSync } from 'node:fs';
import * as ort from 'onnxruntime-web';

const { input } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
ort.env.wasm.numThreads = 1;
const session = await ort.InferenceSession.create(new Uint8Array(readFileSync(process.argv[3])));
const y = await session.run({ [session.inputNames[0]]: new ort.Tensor('float32', Float32Array.from(input), [1, 16]) });
console.log(JSON.stringify([...y[session.outputNames[0]].data]));
