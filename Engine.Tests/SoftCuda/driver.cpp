// The entry points of the CUDA driver. Pointers to the device are integers, as in the driver's own header; handles are opaque.
#include "context.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <unistd.h>

using namespace softcuda;

#define CUDA_API extern "C" __attribute__((visibility("default"))) int

namespace {

constexpr uint64_t defaultMemory = 4ull << 30;
constexpr int driverVersion = 12040, multiprocessors = 132, threadsPerMultiprocessor = 2048, sharedPerMultiprocessor = 228 << 10;

uint64_t occupied(size_t bytes) { return (bytes + 511) / 512 * 512; }

// Keeps the text of a module in the folder that SOFTCUDA_DUMP names.
void dump(const char* text) {
    static int count = 0;
    const char* folder = std::getenv("SOFTCUDA_DUMP");
    if (!folder || !*folder)
        return;
    std::string name = std::string(folder) + "/" + std::to_string(getpid()) + "-" + std::to_string(count++) + ".ptx";
    if (std::FILE* file = std::fopen(name.c_str(), "w")) {
        std::fputs(text, file);
        std::fclose(file);
    }
}

int load(Context& context, void** handle, const char* text, std::string& log) {
    dump(text);
    try {
        auto module = translate(text, &context);
        for (auto& [_, function] : module->functions)
            if (function->isEntry)
                context.functions.insert(function.get());
        *handle = module.get();
        context.modules[module.get()] = std::move(module);
        return Success;
    } catch (const PtxError& error) {
        log = error.message;
        std::fprintf(messages(), "softcuda: %s\n", log.c_str());
        return error.code;
    }
}

bool fits(const Function& function, Size3 grid, Size3 block, uint32_t dynamicShared) {
    uint32_t shared = function.module->sharedBytes + dynamicShared;
    return grid.count() > 0 && grid.x <= 0x7FFFFFFF && grid.y <= 65535 && grid.z <= 65535 && block.x <= 1024 && block.y <= 1024
        && block.z <= 64 && block.count() > 0 && block.count() <= function.maxThreads && dynamicShared <= maxShared
        && shared <= std::max(maxStaticShared, function.module->sharedBytes + function.maxDynamicShared);
}

// The values of the parameters, from pointers to each or from one buffer; false where there are too few.
bool readParameters(const Function& function, void** pointers, void** extra, std::vector<uint8_t>& bytes) {
    bytes.assign(function.parameterBytes, 0);
    if (pointers) {
        for (size_t i = 0; i < function.parameters.size(); i++) {
            const auto& parameter = function.parameters[i];
            std::memcpy(bytes.data() + parameter.offset - function.parameterStart, pointers[i], parameter.bytes);
        }
        return true;
    }
    const void* buffer = nullptr;
    size_t size = 0;
    constexpr size_t bufferPointer = 1, bufferSize = 2;
    for (; extra && *extra; extra += 2) {
        if (reinterpret_cast<size_t>(extra[0]) == bufferPointer)
            buffer = extra[1];
        else if (reinterpret_cast<size_t>(extra[0]) == bufferSize)
            size = *static_cast<size_t*>(extra[1]);
        else
            return false;
    }
    if (size < bytes.size())
        return false;
    if (buffer)
        std::memcpy(bytes.data(), buffer, bytes.size());
    return buffer || bytes.empty();
}

int residentBlocks(const Function& function, int blockSize, size_t dynamicShared) {
    if (blockSize < 1 || uint32_t(blockSize) > function.maxThreads)
        return 0;
    uint64_t warps = (blockSize + warpSize - 1) / warpSize;
    uint64_t byThreads = threadsPerMultiprocessor / warpSize / warps;
    uint64_t byShared = sharedPerMultiprocessor / (function.module->sharedBytes + dynamicShared + 1024); // a block keeps 1 KiB more
    return int(std::min({byThreads, byShared, uint64_t(32)}));
}

// By the numbers of CU_DEVICE_ATTRIBUTE_...; the bus, 33, is the ordinal of the device.
const std::map<int, int> attributes = {
    {1, 1024},                      // MAX_THREADS_PER_BLOCK
    {2, 1024},                      // MAX_BLOCK_DIM_X
    {3, 1024},                      // MAX_BLOCK_DIM_Y
    {4, 64},                        // MAX_BLOCK_DIM_Z
    {5, 0x7FFFFFFF},                // MAX_GRID_DIM_X
    {6, 65535},                     // MAX_GRID_DIM_Y
    {7, 65535},                     // MAX_GRID_DIM_Z
    {8, maxStaticShared},           // MAX_SHARED_MEMORY_PER_BLOCK
    {9, 65536},                     // TOTAL_CONSTANT_MEMORY
    {10, warpSize},                 // WARP_SIZE
    {11, 0x7FFFFFFF},               // MAX_PITCH
    {12, 65536},                    // MAX_REGISTERS_PER_BLOCK
    {13, 1980000},                  // CLOCK_RATE
    {16, multiprocessors},          // MULTIPROCESSOR_COUNT
    {19, 1},                        // CAN_MAP_HOST_MEMORY
    {31, 1},                        // CONCURRENT_KERNELS
    {32, 1},                        // ECC_ENABLED
    {34, 0},                        // PCI_DEVICE_ID
    {35, 0},                        // TCC_DRIVER
    {36, 2619000},                  // MEMORY_CLOCK_RATE
    {37, 5120},                     // GLOBAL_MEMORY_BUS_WIDTH
    {38, 50 << 20},                 // L2_CACHE_SIZE
    {39, threadsPerMultiprocessor}, // MAX_THREADS_PER_MULTIPROCESSOR
    {40, 3},                        // ASYNC_ENGINE_COUNT
    {41, 1},                        // UNIFIED_ADDRESSING
    {50, 0},                        // PCI_DOMAIN_ID
    {75, 9},                        // COMPUTE_CAPABILITY_MAJOR
    {76, 0},                        // COMPUTE_CAPABILITY_MINOR
    {81, sharedPerMultiprocessor},  // MAX_SHARED_MEMORY_PER_MULTIPROCESSOR
    {82, 65536},                    // MAX_REGISTERS_PER_MULTIPROCESSOR
    {83, 0},                        // MANAGED_MEMORY
    {90, 1},                        // COMPUTE_PREEMPTION_SUPPORTED
    {91, 1},                        // CAN_USE_HOST_POINTER_FOR_REGISTERED_MEM
    {97, maxShared},                // MAX_SHARED_MEMORY_PER_BLOCK_OPTIN
};

template <class T> int fill(void* handle, uint64_t to, T value, uint64_t count) {
    return withStream(handle, [&](Context& context, Stream& stream) -> int {
        uint64_t bytes = count * sizeof(T);
        if (count > ~0ull / sizeof(T) || to % sizeof(T) || (bytes > 0 && sideOf(context, to, bytes) != Side::Device))
            return InvalidValue;
        return submit(context, stream, false, [=, &context] {
            if (bytes > 0 && sideOf(context, to, bytes) != Side::Device)
                return int(IllegalAddress);
            std::fill_n(reinterpret_cast<T*>(to), count, value);
            return int(Success);
        });
    });
}

}

