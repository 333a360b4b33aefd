"""Writes the golden files beside this script: what PyTorch computes, for the tests to compare with."""

import calls
import functions
import layers
import recurrent
import torch
import training
from golden import write

MAKERS = {
    'conv2d': functions.conv2d,
    'pool': functions.pool,
    'losses': functions.losses,
    'activations': functions.activations,
    'norm': layers.norm,
    'more': layers.more,
    'calls': calls.calls,
    'rnn': recurrent.layers,
    'init': training.init,
    'optim': training.optimisers,
    'lenet': training.lenet,
}

torch.set_num_threads(1)
for name, make in MAKERS.items():
    torch.manual_seed(0)
    write(name, list(make()))
