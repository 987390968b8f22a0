"""The frames a second of runs of Snake, of all their agents together; of two, also whether their metrics are the same to the last digit.

Usage: python3 same_metrics.py RUN [RUN]
"""
import csv
import pathlib
import sys

SPEED = "frames_per_second"


def agents(run):
    """The rows of each agent of a run, which has a folder for each."""
    found = []
    for path in sorted(pathlib.Path(run).glob("*/metrics.csv")):
        with open(path, newline="") as file:
            found.append(list(csv.DictReader(file)))
    return [rows for rows in found if rows]


def median(numbers):
    return sorted(numbers)[len(numbers) // 2]


runs = {run: agents(run) for run in sys.argv[1:]}
for run, found in runs.items():
    if not found:
        sys.exit(f"{run} has no metrics.csv")
    speed = sum(median([float(row[SPEED]) for row in rows]) for rows in found)
    print(f"{run}: {speed:.0f} frames a second of all agents ({len(found)}), medians of {len(found[0])} rows")
if len(runs) == 2:
    first, second = ([row for rows in found for row in rows] for found in runs.values())
    different = [i for i, pair in enumerate(zip(first, second)) if any(pair[0][name] != pair[1][name] for name in pair[0] if name != SPEED)]
    if len(first) != len(second) or different:
        sys.exit(f"{sys.argv[1]} and {sys.argv[2]} have different metrics, from row {different[0] if different else 'count'} on")
    print(f"{sys.argv[1]} and {sys.argv[2]} have the same metrics")
