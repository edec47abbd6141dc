"""Print one fenced code block of README.md, so that CI runs what people are told to run.

Usage: python tools/readme_block.py N      (N counts from 1)
"""

import re
import sys
from pathlib import Path

README = Path(__file__).resolve().parent.parent / "README.md"
FENCED = re.compile(r"^```[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)


def main(arguments: list[str]) -> int:
    """Print the block and return the exit code: 2 when there is no such block."""
    blocks = FENCED.findall(README.read_text(encoding="utf-8"))
    if len(arguments) != 1 or not arguments[0].isdigit():
        print(__doc__, file=sys.stderr)
        return 2
    number = int(arguments[0])
    if not 1 <= number <= len(blocks):
        print(f"README.md has {len(blocks)} fenced blocks, not a block {number}", file=sys.stderr)
        return 2
    print(blocks[number - 1], end="")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