CUDA_API cuInit(unsigned flags) {
    if (int error = injected("cuInit"))
        return error;
    std::lock_guard lock(driver.mutex);
    if (flags != 0)
        return InvalidValue;
    if (driver.devices.empty())
        driver.devices.assign(setting("SOFTCUDA_DEVICES", 1), Device{setting("SOFTCUDA_MEMORY", defaultMemory)});
    return driver.devices.empty() ? NoDevice : Success;
}

CUDA_API cuDriverGetVersion(int* version) { return *version = int(setting("SOFTCUDA_VERSION", driverVersion)), Success; }

CUDA_API cuGetErrorName(int error, const char** name) {
    switch (error) {
#define NAME(value, number, name_, text) case number: return *name = name_, Success;
    CUDA_ERRORS(NAME)
#undef NAME
    default: return *name = nullptr, InvalidValue;
    }
}

CUDA_API cuGetErrorString(int error, const char** text) {
    switch (error) {
#define TEXT(value, number, name, text_) case number: return *text = text_, Success;
    CUDA_ERRORS(TEXT)
#undef TEXT
    default: return *text = nullptr, InvalidValue;
    }
}

CUDA_API cuDeviceGetCount(int* count) {
    return withDriver([&]() -> int { return *count = int(driver.devices.size()), Success; });
}

