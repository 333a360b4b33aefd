"""Cases of attention and transformers: parameters, what goes in, what comes out, and gradients of all that goes in."""

import torch
from golden import agree
from torch import nn

R = torch.randn
UPPER = torch.triu(torch.ones(3, 3), 1).bool()
SNAKE = {
    'batchFirst': 'batch_first', 'dimFeedforward': 'dim_feedforward', 'normFirst': 'norm_first',
    'dModel': 'd_model', 'numEncoderLayers': 'num_encoder_layers', 'numDecoderLayers': 'num_decoder_layers',
    'keyPaddingMask': 'key_padding_mask', 'attnMask': 'attn_mask', 'averageAttnWeights': 'average_attn_weights',
    'needWeights': 'need_weights', 'mask': 'src_mask', 'tgtMask': 'tgt_mask', 'memoryMask': 'memory_mask',
    'srcMask': 'src_mask', 'srcKeyPaddingMask': 'src_key_padding_mask', 'tgtKeyPaddingMask': 'tgt_key_padding_mask',
    'memoryKeyPaddingMask': 'memory_key_padding_mask',
}


def snake(options, **more):
    return {**more, **{SNAKE.get(key, key): value for key, value in options.items()}}


def case(op, make, sizes, options, args, how):
    """`sizes` and `options` of the constructor, `args` and options `how` of the call."""
    module = make(*sizes, **snake(options, **({} if op == 'MultiheadAttention' else {'dropout': 0.0})))
    for p in module.parameters():
        p.data = R(p.shape) * 0.5
    state = {key: value.clone() for key, value in module.state_dict().items()}
    cotangent = None

    def run(dtype):
        nonlocal cotangent
        m = module.to(dtype)
        leaves = [a.detach().to(dtype, copy=True).requires_grad_() for a in args]
        masks = {k: v.to(dtype) if isinstance(v, torch.Tensor) and v.is_floating_point() else v for k, v in how.items()}
        result = m(*leaves, **snake(masks))
        ys = [y for y in (result if isinstance(result, tuple) else [result]) if y is not None]
        cotangent = R(ys[0].shape) if cotangent is None else cotangent
        return [*ys, *torch.autograd.grad(ys[0], leaves, cotangent.to(dtype))]

    wide = [v.detach() for v in run(torch.float64)]
    for a, b in zip(wide, run(torch.float32)):
        agree(op, a, b)
    n = len(wide) - len(args)
    how = {k: v.int() if isinstance(v, torch.Tensor) and v.dtype == torch.bool else v for k, v in how.items()}
    return {'op': op, 'sizes': sizes, 'options': options, 'args': args, 'how': how, 'parameters': state, 'ys': wide[:n],
            'g': cotangent, 'grads': wide[n:]}


def encoder(dim, heads, count, **options):
    return nn.TransformerEncoder(nn.TransformerEncoderLayer(dim, heads, **options), count, nn.LayerNorm(dim))


def decoder(dim, heads, count, **options):
    return nn.TransformerDecoder(nn.TransformerDecoderLayer(dim, heads, **options), count, nn.LayerNorm(dim))


def cases():
    padding = torch.tensor([[False, False, True], [False, True, False]])
    q, k = R(3, 2, 4), R(3, 2, 4)
    mha = nn.MultiheadAttention
    yield case('MultiheadAttention', mha, [4, 2], {}, [q, k, k], {})
    yield case('MultiheadAttention', mha, [4, 2], {'batchFirst': True, 'bias': False}, [R(2, 3, 4), R(2, 5, 4), R(2, 5, 4)],
               {'averageAttnWeights': False})
    yield case('MultiheadAttention', mha, [4, 1], {'kdim': 3, 'vdim': 5}, [R(3, 2, 4), R(6, 2, 3), R(6, 2, 5)], {'needWeights': False})
    yield case('MultiheadAttention', mha, [4, 2], {}, [R(3, 4), R(3, 4), R(3, 4)], {'attnMask': UPPER})
    yield case('MultiheadAttention', mha, [4, 2], {}, [q, k, R(3, 2, 4)], {'attnMask': R(4, 3, 3), 'keyPaddingMask': padding})
    layer = nn.TransformerEncoderLayer
    yield case('TransformerEncoderLayer', layer, [4, 2], {'dimFeedforward': 5}, [q], {'mask': R(3, 3)})
    o = {'dimFeedforward': 5, 'activation': 'gelu', 'batchFirst': True, 'normFirst': True}
    yield case('TransformerEncoderLayer', layer, [4, 2], o, [R(2, 3, 4)], {'srcKeyPaddingMask': padding})
    layer = nn.TransformerDecoderLayer
    yield case('TransformerDecoderLayer', layer, [4, 2], {'dimFeedforward': 5}, [q, R(5, 2, 4)], {'tgtMask': UPPER})
    yield case('TransformerDecoderLayer', layer, [4, 2], {'dimFeedforward': 5, 'normFirst': True}, [q, k],
               {'memoryKeyPaddingMask': padding, 'memoryMask': R(3, 3)})
    yield case('TransformerEncoder', encoder, [4, 2, 2], {'dimFeedforward': 3}, [q], {})
    yield case('TransformerDecoder', decoder, [4, 2, 2], {'dimFeedforward': 3}, [q, k], {'tgtKeyPaddingMask': padding})
    o = {'dModel': 4, 'nhead': 2, 'numEncoderLayers': 1, 'numDecoderLayers': 2, 'dimFeedforward': 3}
    yield case('Transformer', nn.Transformer, [], o, [q, R(5, 2, 4)], {'srcKeyPaddingMask': padding, 'srcMask': R(3, 3)})
