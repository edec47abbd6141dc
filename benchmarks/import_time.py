"""How long does `import stripline` take?

Peers: the bare interpreter, and importing numpy and Pillow's Image, which people know. The time is
what the interpreter itself reports (`-X importtime`), the median over processes of their own; the
first process, which may have to write bytecode, is not counted.
"""

from __future__ import annotations

import argparse
import importlib.util
import statistics
import subprocess
import sys

MODULES = ("stripline", "stripline.jpeg", "numpy", "PIL.Image")


def import_microseconds(module: str) -> int:
    """What importing `module` takes, all it imports included, in a fresh interpreter."""
    command = [sys.executable, "-X", "importtime", "-c", f"import {module}"]
    done = subprocess.run(command, check=True, stderr=subprocess.PIPE, text=True)
    total = 0
    # Lines are "import time: self | cumulative | name", children indented under their parent;
    # what the command itself imports is not indented.
    parents = {module, module.partition(".")[0]}
    for line in done.stderr.splitlines():
        _, cumulative, name = line.removeprefix("import time:").split("|")
        if cumulative.strip().isdigit() and name[1:] in parents:
            total += int(cumulative)
    return total


def main(arguments: list[str]) -> int:
    """Print a line per module."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=11)
    options = parser.parse_args(arguments)
    for module in MODULES:
        if importlib.util.find_spec(module.partition(".")[0]) is None:
            print(f"{module:<16} is not installed and not measured")
            continue
        import_microseconds(module)
        times = [import_microseconds(module) / 1000 for _ in range(options.rounds)]
        print(f"{module:<16} {statistics.median(times):>7.1f} ms  (min {min(times):.1f})")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
