#include "memory.h"

#include <cstring>
#include <map>
#include <sys/mman.h>

namespace softcuda {
namespace {

constexpr uint64_t reservedBytes = 1ull << 44, pageBytes = 4096;

// The reserved range begins with the two windows; nothing is ever allocated there.
struct Reserve {
    uint64_t start = 0, next = 0, end = 0;

    Reserve() {
        void* memory = mmap(nullptr, reservedBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED)
            return;
        start = reinterpret_cast<uint64_t>(memory);
        next = start + 4 * windowBytes;
        end = start + reservedBytes;
    }
};

Reserve range;

std::map<uint64_t, Allocation> live;
std::map<uint64_t, uint64_t> freed;

void forget(std::map<uint64_t, Allocation>::iterator allocation) {
    auto [start, end, owner] = allocation->second;
    if (owner) {
        madvise(reinterpret_cast<void*>(start), end - start, MADV_DONTNEED);
        freed[start] = end;
    }
    live.erase(allocation);
}

}

const uint64_t sharedWindow = range.start, localWindow = range.start + windowBytes;

bool isReserved(uint64_t address) { return address - range.start < reservedBytes; }

uint64_t allocateDevice(const void* owner, size_t bytes) {
    uint64_t pages = (bytes + pageBytes - 1) / pageBytes + 1; // one page of distance to the next allocation
    if (range.start == 0 || pages > (range.end - range.next) / pageBytes)
        return 0;
    uint64_t start = range.next;
    range.next += pages * pageBytes;
    std::memset(reinterpret_cast<void*>(start), 0xFF, bytes);
    live[start] = {start, start + bytes, owner};
    return start;
}

size_t freeDevice(const void* owner, uint64_t address) {
    auto found = live.find(address);
    if (found == live.end() || found->second.owner != owner)
        return 0;
    size_t bytes = found->second.end - found->second.start;
    forget(found);
    return bytes;
}

void freeAll(const void* owner) {
    for (auto allocation = live.begin(); allocation != live.end();) {
        auto current = allocation++;
        if (current->second.owner == owner)
            forget(current);
    }
}

bool lockHost(const void* start, size_t bytes) {
    auto address = reinterpret_cast<uint64_t>(start);
    return bytes > 0 && live.insert({address, {address, address + bytes, nullptr}}).second;
}

bool unlockHost(const void* start) {
    auto found = live.find(reinterpret_cast<uint64_t>(start));
    if (found == live.end() || !found->second.onHost())
        return false;
    forget(found);
    return true;
}

const Allocation* findAllocation(uint64_t address) {
    auto above = live.upper_bound(address);
    if (above == live.begin())
        return nullptr;
    const auto& candidate = std::prev(above)->second;
    return address < candidate.end ? &candidate : nullptr;
}

std::string describeAddress(uint64_t address) {
    if (address < 65536)
        return "a null pointer";
    auto below = [address](const auto& map) {
        auto above = map.upper_bound(address);
        return above == map.begin() ? map.end() : std::prev(above);
    };
    if (auto old = below(freed); old != freed.end() && address < old->second)
        return std::to_string(address - old->first) + " bytes into freed memory of " + std::to_string(old->second - old->first) + " bytes";
    if (auto near = below(live); near != live.end() && address - near->first < reservedBytes) {
        const auto& [start, end, owner] = near->second;
        std::string of = " allocation of " + std::to_string(end - start) + " bytes" + (owner ? "" : " on the host");
        return address < end ? std::to_string(address - start) + " bytes into an" + of
                             : std::to_string(address - end) + " bytes past the end of an" + of;
    }
    return "no allocation";
}

}