CUDA_API cuDeviceGet(int* device, int ordinal) {
    return withDevice(ordinal, [&](Device&) -> int { return *device = ordinal, Success; });
}

CUDA_API cuDeviceGetName(char* name, int length, int device) {
    return withDevice(device, [&](Device&) -> int {
        std::snprintf(name, size_t(length), "Software CUDA (PTX interpreter)");
        return Success;
    });
}

CUDA_API cuDeviceTotalMem_v2(size_t* bytes, int ordinal) {
    return withDevice(ordinal, [&](Device& device) -> int { return *bytes = device.memory, Success; });
}

CUDA_API cuDeviceGetAttribute(int* value, int attribute, int ordinal) {
    return withDevice(ordinal, [&](Device&) -> int {
        constexpr int pciBus = 33, capabilityMajor = 75;
        auto found = attributes.find(attribute);
        if (found == attributes.end() && attribute != pciBus)
            return InvalidValue;
        *value = attribute == pciBus ? ordinal + 1 : found->second;
        if (attribute == capabilityMajor)
            *value = int(setting("SOFTCUDA_CAPABILITY", uint64_t(*value)));
        return Success;
    });
}

CUDA_API cuDeviceCanAccessPeer(int* canAccess, int, int) { return *canAccess = 0, Success; }
CUDA_API cuDeviceGetP2PAttribute(int* value, int, int, int) { return *value = 0, Success; }
CUDA_API cuCtxEnablePeerAccess(void*, unsigned) { return PeerAccessUnsupported; }
CUDA_API cuCtxDisablePeerAccess(void*) { return PeerAccessNotEnabled; }

// ---- Contexts

CUDA_API cuCtxCreate_v2(void** handle, unsigned, int ordinal) {
    return withDevice(ordinal, [&](Device&) -> int {
        auto context = std::make_unique<Context>();
        context->device = ordinal;
        if (isLost(*context))
            return LaunchFailed;
        *handle = currentContext = context.get();
        driver.contexts[currentContext] = std::move(context);
        return Success;
    });
}

CUDA_API cuCtxDestroy_v2(void* handle) {
    return withDriver([&]() -> int {
        auto* context = static_cast<Context*>(handle);
        if (!driver.contexts.count(context))
            return InvalidContext;
        if (!context->error)
            synchronise(*context, nullptr);
        driver.devices[context->device].used -= context->usedBytes;
        freeAll(context);
        driver.contexts.erase(context);
        if (currentContext == context)
            currentContext = nullptr;
        return Success;
    });
}

CUDA_API cuCtxSetCurrent(void* handle) {
    return withDriver([&]() -> int {
        auto* context = static_cast<Context*>(handle);
        if (context && !driver.contexts.count(context))
            return InvalidContext;
        currentContext = context;
        return Success;
    });
}

CUDA_API cuCtxGetCurrent(void** handle) {
    return withDriver([&]() -> int { return *handle = currentContext, Success; });
}

CUDA_API cuCtxSynchronize() {
    return withContext([](Context& context) {
        if (int error = checkUnsafe())
            return error;
        return synchronise(context, nullptr);
    });
}

// Preferences for caches and banks, which mean nothing here.
CUDA_API cuCtxGetCacheConfig(int* config) { return *config = 0, Success; }
CUDA_API cuCtxSetCacheConfig(int) { return Success; }
CUDA_API cuCtxGetSharedMemConfig(int* config) { return *config = 1, Success; }
CUDA_API cuCtxSetSharedMemConfig(int) { return Success; }

// ---- Memory

