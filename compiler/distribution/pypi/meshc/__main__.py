"""`python -m meshc` is `meshc`."""

import os
import subprocess
import sys

from meshc._find import find_meshc_bin


def main() -> None:
    try:
        binary = find_meshc_bin()
    except FileNotFoundError as error:
        print(f"meshc: {error}", file=sys.stderr)
        sys.exit(2)
    arguments = [binary, *sys.argv[1:]]
    if os.name != "nt":
        # The process becomes meshc: signals and the exit code are its own.
        os.execv(binary, arguments)
    # On Windows a process cannot be replaced. Ctrl-C reaches both, and meshc says how it ends.
    process = subprocess.Popen(arguments)
    while True:
        try:
            sys.exit(process.wait())
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    main()
