// Runs the blocks of a launch, spread over a few threads of the host. Within a block each thread runs until it ends or waits.
#include "context.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <mutex>
#include <thread>

namespace softcuda {
namespace {

Size3 place(uint64_t index, Size3 size) {
    return {uint32_t(index % size.x), uint32_t(index / size.x % size.y), uint32_t(index / size.x / size.y)};
}

// Runs one block after another; memory for their threads is kept between them.
class BlockRunner {
public:
    explicit BlockRunner(const Launch& launch) : block(launch) {
        const Module& module = block.module;
        count = uint32_t(launch.block.count());
        size_t kept = module.isCooperative ? count : 1; // threads that wait for nobody can share one memory
        block.threads.resize(kept);
        registers.resize(kept * module.registers.size());
        parameters.resize(kept * module.parameterBytes);
        local.resize(kept * module.localBytes);
        block.shared.resize(launch.dynamicShared > 0 ? maxStaticShared + launch.dynamicShared : module.sharedBytes);
        for (size_t i = 0; i < kept; i++) {
            Thread& thread = block.threads[i];
            thread.block = &block;
            thread.r = registers.data() + i * module.registers.size();
            thread.parameters = parameters.data() + i * module.parameterBytes;
            thread.local = local.data() + i * module.localBytes;
        }
        looksForRaces = setting("SOFTCUDA_RACES", 0) != 0;
    }

    void run(Size3 index) {
        block.index = index;
        std::fill(block.shared.begin(), block.shared.end(), 0xFF);
        if (looksForRaces) {
            block.touches.assign(block.shared.size(), {});
            block.warpBarriers.assign((count + warpSize - 1) / warpSize, 0);
        }
        if (!block.module.isCooperative) {
            for (uint32_t i = 0; i < count; i++) {
                begin(block.threads[0], i);
                advance(block.threads[0]);
            }
            return;
        }
        for (uint32_t i = 0; i < count; i++)
            begin(block.threads[i], i);
        while (true) {
            bool moved = false;
            for (uint32_t first = 0; first < count; first += warpSize)
                moved |= runWarp(first);
            auto isDone = [](const Thread& thread) { return thread.state == State::Done; };
            if (std::all_of(block.threads.begin(), block.threads.end(), isDone))
                return;
            if (!moved)
                passBarrier();
        }
    }

    uint64_t steps = 0;

private:
    void begin(Thread& thread, uint32_t index) {
        const Module& module = block.module;
        const Launch& launch = block.launch;
        std::copy(module.registers.begin(), module.registers.end(), thread.r);
        Size3 tid = place(index, launch.block);
        const uint32_t special[] = {tid.x, tid.y, tid.z, launch.block.x, launch.block.y, launch.block.z,
                                    block.index.x, block.index.y, block.index.z, launch.grid.x, launch.grid.y, launch.grid.z,
                                    index % warpSize, index / warpSize, launch.dynamicShared};
        std::copy(std::begin(special), std::end(special), thread.r);
        std::memset(thread.parameters, 0xFF, module.parameterBytes);
        std::copy(launch.parameters.begin(), launch.parameters.end(), thread.parameters + launch.function->parameterStart);
        std::memset(thread.local, 0xFF, module.localBytes);
        thread.returns.clear();
        thread.index = index;
        thread.pc = module.code.data() + launch.function->firstInstruction;
        thread.state = State::Running;
    }

    void advance(Thread& thread) {
        thread.state = State::Running;
        for (const Instruction* pc = thread.pc; pc; steps++)
            pc = pc->step(thread, pc);
    }

    // Runs what can run in a warp, and what its lanes do together as soon as all that are named have arrived.
    bool runWarp(uint32_t first) {
        Warp warp;
        for (uint32_t lane = 0; lane < warpSize; lane++)
            warp.lanes[lane] = first + lane < count ? &block.threads[first + lane] : nullptr;
        for (bool moved = false;; moved = true) {
            bool ran = false;
            for (auto* lane : warp.lanes)
                if (lane && lane->state == State::Running) {
                    advance(*lane);
                    ran = true;
                }
            bool met = false;
            for (auto* lane : warp.lanes)
                met |= lane && lane->state == State::AtCollective && meet(warp, *lane);
            if (!ran && !met)
                return moved;
        }
    }

    bool meet(Warp& warp, const Thread& thread) {
        const Instruction* at = thread.pc;
        auto named = get<uint32_t>(thread, at->s[3]);
        warp.arrived = 0;
        for (uint32_t i = 0; i < warpSize; i++) {
            const Thread* lane = warp.lanes[i];
            if (!lane || lane->state == State::Done || !(named >> i & 1))
                continue;
            if (lane->state != State::AtCollective || lane->pc != at)
                return false;
            warp.arrived |= 1u << i;
        }
        if (!(warp.arrived >> thread.index % warpSize & 1))
            fault(thread, at, launchFailed, "the lane is not in the mask of its own instruction");
        at->collective(warp, at);
        for (uint32_t i = 0; i < warpSize; i++)
            if (warp.arrived >> i & 1) {
                warp.lanes[i]->pc = at + 1;
                warp.lanes[i]->state = State::Running;
            }
        return true;
    }