CUDA_API cuMemGetInfo_v2(size_t* free, size_t* total) {
    return withContext([&](Context& context) -> int {
        *total = driver.devices[context.device].memory;
        *free = *total - driver.devices[context.device].used;
        return Success;
    });
}

CUDA_API cuMemAlloc_v2(uint64_t* address, size_t bytes) {
    if (int error = injected("cuMemAlloc_v2"))
        return error;
    return withContext([&](Context& context) -> int {
        if (int error = checkUnsafe())
            return error;
        if (bytes == 0)
            return InvalidValue;
        Device& device = driver.devices[context.device];
        uint64_t taken = occupied(bytes);
        if (bytes > device.memory || taken > device.memory - device.used || !(*address = allocateDevice(&context, bytes)))
            return OutOfMemory;
        device.used += taken;
        context.usedBytes += taken;
        return Success;
    });
}

CUDA_API cuMemFree_v2(uint64_t address) {
    return withContext([&](Context& context) -> int {
        if (int error = checkUnsafe())
            return error;
        if (address == 0)
            return Success;
        if (int error = synchronise(context, nullptr))
            return error;
        size_t bytes = freeDevice(&context, address);
        if (bytes == 0)
            return InvalidValue;
        driver.devices[context.device].used -= occupied(bytes);
        context.usedBytes -= occupied(bytes);
        return Success;
    });
}

CUDA_API cuMemAllocHost_v2(void** pointer, size_t bytes) {
    if (int error = injected("cuMemAllocHost_v2"))
        return error;
    return withContext([&](Context&) -> int {
        if (int error = checkUnsafe())
            return error;
        if (bytes == 0)
            return InvalidValue;
        std::unique_ptr<uint8_t[]> memory(new (std::nothrow) uint8_t[bytes]);
        if (!memory)
            return OutOfMemory;
        std::memset(memory.get(), 0xFF, bytes);
        *pointer = memory.get();
        lockHost(memory.get(), bytes);
        driver.hostMemory[memory.get()] = std::move(memory);
        return Success;
    });
}

CUDA_API cuMemFreeHost(void* pointer) {
    return withContext([&](Context& context) -> int {
        if (int error = checkUnsafe())
            return error;
        if (!driver.hostMemory.count(pointer))
            return InvalidValue;
        int error = synchronise(context, nullptr);
        unlockHost(pointer);
        driver.hostMemory.erase(pointer);
        return error;
    });
}

CUDA_API cuMemHostRegister_v2(void* pointer, size_t bytes, unsigned) {
    return withContext([&](Context&) -> int {
        if (int error = checkUnsafe())
            return error;
        return lockHost(pointer, bytes) ? Success : HostMemoryAlreadyRegistered;
    });
}

CUDA_API cuMemHostUnregister(void* pointer) {
    return withContext([&](Context& context) -> int {
        if (int error = checkUnsafe())
            return error;
        int error = synchronise(context, nullptr);
        return driver.hostMemory.count(pointer) || !unlockHost(pointer) ? HostMemoryNotRegistered : error;
    });
}

CUDA_API cuMemHostGetDevicePointer_v2(uint64_t* address, void* pointer, unsigned) {
    return withContext([&](Context&) -> int {
        *address = reinterpret_cast<uint64_t>(pointer);
        return isPageLocked(*address, 1) ? Success : InvalidValue;
    });
}

CUDA_API cuPointerGetAttribute(void* data, int attribute, uint64_t address) {
    return withContext([&](Context&) -> int {
        constexpr int memoryType = 2, host = 1, device = 2;
        const Allocation* allocation = findAllocation(address);
        if (attribute != memoryType || !allocation)
            return InvalidValue;
        *static_cast<int*>(data) = allocation->onHost() ? host : device;
        return Success;
    });
}

CUDA_API cuMemcpyAsync(uint64_t to, uint64_t from, size_t bytes, void* handle) {
    return withStream(handle, [&](Context& context, Stream& stream) {
        return copy(context, stream, to, from, bytes, Side::Any, Side::Any);
    });
}

