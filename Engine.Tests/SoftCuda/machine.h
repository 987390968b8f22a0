// The machine that kernels run on: decoded instructions, and the threads and blocks that execute them.
//
// A module is one frame: the registers, parameters and local variables of all its functions have fixed places side by side
// (PTX functions called here do not recurse). Constants are registers too, filled in before a thread starts, as are the special
// registers; so every source of an instruction is simply the index of a register.
#pragma once

#include "memory.h"

#include <cstring>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace softcuda {

struct Thread;
struct Warp;
struct Block;
struct Instruction;

// Executes one instruction for one thread; returns the next one, or null where the thread ends or waits.
using Step = const Instruction* (*)(Thread&, const Instruction*);

// Executes an instruction of a whole warp once the lanes that it names have arrived.
using Collective = void (*)(Warp&, const Instruction*);

struct Instruction {
    Step step = nullptr;
    uint32_t d = 0, s[4] = {};         // destination and sources
    uint32_t d2 = 0;                   // a second destination
    int64_t offset = 0;                // added to the address in s[0]
    const Instruction* target = nullptr;
    std::vector<uint32_t> list;        // registers of a vector or matrix fragment; places of parameters
    std::vector<const Instruction*> targets;
    Collective collective = nullptr;
    uint32_t line = 0;                 // in the text of the module
};

enum SpecialRegister : uint32_t {
    TidX, TidY, TidZ, NtidX, NtidY, NtidZ, CtaidX, CtaidY, CtaidZ, NctaidX, NctaidY, NctaidZ,
    LaneId, WarpId, DynamicSharedBytes, SpecialRegisters
};

struct Parameter {
    uint32_t offset = 0, bytes = 0;
};

struct Function {
    std::string name;
    bool isEntry = false, isDefined = false;
    std::vector<Parameter> parameters, results;
    uint32_t parameterStart = 0, parameterBytes = 0; // of an entry: what a launch passes
    uint32_t maxThreads = 1024;
    uint32_t maxDynamicShared = 0;     // beyond the default, as set by cuFuncSetAttribute
    size_t firstInstruction = 0;
    struct Module* module = nullptr;
};

struct Module {
    std::vector<std::string> lines;
    std::vector<Instruction> code;
    std::vector<uint64_t> registers;   // what every thread starts with
    uint32_t parameterBytes = 0, localBytes = 0, sharedBytes = 0;
    bool isCooperative = false;        // threads wait for one another somewhere
    bool isLoaded = true;
    std::unordered_map<std::string, std::unique_ptr<Function>> functions;
    std::vector<uint64_t> variables;   // device memory of .global and .const
};

// Reads a module's text and decodes it; throws PtxError at anything it does not know.
struct PtxError {
    int code;
    std::string message;
};
std::unique_ptr<Module> translate(const char* text, const void* owner);

struct Size3 {
    uint32_t x = 1, y = 1, z = 1;
    uint64_t count() const { return uint64_t(x) * y * z; }
};

struct Launch {
    Function* function = nullptr;
    Size3 grid, block;
    uint32_t dynamicShared = 0;
    std::vector<uint8_t> parameters;
    const void* owner = nullptr;
};

// Runs a kernel to its end; returns 0 or the error that its context has from then on.
int execute(const Launch& launch);

// What a kernel did wrong.
struct Fault {
    int code;
    std::string message;
};
constexpr int illegalAddress = 700, launchFailed = 719, misalignedAddress = 716;

[[noreturn]] void fault(const Thread& thread, const Instruction* at, int code, const std::string& message);

// Shared memory: static variables first; the dynamic part begins where the largest static part would end.
constexpr uint32_t maxStaticShared = 48 << 10, maxShared = 227 << 10;
constexpr uint32_t warpSize = 32;

enum class State : uint8_t { Running, AtBarrier, AtCollective, Done };

enum class Access : uint8_t { Read, Write, Atomic };

struct Thread {
    uint64_t* r = nullptr;
    uint8_t* parameters = nullptr;
    uint8_t* local = nullptr;
    Block* block = nullptr;
    const Instruction* pc = nullptr;
    State state = State::Running;
    uint32_t index = 0;
    std::vector<const Instruction*> returns;
};

