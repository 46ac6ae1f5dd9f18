"""Whether generated examples help a model that is learned from data: arms, judges, and a verdict on untouched data.

A judge is a model that tells classes apart. An arm is a way to train it: on real examples alone, with classic
augmentation, with generated examples, and so on. What can be chosen is chosen on validation examples. The labels of
test examples are read once, after that.
"""