CUDA_API cuMemcpyHtoDAsync_v2(uint64_t to, const void* from, size_t bytes, void* handle) {
    return withStream(handle, [&](Context& context, Stream& stream) {
        return copy(context, stream, to, reinterpret_cast<uint64_t>(from), bytes, Side::Device, Side::Host);
    });
}

CUDA_API cuMemcpyDtoHAsync_v2(void* to, uint64_t from, size_t bytes, void* handle) {
    return withStream(handle, [&](Context& context, Stream& stream) {
        return copy(context, stream, reinterpret_cast<uint64_t>(to), from, bytes, Side::Host, Side::Device);
    });
}

CUDA_API cuMemcpyDtoDAsync_v2(uint64_t to, uint64_t from, size_t bytes, void* handle) {
    return withStream(handle, [&](Context& context, Stream& stream) {
        return copy(context, stream, to, from, bytes, Side::Device, Side::Device);
    });
}

CUDA_API cuMemcpy(uint64_t to, uint64_t from, size_t bytes) { return copyNow(to, from, bytes, Side::Any, Side::Any); }

CUDA_API cuMemcpyHtoD_v2(uint64_t to, const void* from, size_t bytes) {
    return copyNow(to, reinterpret_cast<uint64_t>(from), bytes, Side::Device, Side::Host);
}

CUDA_API cuMemcpyDtoH_v2(void* to, uint64_t from, size_t bytes) {
    return copyNow(reinterpret_cast<uint64_t>(to), from, bytes, Side::Host, Side::Device);
}

CUDA_API cuMemcpyDtoD_v2(uint64_t to, uint64_t from, size_t bytes) { return copyNow(to, from, bytes, Side::Device, Side::Device); }

CUDA_API cuMemsetD8Async(uint64_t to, uint8_t value, size_t count, void* stream) { return fill(stream, to, value, count); }
CUDA_API cuMemsetD32Async(uint64_t to, uint32_t value, size_t count, void* stream) { return fill(stream, to, value, count); }

// ---- Modules and launches

CUDA_API cuModuleLoadDataEx(void** handle, const char* text, unsigned optionCount, const int* options, void** values) {
    if (int error = injected("cuModuleLoadDataEx"))
        return error;
    return withContext([&](Context& context) -> int {
        if (int error = checkUnsafe())
            return error;
        std::string log;
        int result = load(context, handle, text, log);
        constexpr int errorLog = 5, errorLogSize = 6;
        char* buffer = nullptr;
        size_t size = 0;
        for (unsigned i = 0; i < optionCount; i++)
            if (options[i] == errorLog)
                buffer = static_cast<char*>(values[i]);
            else if (options[i] == errorLogSize)
                size = reinterpret_cast<size_t>(values[i]);
        if (buffer && size > 0)
            std::snprintf(buffer, size, "%s", log.c_str());
        return result;
    });
}

CUDA_API cuModuleLoadData(void** handle, const char* text) { return cuModuleLoadDataEx(handle, text, 0, nullptr, nullptr); }

CUDA_API cuModuleUnload(void* handle) {
    if (int error = injected("cuModuleUnload"))
        return error;
    return withContext([&](Context& context) -> int {
        auto* module = static_cast<Module*>(handle);
        if (int error = checkUnsafe())
            return error;
        if (!context.modules.count(module) || !module->isLoaded)
            return InvalidHandle;
        int error = synchronise(context, nullptr);
        module->isLoaded = false; // it stays, so that what still refers to it is refused
        for (uint64_t variable : module->variables)
            freeDevice(&context, variable);
        return error;
    });
}

CUDA_API cuModuleGetFunction(void** function, void* handle, const char* name) {
    return withContext([&](Context& context) -> int {
        auto* module = static_cast<Module*>(handle);
        if (!context.modules.count(module) || !module->isLoaded)
            return InvalidHandle;
        auto found = module->functions.find(name);
        if (found == module->functions.end() || !found->second->isEntry)
            return NotFound;
        *function = found->second.get();
        return Success;
    });
}

