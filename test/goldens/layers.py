"""Cases of normalisation and of layers beyond LeNet's: values, gradients, running statistics."""

import math

import torch
import torch.nn.functional as F
from golden import differentiate


def affine(op, f, x, ws, options, **fixed):
    """Cases with a weight w and a bias b of one shape, and without."""
    for given in (True, False):
        inputs = {'x': x, 'w': torch.randn(ws) if given else None, 'b': torch.randn(ws) if given else None}
        case = differentiate(f, inputs, ['x', *('wb' * given)])
        yield {'op': op, 'options': options, **case, 'gw': case.get('gw'), 'gb': case.get('gb'), **fixed}


def rms_norm(x, w, dims, eps):
    """PyTorch 2's F.rms_norm, which 1.13 lacks: the mean of squares, ε inside of the root."""
    y = x * torch.rsqrt(x.pow(2).mean(dims, keepdim=True) + eps)
    return y if w is None else y * w


def norm():
    for xs, shape in (((4, 5), [5]), ((2, 3, 4), [3, 4]), ((3, 67), [67]), ((2, 2, 3, 5), [3, 5])):
        for eps in (1e-5, 0.1):
            x = 3 * torch.randn(xs) + 1
            options = {'shape': shape, 'eps': eps}
            yield from affine('layerNorm', lambda x, w, b: F.layer_norm(x, shape, w, b, eps), x, shape, options)
    for xs, shape in (((4, 5), [5]), ((2, 3, 4), [3, 4])):
        for eps in (2**-23, 0.1):
            dims = tuple(range(-len(shape), 0))
            inputs = {'x': torch.randn(xs) + 1, 'w': torch.randn(shape)}
            case = differentiate(lambda x, w: rms_norm(x, w, dims, eps), inputs, ['x', 'w'])
            yield {'op': 'rmsNorm', 'options': {'shape': shape, 'eps': eps}, **case}
    for xs, groups in (((2, 6, 3, 4), 2), ((2, 6, 3, 4), 6), ((2, 6, 3, 4), 1), ((3, 4, 5), 2), ((3, 12), 3)):
        options = {'groups': groups, 'eps': 1e-5}
        f = lambda x, w, b: F.group_norm(x, groups, w, b)
        yield from affine('groupNorm', f, 2 * torch.randn(xs) - 1, [xs[1]], options)
    for xs in ((3, 4, 5, 2), (2, 3, 7), (6, 5), (1, 3, 4, 4)):
        for training, momentum in ((True, 0.1), (True, 0.5), (False, 0.1)):
            mean, var = torch.randn(xs[1]), torch.rand(xs[1]) + 0.5
            after = [mean.clone(), var.clone()]
            x = 2 * torch.randn(xs) + 1
            if training:
                F.batch_norm(x, *after, training=True, momentum=momentum)
            # each run gets statistics of its own, which it may change
            f = lambda x, w, b: F.batch_norm(
                x, mean.to(x.dtype, copy=True), var.to(x.dtype, copy=True), w, b, training, momentum)
            options = {'training': training, 'momentum': momentum, 'eps': 1e-5}
            statistics = {'mean': mean, 'var': var, 'meanAfter': after[0], 'varAfter': after[1]}
            yield from affine('batchNorm', f, x, [xs[1]], options, **statistics)
    for xs, size in (((2, 7, 3, 2), 5), ((2, 7, 3, 2), 4), ((1, 3, 4), 2), ((2, 5, 3), 9)):
        for alpha, beta, k in ((1e-4, 0.75, 1), (0.5, 0.5, 2)):
            case = differentiate(
                lambda x: F.local_response_norm(x, size, alpha, beta, k), {'x': 2 * torch.randn(xs)}, ['x'])
            yield {'op': 'localResponseNorm', 'options': {'size': size, 'alpha': alpha, 'beta': beta, 'k': k}, **case}


def convolution(op, f, xs, ws, filters, options):
    inputs = {'x': torch.randn(xs), 'w': torch.randn(ws) / math.prod(ws[1:]) ** 0.5, 'b': torch.randn(filters)}
    return {'op': op, 'options': options, **differentiate(f, inputs, ['x', 'w', 'b'])}


