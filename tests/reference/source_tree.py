"""Paths in the source tree."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT / "spec" / "corpus"
GOOD = sorted((CORPUS / "good").glob("*.shmcol"))
PLAIN = [p for p in GOOD if not p.stem.startswith("zstd-")]