    // Every thread waits: all of them at one barrier, which they pass, or some of them for what can never happen.
    void passBarrier() {
        const Thread* waiting = nullptr;
        uint32_t holds = 0, arrived = 0;
        for (auto& thread : block.threads) {
            if (thread.state == State::Done)
                continue;
            if (thread.state == State::AtCollective)
                fault(thread, thread.pc, launchFailed, "waits for lanes of its warp that never come");
            bool sameWarp = waiting && waiting->index / warpSize == thread.index / warpSize;
            if (waiting && (get<uint32_t>(thread, thread.pc->s[0]) != get<uint32_t>(*waiting, waiting->pc->s[0])
                            || (sameWarp && thread.pc != waiting->pc)))
                fault(thread, thread.pc, launchFailed, "waits at another barrier than thread " + std::to_string(waiting->index)
                    + ", which is at PTX line " + std::to_string(waiting->pc->line));
            waiting = &thread;
            arrived++;
            if (!thread.pc->list.empty())
                holds += get<bool>(thread, thread.pc->s[1]);
        }
        for (auto& thread : block.threads) {
            if (thread.state == State::Done)
                continue;
            const Instruction* at = thread.pc;
            if (!at->list.empty() && at->list[0] == 0)
                set(thread, at->d, holds);
            else if (!at->list.empty())
                set(thread, at->d, at->list[0] == 1 ? holds == arrived : holds > 0);
            thread.pc = at + 1;
            thread.state = State::Running;
        }
        block.barrier = ++block.barrierCount;
    }

    Block block;
    uint32_t count = 0;
    bool looksForRaces = false;
    std::vector<uint64_t> registers;
    std::vector<uint8_t> parameters, local;
};

}

void fault(const Thread& thread, const Instruction* at, int code, const std::string& message) {
    const Launch& launch = thread.block->launch;
    Size3 block = thread.block->index, tid = place(thread.index, launch.block);
    char where[256];
    std::snprintf(where, sizeof where, " in block (%u,%u,%u), thread (%u,%u,%u), PTX line %u:\n    ",
        block.x, block.y, block.z, tid.x, tid.y, tid.z, at->line);
    throw Fault{code, "kernel " + launch.function->name + ": " + message + where + thread.block->module.lines[at->line - 1]};
}

uint8_t* Block::global(Thread& thread, const Instruction* at, uint64_t address, uint32_t bytes) {
    const Allocation* found = findAllocation(address);
    char text[32];
    std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(address));
    if (!found || !found->holds(address, bytes))
        fault(thread, at, illegalAddress, std::string("address ") + text + " of " + std::to_string(bytes) + " bytes lies in no memory: "
            + describeAddress(address));
    if (!found->onHost() && found->owner != launch.owner)
        fault(thread, at, illegalAddress, std::string("address ") + text + " is memory of another device");
    recent[at->line & 15] = *found;
    return reinterpret_cast<uint8_t*>(address);
}

// Two threads that touch a byte of shared memory with no barrier between, one of them to write.
void Block::checkRace(const Thread& thread, const Instruction* at, uint64_t address, uint32_t bytes, Access access) {
    auto self = int32_t(thread.index), warp = self / int32_t(warpSize);
    for (uint64_t i = address; i < address + bytes; i++) {
        Touch& touch = touches[i];
        auto conflicts = [&](int who) {
            int32_t other = touch.thread[who];
            bool isOrdered = touch.time[who] < barrier || (other / int32_t(warpSize) == warp && touch.time[who] < warpBarriers[warp]);
            return other >= 0 && other != self && !isOrdered;
        };
        bool isAtomic = access == Access::Atomic, reads = access == Access::Read;
        for (int who = 0; who < (reads ? 1 : 3); who++)
            if (conflicts(who) && !(who == 0 && isAtomic && touch.isAtomic))
                fault(thread, at, launchFailed, "a race for shared byte " + std::to_string(i) + " with thread "
                    + std::to_string(touch.thread[who]));
        if (reads && touch.thread[1] != self) {
            touch.thread[2] = touch.thread[1];
            touch.time[2] = touch.time[1];
        }
        touch.thread[reads] = self;
        touch.time[reads] = barrierCount;
        touch.isAtomic = reads ? touch.isAtomic : isAtomic;
    }
}

int execute(const Launch& launch) {
    static const bool traces = setting("SOFTCUDA_TRACE", 0) != 0;
    static const uint64_t cores = std::max<uint64_t>(1, setting("SOFTCUDA_THREADS", std::thread::hardware_concurrency()));
    auto start = std::chrono::steady_clock::now();
    uint64_t blocks = launch.grid.count();
    std::atomic<uint64_t> next{0}, steps{0};
    std::mutex mutex;
    Fault first{0, ""};
    auto work = [&] {
        BlockRunner runner(launch);
        try {
            for (uint64_t i; (i = next++) < blocks;)
                runner.run(place(i, launch.grid));
        } catch (const Fault& wrong) {
            std::lock_guard lock(mutex);
            if (first.code == 0)
                first = wrong;
            next = blocks;
        }
        steps += runner.steps;
    };
    constexpr uint64_t worthATeam = 4096;
    uint64_t team = blocks * launch.block.count() < worthATeam ? 1 : std::min(blocks, cores);
    std::vector<std::thread> others;
    for (uint64_t i = 1; i < team; i++)
        others.emplace_back(work);
    work();
    for (auto& other : others)
        other.join();
    if (traces) {
        double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        const auto& [function, grid, block, shared, parameters, owner] = launch;
        std::fprintf(messages(), "softcuda: %s <<<(%u,%u,%u), (%u,%u,%u), %u>>> %llu instructions, %.3f ms\n", function->name.c_str(),
            grid.x, grid.y, grid.z, block.x, block.y, block.z, shared, static_cast<unsigned long long>(steps), 1e3 * seconds);
    }
    if (first.code != 0)
        std::fprintf(messages(), "softcuda: %s\n", first.message.c_str());
    return first.code;
}

}
