#include "context.h"

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>

namespace softcuda {

Driver driver;
thread_local Context* currentContext = nullptr;

uint64_t setting(const char* name, uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text && *text ? std::strtoull(text, nullptr, 10) : otherwise;
}

// Failures that are asked for: by the name of a function, with what it is to answer, and how often.
struct Failures {
    struct Failure {
        int error;
        uint64_t times;
    };
    std::mutex mutex;
    std::map<std::string, Failure> ofFunctions;

    // As in cuInit=999,cuMemAlloc_v2=2: each time.
    Failures() {
        const char* text = std::getenv("SOFTCUDA_FAIL");
        for (std::string rest = text ? text : ""; !rest.empty();) {
            std::string one = rest.substr(0, rest.find(','));
            rest.erase(0, one.size() + 1);
            size_t equals = one.find('=');
            if (equals != std::string::npos)
                ofFunctions[one.substr(0, equals)] = {std::atoi(one.c_str() + equals + 1), ~0ull};
        }
    }
};

static Failures& failures() {
    static Failures all;
    return all;
}

int injected(const char* function) {
    std::lock_guard lock(failures().mutex);
    auto found = failures().ofFunctions.find(function);
    if (found == failures().ofFunctions.end())
        return Success;
    int error = found->second.error;
    if (--found->second.times == 0)
        failures().ofFunctions.erase(found);
    if (error == LaunchFailed || error == IllegalAddress) {
        std::lock_guard driverLock(driver.mutex);
        if (driver.contexts.count(currentContext))
            currentContext->error = error;
    }
    return error;
}

static std::mutex holdMutex;
static std::condition_variable holdChanged;
static bool isHeld = false;
static int heldThreads = 0;

void holdWait() {
    std::unique_lock lock(holdMutex);
    heldThreads++;
    holdChanged.wait(lock, [] { return !isHeld; });
    heldThreads--;
}

std::FILE* messages() {
    static std::FILE* const file = [] {
        const char* name = std::getenv("SOFTCUDA_LOG");
        std::FILE* opened = name && *name ? std::fopen(name, "a") : nullptr;
        if (opened)
            std::setvbuf(opened, nullptr, _IOLBF, BUFSIZ);
        return opened ? opened : stderr;
    }();
    return file;
}

// The legacy stream and the streams that block it wait for one another.
int synchronise(Context& context, const Stream* stream) {
    for (auto item = context.work.begin(); item != context.work.end();) {
        bool isWaitedFor = !stream || item->first == stream || (!stream->isNonBlocking && !item->first->isNonBlocking);
        if (!isWaitedFor) {
            ++item;
            continue;
        }
        NodePointer node = item->second;
        item = context.work.erase(item);
        if (int error = node->run()) {
            context.error = error;
            context.work.clear();
            return error;
        }
    }
    return Success;
}

// Calls that may synchronise are forbidden to every thread while a stream captures, or to its own thread, or allowed, by its mode.
int checkUnsafe() {
    int result = Success;
    for (auto& [_, context] : driver.contexts)
        for (auto& [_, stream] : context->streams) {
            Capture* capture = stream->capture.get();
            if (!capture || capture->mode == Relaxed)
                continue;
            if (capture->mode == Global || capture->thread == std::this_thread::get_id()) {
                capture->isInvalid = true;
                result = CaptureUnsupported;
            }
        }
    return result;
}

// The legacy stream cannot be used while a stream captures that it would wait for.
int checkLegacy(Context& context, const Stream& stream, bool invalidates) {
    int result = Success;
    if (&stream == &context.legacy)
        for (auto& [_, other] : context.streams)
            if (other->capture && !other->isNonBlocking) {
                other->capture->isInvalid |= invalidates;
                result = CaptureImplicit;
            }
    return result;
}

int submit(Context& context, Stream& stream, bool isKernel, std::function<int()> run) {
    if (int error = checkLegacy(context, stream))
        return error;
    auto node = std::make_shared<const Node>(Node{isKernel, std::move(run)});
    if (stream.capture) {
        if (stream.capture->isInvalid)
            return CaptureInvalidated;
        stream.capture->graph->nodes.push_back(node);
        return Success;
    }
    constexpr size_t longQueue = 1024;
    context.work.push_back({&stream, node});
    return context.work.size() > longQueue ? synchronise(context, nullptr) : Success;
}

bool isLost(const Context& context, uint64_t moreLaunches) {
    static const uint64_t limit = setting("SOFTCUDA_LOSE_AFTER", ~0ull);
    auto& launches = driver.devices[context.device].launches;
    if (launches > limit)
        return true;
    launches += moreLaunches;
    return launches > limit;
}

int checkWait(Context& context, Stream& stream) {
    if (stream.capture) {
        stream.capture->isInvalid = true;
        return CaptureUnsupported;
    }
    return checkLegacy(context, stream);
}

Side sideOf(const Context& context, uint64_t address, uint64_t bytes) {
    const Allocation* allocation = findAllocation(address);
    if (allocation && !allocation->onHost())
        return allocation->owner == &context && allocation->holds(address, bytes) ? Side::Device : Side::Wrong;
    return isReserved(address) ? Side::Wrong : Side::Host;
}

bool isPageLocked(uint64_t address, uint64_t bytes) {
    const Allocation* allocation = findAllocation(address);
    return allocation && allocation->onHost() && allocation->holds(address, bytes);
}

// Memory of the host that is not page-locked is read and written when the stream comes to it, as by a driver that can reach it there:
// who changes it before, or reads it without waiting, sees that. Others copy it to a place of their own first.
int copy(Context& context, Stream& stream, uint64_t to, uint64_t from, uint64_t bytes, Side toExpected, Side fromExpected) {
    if (bytes == 0)
        return Success;
    Side toSide = sideOf(context, to, bytes), fromSide = sideOf(context, from, bytes);
    auto isRight = [](Side side, Side expected) { return side != Side::Wrong && (expected == Side::Any || side == expected); };
    if (!isRight(toSide, toExpected) || !isRight(fromSide, fromExpected)) {
        std::fprintf(messages(), "softcuda: copy of %llu bytes from %s to %s\n", static_cast<unsigned long long>(bytes),
            describeAddress(from).c_str(), describeAddress(to).c_str());
        return InvalidValue;
    }
    bool pageableFrom = fromSide == Side::Host && !isPageLocked(from, bytes), pageableTo = toSide == Side::Host && !isPageLocked(to, bytes);
    if (stream.capture && (pageableFrom || pageableTo)) {
        stream.capture->isInvalid = true;
        return CaptureUnsupported;
    }
    auto* target = reinterpret_cast<uint8_t*>(to);
    auto* source = reinterpret_cast<const uint8_t*>(from);
    // Memory that was freed since, by a graph for one, is no longer to be touched.
    return submit(context, stream, false, [=, &context] {
        if (sideOf(context, to, bytes) != toSide || sideOf(context, from, bytes) != fromSide) {
            std::fprintf(messages(), "softcuda: a copy of %llu bytes touches freed memory\n", static_cast<unsigned long long>(bytes));
            return int(IllegalAddress);
        }
        std::memmove(target, source, bytes);
        return int(Success);
    });
}

}