CUDA_API cuFuncGetAttribute(int* value, int attribute, void* handle) {
    return withFunction(handle, [&](Context&, Function& function) -> int {
        switch (attribute) {
        case 0: return *value = int(function.maxThreads), Success;
        case 1: return *value = int(function.module->sharedBytes), Success;
        case 2: return *value = 0, Success;
        case 3: return *value = int(function.module->localBytes), Success;
        case 4: return *value = 32, Success;
        case 5:
        case 6: return *value = 90, Success;
        case 8: return *value = int(std::max(maxStaticShared - function.module->sharedBytes, function.maxDynamicShared)), Success;
        default: return InvalidValue;
        }
    });
}

CUDA_API cuFuncSetAttribute(void* handle, int attribute, int value) {
    return withFunction(handle, [&](Context&, Function& function) -> int {
        constexpr int maxDynamicSharedBytes = 8;
        if (attribute != maxDynamicSharedBytes || value < 0 || value + function.module->sharedBytes > maxShared)
            return InvalidValue;
        function.maxDynamicShared = uint32_t(value);
        return Success;
    });
}

CUDA_API cuLaunchKernel(void* handle, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned blockX, unsigned blockY, unsigned blockZ,
    unsigned sharedBytes, void* streamHandle, void** parameters, void** extra) {
    if (int error = injected("cuLaunchKernel"))
        return error;
    return withFunction(handle, [&](Context&, Function& function) {
        return withStream(streamHandle, [&](Context& context, Stream& stream) -> int {
            Launch launch;
            launch.function = &function;
            launch.grid = {gridX, gridY, gridZ};
            launch.block = {blockX, blockY, blockZ};
            launch.dynamicShared = sharedBytes;
            launch.owner = &context;
            bool isComplete = readParameters(function, parameters, extra, launch.parameters);
            if (!isComplete || !fits(function, launch.grid, launch.block, sharedBytes)) {
                std::fprintf(messages(), "softcuda: kernel %s cannot be launched: %s, grid (%u,%u,%u), block (%u,%u,%u), %u shared bytes\n",
                    function.name.c_str(), isComplete ? "past a limit" : "too few parameters", gridX, gridY, gridZ, blockX, blockY, blockZ,
                    sharedBytes);
                return InvalidValue;
            }
            if (!stream.capture && isLost(context, 1))
                return context.error = LaunchFailed;
            return submit(context, stream, true, [launch] { return launch.function->module->isLoaded ? execute(launch) : InvalidHandle; });
        });
    });
}

CUDA_API cuOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, void* handle, int blockSize, size_t dynamicShared) {
    return withFunction(handle, [&](Context&, Function& function) -> int {
        *blocks = residentBlocks(function, blockSize, dynamicShared);
        return blockSize > 0 ? Success : InvalidValue;
    });
}

CUDA_API cuOccupancyMaxPotentialBlockSize(int* minGridSize, int* blockSize, void* handle, size_t (*sharedOf)(int), size_t dynamicShared,
    int limit) {
    return withFunction(handle, [&](Context&, Function& function) -> int {
        int most = int(function.maxThreads), best = 0;
        if (limit > 0)
            most = std::min(most, limit);
        for (int size = most; size > 0; size = size % int(warpSize) ? size / int(warpSize) * int(warpSize) : size - int(warpSize)) {
            size_t shared = sharedOf ? sharedOf(size) : dynamicShared;
            int threads = size * residentBlocks(function, size, shared);
            if (shared + function.module->sharedBytes > maxStaticShared || threads <= best)
                continue;
            best = threads;
            *blockSize = size;
            *minGridSize = threads / size * multiprocessors;
        }
        return best > 0 ? Success : InvalidValue;
    });
}

// ---- Streams and events

CUDA_API cuStreamCreate(void** handle, unsigned flags) {
    return withContext([&](Context& context) -> int {
        if (flags > 1)
            return InvalidValue;
        auto stream = std::make_unique<Stream>();
        stream->isNonBlocking = flags == 1;
        *handle = stream.get();
        context.streams[stream.get()] = std::move(stream);
        return Success;
    });
}

