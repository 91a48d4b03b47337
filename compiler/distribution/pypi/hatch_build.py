"""Puts the binary that MESHC_BINARY names into the scripts of the wheel, for the platform that MESHC_TARGET names."""

import os
import shutil
import tempfile

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# A static binary needs neither glibc nor musl, so one wheel is right for both. What macOS has to be is what Rust says
# of its targets.
PLATFORMS = {
    "x86_64-unknown-linux-musl": "manylinux_2_17_x86_64.manylinux2014_x86_64.musllinux_1_1_x86_64",
    "aarch64-unknown-linux-musl": "manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64",
    "x86_64-apple-darwin": "macosx_10_12_x86_64",
    "aarch64-apple-darwin": "macosx_11_0_arm64",
    "x86_64-pc-windows-msvc": "win_amd64",
}


def wanted(name):
    value = os.environ.get(name)
    if not value:
        raise RuntimeError(f"{name} is not set: a wheel is made from a binary that is there already")
    return value


def path(name):
    found = os.path.abspath(wanted(name))
    if not os.path.isfile(found):
        raise RuntimeError(f"{name} is {found}, which is not a file")
    return found


class Binary(BuildHookInterface):
    def initialize(self, version, build_data):
        binary, notices, target = path("MESHC_BINARY"), path("MESHC_NOTICES"), wanted("MESHC_TARGET")
        if target not in PLATFORMS:
            raise RuntimeError(f"no wheel for {target}; there is one for {', '.join(PLATFORMS)}")
        # What carries files from one machine to the next loses the bit that lets them be run.
        self.folder = tempfile.mkdtemp()
        program = os.path.join(self.folder, "meshc.exe" if "windows" in target else "meshc")
        shutil.copyfile(binary, program)
        os.chmod(program, 0o755)
        build_data["force_include"][notices] = "meshc/NOTICES.txt"
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{PLATFORMS[target]}"
        build_data["shared_scripts"][program] = os.path.basename(program)

    def finalize(self, version, build_data, artifact_path):
        shutil.rmtree(self.folder)
