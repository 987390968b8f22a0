// Contexts, and what waits in their streams. What is given to a stream is run when something synchronises with it, so that a
// program that forgets to does not see its results; errors of kernels come up there too, and stay with the context.
#pragma once

#include "errors.h"
#include "machine.h"

#include <chrono>
#include <cstdio>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <thread>

namespace softcuda {

// An environment variable that is a number.
uint64_t setting(const char* name, uint64_t otherwise);

// The error that a call is to fail with, if a test has asked for that (SOFTCUDA_FAIL or softcudaFail); one of a lost device stays.
int injected(const char* function);

// Holds a thread that waits for a stream or an event for as long as a test wants that (softcudaHold), without the driver's lock.
void holdWait();

// Where messages go: the standard error, or a file that SOFTCUDA_LOG names, for hosts that swallow it.
std::FILE* messages();

// A piece of work of a stream or of a graph.
struct Node {
    bool isKernel;
    std::function<int()> run;
};
using NodePointer = std::shared_ptr<const Node>;

struct Graph {
    std::vector<NodePointer> nodes;
};

enum CaptureMode { Global, ThreadLocal, Relaxed };

struct Capture {
    CaptureMode mode;
    std::thread::id thread;
    std::unique_ptr<Graph> graph = std::make_unique<Graph>();
    bool isInvalid = false;
};

struct Stream {
    bool isNonBlocking = false;
    std::unique_ptr<Capture> capture;
};

struct Event {
    bool hasTime = true, isCaptured = false;
    Stream* stream = nullptr;
    // Of the last record: whether, and when, the stream came to it.
    struct Record {
        bool isReached = false;
        std::chrono::steady_clock::time_point time;
    };
    std::shared_ptr<Record> record;
};

struct Context {
    int device = 0;
    int error = Success;
    uint64_t usedBytes = 0;
    Stream legacy;
    std::map<Stream*, std::unique_ptr<Stream>> streams;
    std::map<Event*, std::unique_ptr<Event>> events;
    std::map<Module*, std::unique_ptr<Module>> modules;
    std::set<Function*> functions;
    std::map<Graph*, std::unique_ptr<Graph>> graphs, executables;
    std::deque<std::pair<Stream*, NodePointer>> work;
};

struct Device {
    uint64_t memory = 0, used = 0, launches = 0;
};

// What the driver knows. Every entry point holds the lock, also while kernels run.
struct Driver {
    std::recursive_mutex mutex;
    std::vector<Device> devices; // empty before cuInit
    std::map<Context*, std::unique_ptr<Context>> contexts;
    std::map<void*, std::unique_ptr<uint8_t[]>> hostMemory;
};
extern Driver driver;
extern thread_local Context* currentContext;

// Runs all work that a stream waits for, or all of the context where there is none.
int synchronise(Context& context, const Stream* stream);

// Gives work to a stream, or to the graph that it captures.
int submit(Context& context, Stream& stream, bool isKernel, std::function<int()> run);

// What a capture forbids: calls that may synchronise, the use of the legacy stream, and waiting for the stream itself.
int checkUnsafe();
int checkLegacy(Context& context, const Stream& stream, bool invalidates = true);
int checkWait(Context& context, Stream& stream);

// A device that fails does so for good: after so many launches every call is answered with an error.
bool isLost(const Context& context, uint64_t moreLaunches = 0);

// Copies between memory of the device and of the host, wherever the addresses lie unless a side is expected.
enum class Side { Any, Host, Device, Wrong };
int copy(Context& context, Stream& stream, uint64_t to, uint64_t from, uint64_t bytes, Side toExpected, Side fromExpected);
int copyNow(uint64_t to, uint64_t from, uint64_t bytes, Side toExpected, Side fromExpected);
Side sideOf(const Context& context, uint64_t address, uint64_t bytes);
bool isPageLocked(uint64_t address, uint64_t bytes);

// Frames of entry points, which check what they are given.
template <class Do> int withDriver(Do act) {
    std::lock_guard lock(driver.mutex);
    return !driver.devices.empty() ? act() : NotInitialized;
}

template <class Do> int withDevice(int ordinal, Do act) {
    return withDriver([&]() -> int {
        return ordinal < 0 || size_t(ordinal) >= driver.devices.size() ? InvalidDevice : act(driver.devices[size_t(ordinal)]);
    });
}

// Calls a function with the current context, unless an earlier error is still its answer.
template <class Do> int withContext(Do act) {
    std::lock_guard lock(driver.mutex);
    if (driver.devices.empty())
        return NotInitialized;
    if (!driver.contexts.count(currentContext))
        return InvalidContext;
    if (isLost(*currentContext))
        currentContext->error = LaunchFailed;
    return currentContext->error ? currentContext->error : act(*currentContext);
}

template <class Do> int withStream(void* handle, Do act) {
    return withContext([&](Context& context) -> int {
        auto* stream = static_cast<Stream*>(handle);
        if (stream && stream != reinterpret_cast<Stream*>(1) && !context.streams.count(stream))
            return InvalidHandle;
        return act(context, context.streams.count(stream) ? *stream : context.legacy);
    });
}

template <class Do> int withEvent(void* handle, Do act) {
    return withContext([&](Context& context) -> int {
        auto* event = static_cast<Event*>(handle);
        return context.events.count(event) ? act(context, *event) : InvalidHandle;
    });
}

template <class Do> int withFunction(void* handle, Do act) {
    return withContext([&](Context& context) -> int {
        auto* function = static_cast<Function*>(handle);
        return context.functions.count(function) && function->module->isLoaded ? act(context, *function) : InvalidHandle;
    });
}

}
