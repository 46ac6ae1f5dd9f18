"""Pictures with boxes around their objects: COCO json, Pascal VOC xml and YOLO txt, read, checked and written.

The room lies beside the readers of pictures because a box means pixels: sizes are checked against the pictures, and
YOLO's boxes are shares of them.
"""

from .reading import AnnotatedPictures, kind_of, read_annotated
from .scenes import Objects, Scene
from .writing import write_annotated

__all__ = ["AnnotatedPictures", "Objects", "Scene", "kind_of", "read_annotated", "write_annotated"]
