// Device memory: allocations in one reserved range of addresses, each on pages of its own and never at an address used before,
// so that every access past an end, and every use after a free, is seen.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace softcuda {

inline bool inside(uint64_t address, uint64_t bytes, uint64_t start, uint64_t end) {
    return address >= start && address <= end && bytes <= end - address;
}

// A live allocation: device memory of one context, or page-locked memory of the host, which every context reaches.
struct Allocation {
    uint64_t start = 0, end = 0;
    const void* owner = nullptr;

    bool onHost() const { return owner == nullptr; }
    bool holds(uint64_t address, uint64_t bytes) const { return inside(address, bytes, start, end); }
};

// Generic addresses in these two windows mean the shared memory of the block and the local memory of the thread.
constexpr uint64_t windowBytes = 16 << 20;
extern const uint64_t sharedWindow, localWindow;

// Whether an address is one of those that only device memory has.
bool isReserved(uint64_t address);

// The address of fresh memory, filled with 0xFF (not-a-number, whatever its type), or 0 where no address is left.
uint64_t allocateDevice(const void* owner, size_t bytes);

// Frees what starts at an address and returns its size, 0 if nothing of that owner starts there.
size_t freeDevice(const void* owner, uint64_t address);
void freeAll(const void* owner);

bool lockHost(const void* start, size_t bytes);
bool unlockHost(const void* start);

// The live allocation that holds an address, or null.
const Allocation* findAllocation(uint64_t address);

// Where an address lies, in words, for a message about a wrong access.
std::string describeAddress(uint64_t address);

}
