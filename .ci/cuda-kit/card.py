"""The CUDA card here, its driver, and two ceilings by PyTorch: bytes a second in copies, float32 operations a second in products.

Usage: python3 card.py [--driver-only]
Prints one object of JSON. Asks the driver itself first, and fails with its answer: libraries on top of it hide why it does not work.
"""
import argparse
import ctypes
import json
import sys
import time


def driver():
    """What libcuda.so.1 says of itself and of its first card; exits where it does not work."""
    try:
        cuda = ctypes.CDLL("libcuda.so.1")
    except OSError as error:
        sys.exit(f"no CUDA driver: {error}")

    def call(name, *arguments):
        status = getattr(cuda, name)(*arguments)
        if status != 0:
            text = ctypes.c_char_p()
            cuda.cuGetErrorString(status, ctypes.byref(text))
            sys.exit(f"{name} fails with error {status}: {(text.value or b'unknown').decode()}")

    version, count, memory = ctypes.c_int(), ctypes.c_int(), ctypes.c_size_t()
    major, minor, processors = ctypes.c_int(), ctypes.c_int(), ctypes.c_int()
    name = ctypes.create_string_buffer(256)
    call("cuInit", 0)
    call("cuDriverGetVersion", ctypes.byref(version))
    call("cuDeviceGetCount", ctypes.byref(count))
    if count.value == 0:
        sys.exit("the CUDA driver works, but has no device")
    call("cuDeviceGetName", name, 256, 0)
    call("cuDeviceTotalMem_v2", ctypes.byref(memory), 0)
    for attribute, place in ((75, major), (76, minor), (16, processors)):
        call("cuDeviceGetAttribute", ctypes.byref(place), attribute, 0)
    return {
        "card": name.value.decode(),
        "compute_capability": f"{major.value}.{minor.value}",
        "multiprocessors": processors.value,
        "memory_bytes": memory.value,
        "cuda_version": f"{version.value // 1000}.{version.value % 1000 // 10}",
        "devices": count.value,
    }


def ceilings():
    """The best of several copies of 1 GiB, and of several products of 8192 x 8192 matrices without tensor cores."""
    import torch

    torch.backends.cuda.matmul.allow_tf32 = False

    def seconds(work):
        work()
        best = float("inf")
        for _ in range(5):
            torch.cuda.synchronize()
            start = time.perf_counter()
            work()
            torch.cuda.synchronize()
            best = min(best, time.perf_counter() - start)
        return best

    source = torch.zeros(1 << 28, device="cuda")
    destination = torch.empty_like(source)
    size = 8192
    a, b = torch.randn(size, size, device="cuda"), torch.randn(size, size, device="cuda")
    return {
        "copied_bytes_per_second": 2 * 4 * source.numel() / seconds(lambda: destination.copy_(source)),
        "float32_operations_per_second": 2 * size ** 3 / seconds(lambda: a @ b),
        "torch": torch.__version__,
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--driver-only", action="store_true", help="ask the driver, measure nothing")
    options = parser.parse_args()
    found = driver()
    if not options.driver_only:
        # What the driver says counts, whatever PyTorch does.
        try:
            found |= ceilings()
        except Exception as error:
            found["ceilings_error"] = f"{type(error).__name__}: {error}"
    print(json.dumps(found, indent=1))
