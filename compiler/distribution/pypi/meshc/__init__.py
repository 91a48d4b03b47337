"""The compiler of the Mesh language, a native program. `find_meshc_bin` says where it is."""

from meshc._find import find_meshc_bin

__all__ = ["find_meshc_bin"]