CUDA_API cuStreamCreateWithPriority(void** handle, unsigned flags, int) { return cuStreamCreate(handle, flags); }

CUDA_API cuStreamDestroy_v2(void* handle) {
    if (int error = injected("cuStreamDestroy_v2"))
        return error;
    return withStream(handle, [&](Context& context, Stream& stream) -> int {
        if (&stream == &context.legacy)
            return InvalidHandle;
        int error = synchronise(context, &stream);
        for (auto& [_, event] : context.events)
            if (event->stream == &stream)
                event->stream = nullptr;
        context.streams.erase(&stream);
        return error;
    });
}

CUDA_API cuStreamSynchronize(void* handle) {
    holdWait();
    return withStream(handle, [&](Context& context, Stream& stream) {
        if (int error = checkWait(context, stream))
            return error;
        return synchronise(context, &stream);
    });
}

// Whoever asks again and again whether work is done sees it done the second time.
CUDA_API cuStreamQuery(void* handle) {
    return withStream(handle, [&](Context& context, Stream& stream) -> int {
        if (int error = checkWait(context, stream))
            return error;
        size_t before = context.work.size();
        int error = synchronise(context, &stream);
        return error ? error : context.work.size() < before ? NotReady : Success;
    });
}

CUDA_API cuEventCreate(void** handle, unsigned flags) {
    return withContext([&](Context& context) -> int {
        constexpr unsigned disableTiming = 2;
        auto event = std::make_unique<Event>();
        event->hasTime = !(flags & disableTiming);
        *handle = event.get();
        context.events[event.get()] = std::move(event);
        return Success;
    });
}

CUDA_API cuEventDestroy_v2(void* handle) {
    return withEvent(handle, [&](Context& context, Event& event) -> int { return context.events.erase(&event), Success; });
}

CUDA_API cuEventRecord(void* handle, void* streamHandle) {
    return withEvent(handle, [&](Context&, Event& event) {
        return withStream(streamHandle, [&](Context& context, Stream& stream) -> int {
            event.stream = &stream;
            event.isCaptured = stream.capture != nullptr;
            event.record = std::make_shared<Event::Record>();
            if (event.isCaptured)
                return stream.capture->isInvalid ? CaptureInvalidated : Success;
            return submit(context, stream, false, [record = event.record] {
                record->isReached = true;
                record->time = std::chrono::steady_clock::now();
                return Success;
            });
        });
    });
}

CUDA_API cuEventQuery(void* handle) {
    return withEvent(handle, [&](Context& context, Event& event) -> int {
        if (event.isCaptured)
            return CapturedEvent;
        if (!event.record || event.record->isReached)
            return Success;
        int error = synchronise(context, event.stream);
        return error ? error : NotReady;
    });
}

CUDA_API cuEventSynchronize(void* handle) {
    holdWait();
    return withEvent(handle, [&](Context& context, Event& event) -> int {
        if (event.isCaptured)
            return CapturedEvent;
        return event.record && !event.record->isReached ? synchronise(context, event.stream) : Success;
    });
}

CUDA_API cuEventElapsedTime(float* milliseconds, void* startHandle, void* endHandle) {
    return withEvent(startHandle, [&](Context&, Event& start) {
        return withEvent(endHandle, [&](Context&, Event& end) -> int {
            if (!start.record || !end.record || !start.hasTime || !end.hasTime)
                return InvalidHandle;
            if (!start.record->isReached || !end.record->isReached)
                return NotReady;
            *milliseconds = std::chrono::duration<float, std::milli>(end.record->time - start.record->time).count();
            return Success;
        });
    });
}

CUDA_API cuLaunchHostFunc(void* streamHandle, void (*function)(void*), void* argument) {
    return withStream(streamHandle, [&](Context& context, Stream& stream) -> int {
        return submit(context, stream, false, [=] { return function(argument), Success; });
    });
}

// ---- Capture and graphs

