/** A foreman in browsers: a Web Worker. */
import type { StartForeman } from './foreman';

export const startForeman: StartForeman = (source, data, said, failed) => {
  const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
  const worker = new Worker(url);
  worker.onmessage = ({ data: message }) => said(message);
  worker.onerror = event => {
    event.preventDefault(); // doctor() says it
    failed(event.message || 'the page does not let workers start from a blob: URL');
  };
  const post = (message: unknown): void => worker.postMessage(message);
  post({ ...data, source: url });
  return { post, end: () => worker.terminate() };
};
