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


def table():
    yield from activations()
