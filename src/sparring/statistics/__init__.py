"""Statistical models of the data, fitted before the first step. Networks hold one and learn what it leaves out.

A model is an `nn.Module` whose buffers travel with the weights of its network; everything else here is plain functions
on tensors.
"""
