/**
 * A worker as users write one: LeNet-5 from a module of data, a digit in the request, ten numbers in the response; without
 * a digit, what it runs on.
 */
import { doctor, load } from 'phyllo/edge';
import plan from './lenet.phyllo';

const net = await load(plan);

export default {
  async fetch(request) {
    if (request.method === 'GET') return Response.json(doctor());
    const pixels = new Float32Array(await request.arrayBuffer());
    return new Response(net.run(pixels));
  },
};
