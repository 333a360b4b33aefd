"""Cases of recurrent layers and embeddings: values, last states and gradients of everything."""

import torch
from golden import agree
from torch import nn

LAYERS = {'RNN': nn.RNN, 'LSTM': nn.LSTM, 'GRU': nn.GRU}
SNAKE = {'numLayers': 'num_layers', 'batchFirst': 'batch_first', 'bidirectional': 'bidirectional', 'bias': 'bias',
         'nonlinearity': 'nonlinearity'}


def layer(op, steps, batch, inputs, hidden, given=True, wanted=('y', 'h', 'c'), **options):
    """One case. `given`: whether first states are; `wanted`: what of y and the last states has a gradient."""
    names = ['h', 'c'] if op == 'LSTM' else ['h']
    count = options.get('numLayers', 1) * (2 if options.get('bidirectional') else 1)
    rows = () if batch is None else (batch,)
    x = torch.randn((*rows, steps, inputs) if options.get('batchFirst') else (steps, *rows, inputs))
    starts = {name: torch.randn(count, *rows, hidden) if given else None for name in names}
    state = None
    cotangents = {}

    def run(dtype):
        nonlocal state
        made = LAYERS[op](inputs, hidden, **{SNAKE[key]: value for key, value in options.items()})
        if state is None:
            state = {key: value.clone() for key, value in made.state_dict().items()}
        made.load_state_dict(state)
        made = made.to(dtype)
        leaves = {key: value.to(dtype).requires_grad_() for key, value in {'x': x, **starts}.items() if value is not None}
        first = tuple(leaves[name] for name in names) if given else None
        y, last = made(leaves['x'], first if op == 'LSTM' or first is None else first[0])
        results = dict(zip(['y', *names], [y, *(last if op == 'LSTM' else [last])]))
        for name, value in results.items():
            if name not in cotangents:
                cotangents[name] = torch.randn(value.shape) if name in wanted else None
        chosen = [name for name in results if cotangents[name] is not None]
        torch.autograd.backward([results[n] for n in chosen], [cotangents[n].to(dtype) for n in chosen])
        values = {name: value.detach() for name, value in results.items()}
        grads = {'g' + name: leaf.grad for name, leaf in leaves.items()}
        return values, grads, {key: value.grad for key, value in made.named_parameters()}

    wide, narrow = run(torch.float64), run(torch.float32)
    for a, b in zip(wide, narrow):
        for key in a:
            agree(f'{op} {key}', a[key], b[key])
    values, grads, state_grads = wide
    return {'op': op, 'options': {'inputSize': inputs, 'hiddenSize': hidden, **options}, 'x': x, 'start': starts,
            'state': state, 'value': values, 'cotangent': cotangents, 'gradient': grads, 'stateGradient': state_grads}


def layers():
    for op in LAYERS:
        kinds = [{}, {'nonlinearity': 'relu'}] if op == 'RNN' else [{}]
        for kind in kinds:
            yield layer(op, 1, 1, 1, 1, **kind)
            yield layer(op, 5, 3, 4, 6, **kind)
            yield layer(op, 4, 2, 3, 5, given=False, wanted=('h',), **kind)
            yield layer(op, 4, 2, 3, 5, numLayers=2, wanted=('y',), **kind)
            yield layer(op, 3, 2, 3, 4, bidirectional=True, batchFirst=True, **kind)
            yield layer(op, 4, 3, 2, 4, numLayers=2, bidirectional=True, **kind)
            yield layer(op, 6, 1, 2, 3, bias=False, batchFirst=True, **kind)
            yield layer(op, 4, None, 3, 5, numLayers=2, bidirectional=True, **kind)
    for padding in (None, 1, -1):
        table = nn.Embedding(4, 3, padding_idx=padding)
        index = torch.tensor([[0, 1, 3], [1, 1, 2]])
        y = table(index)
        g = torch.randn(y.shape)
        y.backward(g)
        yield {'op': 'Embedding', 'options': {'paddingIdx': padding}, 'index': index, 'state': table.state_dict(),
               'value': {'y': y.detach()}, 'cotangent': {'y': g}, 'stateGradient': {'weight': table.weight.grad}}
