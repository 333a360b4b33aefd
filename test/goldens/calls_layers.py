"""Calls of the functions that layers are made of: rows of calls.py."""

import torch
import torch.nn.functional as F

R = torch.randn
I = torch.tensor


def activations():
    kinks = I([-40.0, -7, -3, -1, -0.5, -0.25, 0, 0.25, 0.5, 1, 3, 6, 7, 25, 40])
    for name, f in (
        ('relu6', F.relu6), ('hardsigmoid', F.hardsigmoid), ('hardswish', F.hardswish), ('selu', F.selu),
        ('mish', F.mish), ('logsigmoid', F.logsigmoid), ('softsign', F.softsign), ('tanhshrink', F.tanhshrink),
        ('hardtanh', F.hardtanh), ('softshrink', F.softshrink), ('hardshrink', F.hardshrink), ('softplus', F.softplus),
        ('celu', F.celu), ('leakyRelu', F.leaky_relu), ('rrelu', F.rrelu),
    ):
        # At the bends of hardswish the second derivative is a convention.
        yield name, f, [kinks[kinks.abs() != 3] if name == 'hardswish' else kinks]
    yield 'hardtanh', F.hardtanh, [kinks, -3, 6]
    yield 'softshrink', F.softshrink, [kinks, 3]
    yield 'hardshrink', F.hardshrink, [kinks, 1]
    yield 'threshold', F.threshold, [kinks, 0.5, -2]
    yield 'celu', F.celu, [kinks, 2]
    for beta, limit in ((2, 5), (0.5, 20), (-1, 0.75)):
        yield 'softplus', F.softplus, [kinks, beta, limit]
    yield 'rrelu', F.rrelu, [kinks, 0.25, 0.5]
    yield 'leakyRelu', F.leaky_relu, [kinks, 0.25]
    yield 'softmin', F.softmin, [R(3, 4), 0]
    yield 'glu', F.glu, [R(3, 4)]
    yield 'glu', F.glu, [R(4, 3), 0]
    yield 'prelu', F.prelu, [R(3, 4), R(1)]
    yield 'prelu', F.prelu, [R(2, 3, 4), R(3)]
    yield 'prelu', F.prelu, [kinks, R(1)]


def borders():
    for mode in ('reflect', 'replicate', 'circular'):
        yield 'pad', F.pad, [R(1, 2, 5), [3, 2], mode]
        yield 'pad', F.pad, [R(1, 1, 4, 3), [1, 2, 3, 0], mode]
        yield 'pad', F.pad, [R(1, 1, 3, 3, 2), [1, 0, 0, 2, 2, 1], mode]
    yield 'pad', F.pad, [R(2, 4), [1, 2, 0, 1], 'constant', 3.5]
    yield 'pad', F.pad, [R(3, 5), [-1, 2, -1, -1]]
    yield 'pad', F.pad, [R(1, 2, 5), [-2, 3], 'replicate']


def pools():
    xs = R(1, 2, 7), R(1, 1, 5, 6), R(1, 1, 4, 3, 5)
    for dims, x in enumerate(xs, 1):
        for start, f in (('max', getattr(F, f'max_pool{dims}d')), ('avg', getattr(F, f'avg_pool{dims}d'))):
            name = f'{start}Pool{dims}d'
            yield name, f, [x, 2]
            yield name, f, [x, 3, 2, 1]
            yield name, f, [x[0], 2]
        f = getattr(F, f'max_pool{dims}d')
        yield f'maxPool{dims}d', f, [x, 2, 2, 1, 2, True]
        for args in ([3, 2, 1], [2, 2, 0, 2], [2, 2, 0, 1, True]):
            yield f'maxPool{dims}dWithIndices', getattr(F, f'max_pool{dims}d_with_indices'), [x, *args]
        f = getattr(F, f'avg_pool{dims}d')
        for include in (True, False):
            yield f'avgPool{dims}d', f, [x, 3, 2, 1, True, include]
        if dims > 1:
            yield f'avgPool{dims}d', f, [x, 3, 2, 1, True, True, 5]
        for size in (3, 4):
            yield f'adaptiveAvgPool{dims}d', getattr(F, f'adaptive_avg_pool{dims}d'), [x, size]
            name = f'adaptive_max_pool{dims}d'
            yield f'adaptiveMaxPool{dims}d', getattr(F, name), [x, size]
            yield f'adaptiveMaxPool{dims}dWithIndices', getattr(F, f'{name}_with_indices'), [x, size]
    yield 'adaptiveAvgPool2d', F.adaptive_avg_pool2d, [xs[1], [None, 4]]
    yield 'adaptiveAvgPool3d', F.adaptive_avg_pool3d, [xs[2][0], [2, None, 3]]
    for ceil in (False, True):
        yield 'lpPool1d', F.lp_pool1d, [xs[0].abs(), 3, 2, 1, ceil]
        yield 'lpPool2d', F.lp_pool2d, [xs[1], 2, [2, 3], 2, ceil]