// Who touched a byte of shared memory, and when, where races are looked for: who wrote it, and the last two that read it. Time
// counts the barriers that were passed.
struct Touch {
    int32_t thread[3] = {-1, -1, -1};
    uint32_t time[3] = {};
    bool isAtomic = false;
};

struct Block {
    explicit Block(const Launch& launch) : launch(launch), module(*launch.function->module) {}

    const Launch& launch;
    const Module& module;
    std::vector<Thread> threads;
    std::vector<uint8_t> shared;
    Allocation recent[16];             // allocations that instructions touched last
    Size3 index;
    std::vector<Touch> touches;        // a byte of shared memory each; empty where races are not looked for
    uint32_t barrierCount = 0, barrier = 0;
    std::vector<uint32_t> warpBarriers; // when each warp passed one of its own

    uint8_t* global(Thread& thread, const Instruction* at, uint64_t address, uint32_t bytes);
    void checkRace(const Thread& thread, const Instruction* at, uint64_t address, uint32_t bytes, Access access);
};

struct Warp {
    Thread* lanes[warpSize];           // null past the end of the block
    uint32_t arrived;                  // a bit for every lane that takes part
};

template <class T> inline T get(const Thread& thread, uint32_t index) {
    T value;
    std::memcpy(&value, &thread.r[index], sizeof value);
    return value;
}

// Integers are extended to the whole register by their sign, as loads into a wider register need it.
template <class T> inline void set(Thread& thread, uint32_t index, T value) {
    if constexpr (std::is_integral_v<T>) {
        thread.r[index] = uint64_t(int64_t(value));
        if constexpr (std::is_unsigned_v<T>)
            thread.r[index] = uint64_t(value);
    } else {
        uint64_t bits = 0;
        std::memcpy(&bits, &value, sizeof value);
        thread.r[index] = bits;
    }
}

enum class Space : uint8_t { Generic, Global, Shared, Local, Parameter };

inline uint8_t* sharedMemory(Thread& thread, const Instruction* at, uint64_t address, uint32_t bytes, Access access) {
    Block& block = *thread.block;
    if (!inside(address, bytes, 0, block.module.sharedBytes)
        && !inside(address, bytes, maxStaticShared, maxStaticShared + uint64_t(block.launch.dynamicShared)))
        fault(thread, at, illegalAddress, "shared address " + std::to_string(int64_t(address)) + " lies outside of shared memory ("
            + std::to_string(block.module.sharedBytes) + " static bytes, and " + std::to_string(block.launch.dynamicShared)
            + " dynamic ones at " + std::to_string(maxStaticShared) + ")");
    if (!block.touches.empty())
        block.checkRace(thread, at, address, bytes, access);
    return block.shared.data() + address;
}

inline uint8_t* localMemory(Thread& thread, const Instruction* at, uint64_t address, uint32_t bytes) {
    if (!inside(address, bytes, 0, thread.block->module.localBytes))
        fault(thread, at, illegalAddress, "local address " + std::to_string(int64_t(address)) + " lies outside of local memory");
    return thread.local + address;
}

// The memory behind an address, which is checked for alignment and against everything that is alive.
template <Space S> inline uint8_t* memoryAt(Thread& thread, const Instruction* at, uint32_t bytes, Access access) {
    uint64_t address = thread.r[at->s[0]] + at->offset;
    if constexpr (S == Space::Parameter)
        return thread.parameters + address; // checked when it was decoded
    if (address & (bytes - 1))
        fault(thread, at, misalignedAddress, "address " + std::to_string(address) + " is no multiple of " + std::to_string(bytes));
    if constexpr (S == Space::Shared)
        return sharedMemory(thread, at, address, bytes, access);
    if constexpr (S == Space::Local)
        return localMemory(thread, at, address, bytes);
    if constexpr (S == Space::Generic) {
        if (uint64_t inWindow = address - sharedWindow; inWindow < 2 * windowBytes)
            return inWindow < windowBytes ? sharedMemory(thread, at, inWindow, bytes, access)
                                          : localMemory(thread, at, inWindow - windowBytes, bytes);
    }
    const Allocation& recent = thread.block->recent[at->line & 15];
    if (recent.holds(address, bytes))
        return reinterpret_cast<uint8_t*>(address);
    return thread.block->global(thread, at, address, bytes);
}

}