def more():
    #   x           w          stride padding dilation groups
    table = [
        ((2, 3, 9), (4, 3, 3), 1, 0, 1, 1),
        ((2, 4, 11), (6, 2, 3), 2, 1, 2, 2),
        ((1, 2, 8), (3, 2, 4), 1, 'same', 1, 1),
        ((1, 2, 8), (3, 2, 5), 1, 2, 1, 1),
    ]
    for xs, ws, *values in table:
        options = dict(zip(('stride', 'padding', 'dilation', 'groups'), values))
        yield convolution('conv1d', lambda x, w, b: F.conv1d(x, w, b, **options), xs, ws, ws[0], options)
    #   x              w                 stride     padding    dilation groups
    table = [
        ((1, 2, 4, 5, 4), (3, 2, 2, 3, 2), 1, 0, 1, 1),
        ((2, 4, 5, 4, 4), (2, 2, 3, 2, 2), [2, 1, 2], [1, 0, 1], 1, 2),
        ((1, 2, 5, 5, 5), (2, 2, 2, 2, 2), 1, 1, [2, 1, 2], 1),
    ]
    for xs, ws, *values in table:
        options = dict(zip(('stride', 'padding', 'dilation', 'groups'), values))
        yield convolution('conv3d', lambda x, w, b: F.conv3d(x, w, b, **options), xs, ws, ws[0], options)
    #   x           w             stride padding outputPadding groups dilation
    table = [
        ((2, 3, 4, 3), (3, 4, 3, 3), 1, 0, 0, 1, 1),
        ((2, 3, 4, 3), (3, 2, 3, 2), 2, [1, 0], 0, 1, 1),
        ((1, 2, 3, 4), (2, 3, 3, 3), 2, 1, 1, 1, 1),
        ((1, 4, 3, 3), (4, 3, 2, 2), [3, 1], 0, 0, 2, 1),
        ((1, 2, 4, 4), (2, 2, 3, 3), 1, [2, 0], 1, 1, 2),
        ((2, 6, 5, 5), (6, 1, 4, 4), 2, 1, 0, 6, 1),
    ]
    for xs, ws, stride, padding, extra, groups, dilation in table:
        options = {'stride': stride, 'padding': padding, 'outputPadding': extra, 'groups': groups, 'dilation': dilation}
        f = lambda x, w, b: F.conv_transpose2d(x, w, b, stride, padding, extra, groups, dilation)
        yield convolution('convTranspose2d', f, xs, ws, ws[1] * groups, options)
    ties = torch.tensor([2, 2, 1, 2, 2, 1, 1, 2, 2.]).reshape(1, 1, 3, 3)
    images = [((2, 2, 6, 4), [3, 2]), ((2, 2, 7, 5), [3, 2]), ((1, 2, 5, 6), [4, 6]), ((1, 2, 3, 2), [5, 3]),
              ((2, 3, 5, 7), 1), (ties, 2)]
    for x, size in images:
        x = x if isinstance(x, torch.Tensor) else torch.randn(x)
        for op, f in (('adaptiveAvgPool2d', F.adaptive_avg_pool2d), ('adaptiveMaxPool2d', F.adaptive_max_pool2d)):
            yield {'op': op, 'options': {'outputSize': size}, **differentiate(lambda x: f(x, size), {'x': x}, ['x'])}
    for xs, dim in (((3, 4), 0), ((3, 4), 1), ((2, 5, 3), 1), ((50,), 0)):
        case = differentiate(lambda x: torch.cumsum(x, dim), {'x': torch.randn(xs)}, ['x'])
        yield {'op': 'cumsum', 'options': {'dim': dim}, **case}
    some = torch.tensor([2, math.nan, 0, -1, 0, math.nan, 2, math.inf, -math.inf, 2])
    for x, dim in ((torch.randn(3, 4), 0), (torch.randn(2, 5, 3), 1), (torch.randn(40), 0), (some, 0)):
        for descending in (False, True):
            index = torch.sort(x, dim=dim, descending=descending, stable=True).indices
            f = lambda x: torch.sort(x, dim=dim, descending=descending, stable=True).values
            case = differentiate(f, {'x': x}, ['x'])
            yield {'op': 'sort', 'options': {'dim': dim, 'descending': descending}, **case, 'index': index}
    for xs, k, dim in (((3, 7), 3, 1), ((5, 4), 2, 0), ((2, 6, 3), 6, 1), ((60,), 9, 0)):
        for largest in (True, False):
            x = torch.randn(xs)
            case = differentiate(lambda x: torch.topk(x, k, dim, largest).values, {'x': x}, ['x'])
            options = {'k': k, 'dim': dim, 'largest': largest}
            yield {'op': 'topk', 'options': options, **case, 'index': torch.topk(x, k, dim, largest).indices}