def filters():
    lines, planes, boxes = R(1, 4, 5), R(1, 4, 3, 4), R(1, 2, 2, 3, 2)
    yield 'conv1d', F.conv1d, [lines[0], R(2, 4, 3), R(2), 2, 1]
    yield 'conv2d', F.conv2d, [planes[0], R(2, 2, 2, 2), None, 1, [1, 0], 1, 2]
    yield 'conv2d', F.conv2d, [planes, R(2, 4, 3, 4), R(2)]
    yield 'conv2d', F.conv2d, [planes, R(2, 4, 2, 3), None, 1, 'same']
    yield 'conv3d', F.conv3d, [boxes[0], R(1, 2, 2, 2, 2), R(1), 1, 1, 2]
    yield 'convTranspose1d', F.conv_transpose1d, [lines, R(4, 2, 3), R(4), 2, 1, 1, 2, 2]
    yield 'convTranspose1d', F.conv_transpose1d, [lines[0], R(4, 2, 3)]
    yield 'convTranspose2d', F.conv_transpose2d, [planes[0], R(4, 1, 2, 3), R(2), [1, 2], 1, [0, 1], 2]
    yield 'convTranspose2d', F.conv_transpose2d, [R(2, 3, 1, 1), R(3, 2, 2, 3), R(2)]
    yield 'convTranspose3d', F.conv_transpose3d, [boxes, R(2, 1, 2, 3, 2), R(2), [2, 1, 2], [1, 0, 1], [1, 0, 1], 2]
    yield 'convTranspose3d', F.conv_transpose3d, [boxes[0], R(2, 1, 2, 1, 2), None, 1, 0, 0, 1, [2, 1, 1]]
    yield 'bilinear', F.bilinear, [R(2, 3), R(2, 4), R(5, 3, 4), R(5)]
    yield 'unfold', F.unfold, [R(1, 2, 4, 5), [2, 3], [1, 2], [1, 0], 2]
    yield 'unfold', F.unfold, [R(2, 3, 4), 2]
    yield 'fold', F.fold, [R(1, 8, 12), [4, 5], 2]
    yield 'fold', F.fold, [R(8, 6), [4, 5], 2, 1, 1, [3, 2]]


def norms():
    for shape in ((2, 3, 4), (2, 2, 2, 3), (1, 2, 2, 2, 2)):
        c = shape[1]
        o = {'weight': R(c), 'bias': R(c), 'eps': 0.1}
        yield 'instanceNorm', F.instance_norm, [R(*shape)]
        yield 'instanceNorm', lambda x, m, v, o: F.instance_norm(
            x, m, v, o['weight'].to(x), o['bias'].to(x), True, 0.1, 0.1), [R(*shape), None, None, o]


def vision():
    xs = R(1, 1, 4), R(1, 1, 3, 4), R(1, 1, 2, 3, 2)
    for dims, (x, mode) in enumerate(zip(xs, ('linear', 'bilinear', 'trilinear')), 1):
        for size in (5, 2):
            yield 'interpolate', lambda x, o: F.interpolate(x, size=o['size']), [x, {'size': size}]
            for corners in (False, True):
                o = {'size': size, 'mode': mode, 'alignCorners': corners}
                yield 'interpolate', lambda x, o: F.interpolate(x, o['size'], None, o['mode'], o['alignCorners']), [x, o]
            o = {'size': size, 'mode': 'area'}
            yield 'interpolate', lambda x, o: F.interpolate(x, o['size'], None, o['mode']), [x, o]
        for mode in ('nearest', 'nearest-exact', mode):
            o = {'scaleFactor': 1.7, 'mode': mode}
            yield 'interpolate', lambda x, o: F.interpolate(x, None, o['scaleFactor'], o['mode']), [x, o]
    for corners in (False, True):
        o = {'size': [5, 2], 'mode': 'bicubic', 'alignCorners': corners}
        yield 'interpolate', lambda x, o: F.interpolate(x, o['size'], None, o['mode'], o['alignCorners']), [xs[1], o]
    yield 'pixelShuffle', F.pixel_shuffle, [R(1, 8, 2, 1), 2]
    yield 'pixelUnshuffle', F.pixel_unshuffle, [R(1, 2, 4, 2), 2]
    # PyTorch's own has no derivative.
    yield 'channelShuffle', lambda x, n: x.unflatten(1, (n, -1)).transpose(1, 2).flatten(1, 2), [R(1, 6, 1, 2), 3]
    for corners in (False, True):
        yield 'affineGrid', F.affine_grid, [R(2, 2, 3), [2, 1, 2, 3], corners]
        yield 'affineGrid', F.affine_grid, [R(1, 3, 4), [1, 1, 2, 1, 3], corners]
        for padding in ('zeros', 'border', 'reflection'):
            for mode in ('bilinear', 'nearest'):
                yield 'gridSample', F.grid_sample, [R(1, 2, 3, 4), R(1, 2, 3, 2), mode, padding, corners]


def table():
    yield from activations()
    yield from borders()
    yield from pools()
    yield from filters()
    yield from vision()
    yield from norms()
    yield from edges()


def edges():
    """Windows that the round-up alone lets in, borders that are cut off at one end."""
    for start, f in (('max', F.max_pool2d), ('avg', F.avg_pool2d)):
        yield f'{start}Pool2d', f, [R(1, 1, 1, 4), 2, 2, 0, *((1, True) if start == 'max' else (True,))]
    yield 'maxPool2d', F.max_pool2d, [R(1, 1, 2, 4), 3, 2, 0, 1, True]
    yield 'pad', F.pad, [R(1, 2, 5), [1, -1], 'circular']
    yield 'pad', F.pad, [R(1, 1, 4, 5), [-2, 3, 2, -1], 'circular']