CUDA_API cuStreamBeginCapture_v2(void* handle, int mode) {
    return withStream(handle, [&](Context& context, Stream& stream) -> int {
        if (&stream == &context.legacy)
            return CaptureUnsupported;
        if (mode < Global || mode > Relaxed)
            return InvalidValue;
        if (stream.capture)
            return IllegalState;
        stream.capture = std::make_unique<Capture>();
        stream.capture->mode = CaptureMode(mode);
        stream.capture->thread = std::this_thread::get_id();
        return Success;
    });
}

CUDA_API cuStreamEndCapture(void* handle, void** graph) {
    return withStream(handle, [&](Context& context, Stream& stream) -> int {
        *graph = nullptr;
        if (!stream.capture)
            return IllegalState;
        if (stream.capture->mode != Relaxed && stream.capture->thread != std::this_thread::get_id())
            return CaptureWrongThread;
        auto capture = std::move(stream.capture);
        if (capture->isInvalid)
            return CaptureInvalidated;
        *graph = capture->graph.get();
        context.graphs[capture->graph.get()] = std::move(capture->graph);
        return Success;
    });
}

CUDA_API cuStreamIsCapturing(void* handle, int* status) {
    return withStream(handle, [&](Context& context, Stream& stream) -> int {
        enum { None, Active, Invalidated };
        if (int error = checkLegacy(context, stream, false))
            return error;
        *status = !stream.capture ? None : stream.capture->isInvalid ? Invalidated : Active;
        return Success;
    });
}

CUDA_API cuGraphInstantiateWithFlags(void** executable, void* handle, uint64_t) {
    if (int error = injected("cuGraphInstantiateWithFlags"))
        return error;
    return withContext([&](Context& context) -> int {
        auto found = context.graphs.find(static_cast<Graph*>(handle));
        if (found == context.graphs.end())
            return InvalidValue;
        auto copy = std::make_unique<Graph>(*found->second);
        *executable = copy.get();
        context.executables[copy.get()] = std::move(copy);
        return Success;
    });
}

CUDA_API cuGraphInstantiate_v2(void** executable, void* graph, void**, char* log, size_t logBytes) {
    if (log && logBytes > 0)
        *log = 0;
    return cuGraphInstantiateWithFlags(executable, graph, 0);
}

CUDA_API cuGraphLaunch(void* handle, void* streamHandle) {
    if (int error = injected("cuGraphLaunch"))
        return error;
    return withStream(streamHandle, [&](Context& context, Stream& stream) -> int {
        auto found = context.executables.find(static_cast<Graph*>(handle));
        if (found == context.executables.end())
            return InvalidValue;
        const auto& nodes = found->second->nodes;
        auto kernels = std::count_if(nodes.begin(), nodes.end(), [](const NodePointer& node) { return node->isKernel; });
        if (!stream.capture && isLost(context, uint64_t(kernels)))
            return context.error = LaunchFailed;
        for (const auto& node : nodes)
            if (int error = submit(context, stream, node->isKernel, node->run))
                return error;
        return Success;
    });
}

CUDA_API cuGraphGetNodes(void* handle, void** nodes, size_t* count) {
    return withContext([&](Context& context) -> int {
        auto found = context.graphs.find(static_cast<Graph*>(handle));
        if (found == context.graphs.end())
            return InvalidValue;
        const auto& all = found->second->nodes;
        if (nodes)
            for (size_t i = 0; i < *count; i++)
                nodes[i] = i < all.size() ? const_cast<Node*>(all[i].get()) : nullptr;
        *count = nodes ? std::min(*count, all.size()) : all.size();
        return Success;
    });
}

CUDA_API cuGraphDestroy(void* handle) {
    return withContext([&](Context& context) -> int {
        return context.graphs.erase(static_cast<Graph*>(handle)) ? Success : InvalidValue;
    });
}

CUDA_API cuGraphExecDestroy(void* handle) {
    return withContext([&](Context& context) -> int {
        return context.executables.erase(static_cast<Graph*>(handle)) ? Success : InvalidValue;
    });
}
