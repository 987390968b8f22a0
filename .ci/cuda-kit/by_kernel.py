"""What each kernel takes of the time that ncu noted, the largest first; kernels of one name are told apart by their launches.

Usage: python3 by_kernel.py KERNELS.csv    (from: ncu --csv --metrics gpu__time_duration.sum)
"""
import collections
import csv
import re
import sys

NANOSECONDS = {"ns": 1, "nsecond": 1, "us": 1e3, "usecond": 1e3, "ms": 1e6, "msecond": 1e6, "s": 1e9, "second": 1e9}

with open(sys.argv[1], newline="") as file:
    lines = [line for line in file if line.startswith('"')]
times = collections.defaultdict(list)
for row in csv.DictReader(lines):
    if row.get("Metric Name") == "gpu__time_duration.sum":
        name = "  ".join(re.sub(r"\(.*" if part == "Kernel Name" else r"[(), ]+", " ", row[part]).strip()
                         for part in ("Kernel Name", "Grid Size", "Block Size"))
        times[name].append(float(row["Metric Value"].replace(",", "")) * NANOSECONDS[row["Metric Unit"]] / 1e3)
if not times:
    sys.exit(f"{sys.argv[1]} has no times; is this user allowed to read performance counters?")
total = sum(map(sum, times.values()))
print(f"{'share':>6}  {'us':>10}  {'launches':>8}  {'us each':>8}  kernel, blocks, threads")
for name, all_of in sorted(times.items(), key=lambda item: -sum(item[1]))[:40]:
    print(f"{sum(all_of) / total:6.1%}  {sum(all_of):10.1f}  {len(all_of):8}  {sum(all_of) / len(all_of):8.2f}  {name}")