// ---- For tests, which find these beside the entry points of the driver

#define FOR_TESTS extern "C" __attribute__((visibility("default")))

// The next calls of a function fail, as often as that; with 0 it works again.
FOR_TESTS void softcudaFail(const char* function, int error, uint64_t times) {
    std::lock_guard lock(softcuda::failures().mutex);
    if (times == 0)
        softcuda::failures().ofFunctions.erase(function);
    else
        softcuda::failures().ofFunctions[function] = {error, times};
}

// From now on waits last until they are let go.
FOR_TESTS void softcudaHold(int hold) {
    std::lock_guard lock(softcuda::holdMutex);
    softcuda::isHeld = hold != 0;
    softcuda::holdChanged.notify_all();
}

// How many threads wait.
FOR_TESTS int softcudaHeld() {
    std::lock_guard lock(softcuda::holdMutex);
    return softcuda::isHeld ? softcuda::heldThreads : 0;
}

// How many there are of what a program has to give back.
FOR_TESTS int softcudaCount(const char* kind) {
    std::lock_guard lock(softcuda::driver.mutex);
    size_t count = 0;
    std::string name = kind;
    if (name == "contexts")
        return int(softcuda::driver.contexts.size());
    if (name == "page-locked")
        return int(softcuda::driver.hostMemory.size());
    for (auto& [_, context] : softcuda::driver.contexts)
        count += name == "streams" ? context->streams.size()
            : name == "events"     ? context->events.size()
            : name == "graphs"     ? context->graphs.size() + context->executables.size()
                                   : 0;
    return int(count);
}

namespace softcuda {

int copyNow(uint64_t to, uint64_t from, uint64_t bytes, Side toExpected, Side fromExpected) {
    return withContext([&](Context& context) {
        if (int error = checkUnsafe())
            return error;
        if (int error = copy(context, context.legacy, to, from, bytes, toExpected, fromExpected))
            return error;
        return synchronise(context, &context.legacy);
    });
}

}
