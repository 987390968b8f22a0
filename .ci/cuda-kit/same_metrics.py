"""Whether two runs of Snake have the same metrics, to the last digit; prints their frames a second.

Usage: python3 same_metrics.py RUN RUN
"""
import csv
import pathlib
import sys

SPEED = "frames_per_second"


def rows(run):
    """The rows of all agents of a run."""
    found = []
    for path in sorted(pathlib.Path(run).rglob("metrics.csv")):
        with open(path, newline="") as file:
            found += csv.DictReader(file)
    return found


first, second = rows(sys.argv[1]), rows(sys.argv[2])
if not first:
    sys.exit(f"{sys.argv[1]} has no metrics.csv")
for run, found in zip(sys.argv[1:], (first, second)):
    speeds = sorted(float(row[SPEED]) for row in found)
    print(f"{run}: {speeds[len(speeds) // 2]:.0f} frames a second in the median of {len(found)} rows")
different = [i for i, pair in enumerate(zip(first, second)) if any(pair[0][name] != pair[1][name] for name in pair[0] if name != SPEED)]
if len(first) != len(second) or different:
    sys.exit(f"{sys.argv[1]} and {sys.argv[2]} have different metrics, from row {different[0] if different else 'count'} on")
print(f"{sys.argv[1]} and {sys.argv[2]} have the same metrics")
