"""Lets every test import what stands beside these tests (`memory_entrance`), however pytest is told to import."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
