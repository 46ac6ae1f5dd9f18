"""A small convolutional classifier that learns from a few pictures a class within seconds."""

from __future__ import annotations

from torch import Tensor, nn

PLACES = 4  # rows and columns of the last features: digits and shapes need to know where a stroke is


class SmallClassifier(nn.Module):
    """A convolutional classifier of pictures.

    picture (N x C x H x W, sides of at least 8) -> three blocks of a 3x3 convolution, batch normalisation (Ioffe &
    Szegedy 2015, arXiv:1502.03167), ReLU and max pooling -> means of at most PLACES x PLACES areas -> dropout, dense
    layer -> class logits (N x classes).

    Args:
        shape: Channels, height and width of a picture.
        classes: Number of classes.
        width: Channels of the first block, half of those of the others.
        dropout: Share of features dropped before the dense layer.
    """

    def __init__(self, shape: tuple[int, ...], classes: int, *, width: int = 16, dropout: float = 0.2):
        super().__init__()
        channels, height, width_of_picture = shape
        layers: list[nn.Module] = []
        for inputs, outputs in ((channels, width), (width, 2 * width), (2 * width, 2 * width)):
            layers += [nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]
            layers.append(nn.MaxPool2d(2))
        rows, columns = (min(PLACES, side // 8) for side in (height, width_of_picture))
        self.body = nn.Sequential(*layers, nn.AdaptiveAvgPool2d((rows, columns)), nn.Flatten(), nn.Dropout(dropout))
        self.last = nn.Linear(2 * width * rows * columns, classes)

    def forward(self, pictures: Tensor) -> Tensor:
        """See the class."""
        return self.last(self.body(pictures))
