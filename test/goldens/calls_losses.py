"""Calls of losses."""

import torch
import torch.nn.functional as F

R = torch.randn
I = torch.tensor


def signs(*shape):
    return torch.where(R(*shape) > 0, 1, -1)


def named(f, options):
    """f with PyTorch's names of the options, tensors among them in the type of the first argument."""
    def call(*args):
        cast = {k: v.to(args[0].dtype) if isinstance(v, torch.Tensor) else v for k, v in options.items()}
        return f(*args[:-1], **cast)
    return call


def table():
    P = lambda *shape: torch.rand(*shape) * 0.8 + 0.1
    for reduction in ('mean', 'sum', 'none', 'batchmean'):
        o = {'reduction': reduction}
        yield 'klDiv', named(F.kl_div, o), [R(3, 4).log_softmax(1), R(3, 4).softmax(1), o]
    yield 'klDiv', named(F.kl_div, {'log_target': True}), [
        R(3, 4).log_softmax(1), R(3, 4).log_softmax(1), {'logTarget': True}]
    counts = I([[0.0, 1, 2.5], [4, 7, 1.5]])
    yield 'poissonNllLoss', named(F.poisson_nll_loss, {}), [R(2, 3), counts, {}]
    yield 'poissonNllLoss', named(F.poisson_nll_loss, {'log_input': False, 'full': True}), [
        P(2, 3), counts + 1, {'logInput': False, 'full': True}]  # at 0 PyTorch's gradient of the target is NaN
    for full in (False, True):
        for v in (P(2, 3), P(2), P(2, 1), I([[1e-8, 0.5, 1], [2, 1e-9, 3]])):
            yield 'gaussianNllLoss', named(F.gaussian_nll_loss, {'full': full}), [R(2, 3), R(2, 3), v, {'full': full}]
    yield 'softMarginLoss', named(F.soft_margin_loss, {}), [R(3, 4), signs(3, 4), {}]
    for margin in (1.0, 0.25):
        o = {'margin': margin}
        yield 'hingeEmbeddingLoss', named(F.hinge_embedding_loss, o), [R(3, 4), signs(3, 4), o]
        yield 'marginRankingLoss', named(F.margin_ranking_loss, o), [R(5), R(5), signs(5), o]
        yield 'cosineEmbeddingLoss', named(F.cosine_embedding_loss, o), [R(6, 4), R(6, 4), signs(6), o]
    yield 'cosineEmbeddingLoss', named(F.cosine_embedding_loss, {}), [R(4), R(4), I(-1), {}]
    for o in ({}, {'p': 1.0}, {'p': 3.0, 'margin': 0.5}, {'swap': True, 'margin': 2.0}, {'reduction': 'none'}):
        yield 'tripletMarginLoss', named(F.triplet_margin_loss, o), [R(4, 3), R(4, 3), R(4, 3), o]
    labels = I([2, 0, 3])
    weight = I([1.0, 2, 0.5, 3])
    for o in ({}, {'p': 2}, {'margin': 0.5, 'reduction': 'sum'}, {'reduction': 'none'}, {'weight': weight}):
        yield 'multiMarginLoss', named(F.multi_margin_loss, o), [R(3, 4), labels, o]
    yield 'multiMarginLoss', named(F.multi_margin_loss, {}), [R(4), I(1), {}]
    many = I([[3, 0, -1, 1], [-1, 0, 0, 0], [0, 1, 2, 3]])
    for o in ({}, {'reduction': 'none'}):
        yield 'multilabelMarginLoss', named(F.multilabel_margin_loss, o), [R(3, 4), many, o]
    yield 'multilabelMarginLoss', named(F.multilabel_margin_loss, {}), [R(4), many[0], {}]
    for o in ({}, {'weight': weight}, {'reduction': 'none'}):
        yield 'multilabelSoftMarginLoss', named(F.multilabel_soft_margin_loss, o), [R(3, 4), P(3, 4), o]
    for o in ({}, {'weight': weight}, {'weight': weight, 'reduction': 'sum'}):
        yield 'binaryCrossEntropy', named(F.binary_cross_entropy, o), [P(3, 4), P(3, 4), o]
        yield 'binaryCrossEntropyWithLogits', named(F.binary_cross_entropy_with_logits, o), [R(3, 4), P(3, 4), o]
    ignored = I([2, -100, 3])
    for o in ({}, {'reduction': 'sum'}, {'reduction': 'none'}, {'weight': weight}):
        yield 'nllLoss', named(F.nll_loss, o), [R(3, 4), ignored, o]
        yield 'crossEntropy', named(F.cross_entropy, o), [R(3, 4), ignored, {**o, 'ignoreIndex': -100}]
    yield 'crossEntropy', named(F.cross_entropy, {'weight': weight}), [R(3, 4), ignored, {'weight': weight}]
    yield 'crossEntropy', named(F.cross_entropy, {}), [R(2, 3, 2), I([[0, -100], [2, 1]]), {'ignoreIndex': -100}]
