/** What is used of it. */
declare module 'convnetjs' {
  namespace convnet {
    class Vol {
      /** [h, w, c] */
      readonly w: Float64Array;
      constructor(sx: number, sy: number, depth: number, value: number);
    }
    interface LayerDefinition {
      readonly type: 'input' | 'conv' | 'pool' | 'fc' | 'relu' | 'softmax';
      readonly [option: string]: number | string;
    }
    interface Layer {
      readonly layer_type: string;
      readonly filters?: readonly Vol[];
      readonly biases?: Vol;
      readonly sx?: number;
      readonly out_depth: number;
      readonly out_sx: number;
      readonly out_sy: number;
    }
    class Net {
      readonly layers: readonly Layer[];
      makeLayers(definitions: readonly LayerDefinition[]): void;
      forward(x: Vol): Vol;
    }
    class Trainer {
      constructor(net: Net, options: Readonly<Record<string, number | string>>);
      train(x: Vol, label: number): { readonly loss: number };
    }
  }
  export default convnet;
}
