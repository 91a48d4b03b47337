"""Where an installer puts the scripts of a wheel."""

import os
import sys
import sysconfig


def _folders():
    """The folders that may have the binary, the most likely one first."""
    # A virtual environment, or the Python that runs.
    yield sysconfig.get_path("scripts")
    # The Python below a virtual environment that sees the packages of the system.
    yield sysconfig.get_path("scripts", vars={"base": sys.base_prefix})
    here = os.path.dirname(os.path.abspath(__file__))
    packages = os.path.dirname(here)
    # pip install --prefix: PREFIX/lib/pythonX.Y/site-packages/meshc, or on Windows PREFIX/Lib/site-packages/meshc.
    up = (os.pardir,) * (2 if os.name == "nt" else 3)
    yield os.path.normpath(os.path.join(packages, *up, "Scripts" if os.name == "nt" else "bin"))
    # pip install --target, where scripts lie beside the packages.
    yield os.path.join(packages, "bin")
    # pip install --user.
    if sys.version_info >= (3, 10):
        scheme = sysconfig.get_preferred_scheme("user")
    else:
        scheme = "nt_user" if os.name == "nt" else "posix_user"
    yield sysconfig.get_path("scripts", scheme=scheme)


def find_meshc_bin() -> str:
    """The path of the binary. Raises FileNotFoundError where it is in none of the folders that installers use."""
    name = "meshc" + (sysconfig.get_config_var("EXE") or "")
    searched = []
    for folder in _folders():
        path = os.path.join(folder, name)
        if os.path.isfile(path):
            return path
        if folder not in searched:
            searched.append(folder)
    raise FileNotFoundError(f"{name} is in none of these folders: {', '.join(searched)}")
