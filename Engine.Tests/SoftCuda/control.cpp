// Branches, calls, and waiting for other threads.
#include "decode.h"

namespace softcuda {
namespace {

const Instruction* branchStep(Thread&, const Instruction* i) { return i->target; }

const Instruction* branchIndexed(Thread& thread, const Instruction* i) {
    auto index = get<uint32_t>(thread, i->s[0]);
    if (index >= i->targets.size())
        fault(thread, i, launchFailed, "branch " + std::to_string(index) + " of " + std::to_string(i->targets.size()));
    return i->targets[index];
}

const Instruction* callStep(Thread& thread, const Instruction* i) {
    if (thread.returns.size() > thread.block->module.functions.size())
        fault(thread, i, launchFailed, "a function that calls itself is not known");
    thread.returns.push_back(i + 1);
    return i->target;
}

const Instruction* returnStep(Thread& thread, const Instruction*) {
    if (thread.returns.empty()) {
        thread.state = State::Done;
        return nullptr;
    }
    const Instruction* back = thread.returns.back();
    thread.returns.pop_back();
    return back;
}

const Instruction* exitStep(Thread& thread, const Instruction*) {
    thread.state = State::Done;
    return nullptr;
}

const Instruction* trapStep(Thread& thread, const Instruction* i) { fault(thread, i, launchFailed, "trap"); }

const Instruction* nothing(Thread&, const Instruction* i) { return i + 1; }

// Copies between the places of parameters: triples of a destination, a source and a size.
const Instruction* copyParameters(Thread& thread, const Instruction* i) {
    for (size_t k = 0; k < i->list.size(); k += 3)
        std::memcpy(thread.parameters + i->list[k], thread.parameters + i->list[k + 1], i->list[k + 2]);
    return i + 1;
}

void branch(Modifiers& m) {
    m.take("uni");
    m.done(1);
    Instruction instruction;
    instruction.step = branchStep;
    m.reader.emit(instruction);
    m.reader.branch(m[0].name);
}

void branchIndex(Modifiers& m) {
    m.need("idx");
    m.take("uni");
    m.done(2);
    Instruction instruction;
    instruction.step = branchIndexed;
    instruction.s[0] = m.reader.source(m[0], {'u', 4});
    m.reader.emit(instruction);
    m.reader.branchTable(m[1].name);
}

// call.uni (result), function, (arguments)
void callFunction(Modifiers& m) {
    m.take("uni");
    bool hasResult = m.count() > 0 && m[0].kind == Operand::List;
    size_t at = hasResult ? 1 : 0;
    bool hasArguments = m.count() > at + 1;
    m.done(at + 1 + (hasArguments ? 1 : 0));
    auto arguments = hasArguments ? m.reader.parametersOf(m[at + 1]) : std::vector<Parameter>();
    auto results = hasResult ? m.reader.parametersOf(m[0]) : std::vector<Parameter>();


    Instruction passArguments, jump, passResults;
    passArguments.step = passResults.step = copyParameters;
    jump.step = callStep;
    m.reader.emit(passArguments);
    m.reader.emit(jump);
    m.reader.call(m[at].name, arguments, results);
    m.reader.emit(passResults);
}

template <Step step> void control(Modifiers& m) {
    m.take("uni");
    m.done(0);
    Instruction instruction;
    instruction.step = step;
    m.reader.emit(instruction);
}

void memoryBarrier(Modifiers& m) {
    if (m.name == "fence")
        m.takeOne({"acq_rel", "sc"});
    m.takeOne({"cta", "gl", "gpu", "sys"});
    control<nothing>(m);
}

// ---- Waiting for other threads

const Instruction* waitAtBarrier(Thread& thread, const Instruction* i) {
    thread.state = State::AtBarrier;
    thread.pc = i;
    return nullptr;
}

const Instruction* waitForWarp(Thread& thread, const Instruction* i) {
    thread.state = State::AtCollective;
    thread.pc = i;
    return nullptr;
}

void collective(Modifiers& m, Instruction instruction, Collective execute, uint32_t mask) {
    instruction.step = waitForWarp;
    instruction.collective = execute;
    instruction.s[3] = mask;
    m.reader.emit(instruction);
    m.reader.cooperate();
}

// bar.sync a; bar.red.op d, a, p; bar.warp.sync mask
void barrier(Modifiers& m) {
    if (m.name == "bar" && m.take("warp")) {
        m.need("sync");
        m.done(1);
        return collective(m, {}, warpBarrier, m.reader.source(m[0], {'b', 4}));
    }
    m.take("cta");
    bool reduces = m.takeOne({"sync", "red"}) == 1;
    Instruction instruction;
    instruction.step = waitAtBarrier;
    if (reduces) {
        size_t operation = m.takeOne({"popc", "and", "or"});
        m.need(operation == 0 ? "u32" : "pred");
        instruction.list = {uint32_t(operation)};
        instruction.d = m.reader.destination(m[0], operation == 0 ? Type{'u', 4} : Type{'p', 1});
        instruction.s[1] = m.reader.source(m[2], {'p', 1});
    }
    if (m.name == "barrier")
        m.take("aligned");
    m.done(reduces ? 3 : 1); // barriers of a part of the block are not known
    instruction.s[0] = m.reader.source(m[reduces ? 1 : 0], {'u', 4});
    m.reader.emit(instruction);
    m.reader.cooperate();
}

void shuffle(Modifiers& m) {
    m.need("sync");
    static const Collective modes[] = {warpShuffle<0>, warpShuffle<1>, warpShuffle<2>, warpShuffle<3>};
    size_t mode = m.takeOne({"idx", "up", "down", "bfly"});
    m.need("b32");
    m.done(5);
    Instruction instruction;
    Operand both = m[0];
    both.second.clear();
    instruction.d = m.reader.destination(both, {'b', 4});
    instruction.d2 = m[0].second.empty() ? m.reader.temporary() : m.reader.destination(m[0].second, {'p', 1});
    for (size_t k = 0; k < 3; k++)
        instruction.s[k] = m.reader.source(m[k + 1], {'b', 4});
    collective(m, instruction, modes[mode], m.reader.source(m[4], {'b', 4}));
}

void vote(Modifiers& m) {
    m.need("sync");
    static const Collective modes[] = {warpVote<0>, warpVote<1>, warpVote<2>, warpVote<3>};
    size_t mode = m.takeOne({"all", "any", "uni", "ballot"});
    m.need(mode == 3 ? "b32" : "pred");
    m.done(3);
    Instruction instruction;
    instruction.d = m.reader.destination(m[0], mode == 3 ? Type{'b', 4} : Type{'p', 1});
    instruction.s[0] = m.reader.source(m[1], {'p', 1});
    collective(m, instruction, modes[mode], m.reader.source(m[2], {'b', 4}));
}

// mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 d, a, b, c
void multiplyMatrices(Modifiers& m) {
    for (const char* part : {"sync", "aligned", "m16n8k8", "row", "col", "f32", "tf32", "tf32", "f32"})
        m.need(part);
    m.done(4);
    const size_t counts[] = {4, 4, 2, 4};
    Instruction instruction;
    for (size_t k = 0; k < 4; k++) {
        if (m[k].kind != Operand::List || m[k].list.size() != counts[k])
            m.fail("a fragment of another size");
        for (const auto& element : m[k].list)
            instruction.list.push_back(k == 0 ? m.reader.destination(element, {'f', 4}) : m.reader.source(element, {'b', 4}));
    }
    collective(m, instruction, warpMultiplyMatrices, m.reader.constant(0xFFFFFFFF));
}

}

void addControl(Decoders& decoders) {
    decoders.insert({
        {"bra", branch}, {"brx", branchIndex}, {"call", callFunction}, {"ret", control<returnStep>}, {"exit", control<exitStep>},
        {"trap", control<trapStep>}, {"membar", memoryBarrier}, {"fence", memoryBarrier},
        {"bar", barrier}, {"barrier", barrier}, {"shfl", shuffle}, {"vote", vote}, {"mma", multiplyMatrices},
    });
}

Step endOfFunction() { return returnStep; }

}
