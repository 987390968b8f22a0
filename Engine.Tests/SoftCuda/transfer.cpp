// Loads, stores and atomic operations.
#include "decode.h"

namespace softcuda {
namespace {

struct Exchange {
    template <class T> static T of(T, T b) { return b; }
};

template <class T, Space S> struct Memory {
    static const Instruction* load(Thread& thread, const Instruction* i) {
        T value;
        std::memcpy(&value, memoryAt<S>(thread, i, sizeof value, Access::Read), sizeof value);
        set(thread, i->d, value);
        return i + 1;
    }

    static const Instruction* loadVector(Thread& thread, const Instruction* i) {
        uint32_t bytes = uint32_t(sizeof(T) * i->list.size());
        T values[4];
        std::memcpy(values, memoryAt<S>(thread, i, bytes, Access::Read), bytes);
        for (size_t k = 0; k < i->list.size(); k++)
            set(thread, i->list[k], values[k]);
        return i + 1;
    }

    static const Instruction* store(Thread& thread, const Instruction* i) {
        T value = get<T>(thread, i->s[1]);
        std::memcpy(memoryAt<S>(thread, i, sizeof value, Access::Write), &value, sizeof value);
        return i + 1;
    }

    static const Instruction* storeVector(Thread& thread, const Instruction* i) {
        uint32_t bytes = uint32_t(sizeof(T) * i->list.size());
        T values[4];
        for (size_t k = 0; k < i->list.size(); k++)
            values[k] = get<T>(thread, i->list[k]);
        std::memcpy(memoryAt<S>(thread, i, bytes, Access::Write), values, bytes);
        return i + 1;
    }
};

template <Space S> using InSpace = std::integral_constant<Space, S>;

template <class Make> Step selectSpace(Space space, Make make) {
    switch (space) {
    case Space::Generic: return make(InSpace<Space::Generic>());
    case Space::Global: return make(InSpace<Space::Global>());
    case Space::Shared: return make(InSpace<Space::Shared>());
    case Space::Local: return make(InSpace<Space::Local>());
    default: return make(InSpace<Space::Parameter>());
    }
}

Space takeSpace(Modifiers& m) {
    if (m.take("global") || m.take("const"))
        return Space::Global;
    if (m.take("shared") || m.take("shared::cta"))
        return Space::Shared;
    return m.take("local") ? Space::Local : m.take("param") ? Space::Parameter : Space::Generic;
}

// Orders of memory and hints for caches change nothing here: threads run one after another.
void takeOrder(Modifiers& m) {
    if (m.take("relaxed") || m.take("acquire") || m.take("release") || m.take("acq_rel"))
        m.takeOne({"cta", "gpu", "sys"});
    else if (!m.take("volatile"))
        m.take("weak");
}

void takeCacheHint(Modifiers& m, const std::vector<std::string>& hints) {
    for (const auto& hint : hints)
        if (m.take(hint))
            return;
}

// ld.space.vector.type d, [a] and st.space.vector.type [a], b
void transfer(Modifiers& m, bool isLoad) {
    takeOrder(m);
    Space space = takeSpace(m);
    takeCacheHint(m, isLoad ? std::vector<std::string>{"ca", "cg", "cs", "lu", "cv"} : std::vector<std::string>{"wb", "cg", "cs", "wt"});
    if (isLoad && space == Space::Global)
        m.take("nc");
    size_t lanes = m.take("v2") ? 2 : m.take("v4") ? 4 : 1;
    Type type = m.type();
    m.done(2);
    if (type.bytes * lanes > 16)
        m.fail("a vector of more than 16 bytes");

    Instruction instruction;
    Type vector{type.kind, uint8_t(type.bytes * lanes)};
    instruction.s[0] = m.reader.address(m[isLoad ? 1 : 0], space, vector, instruction);
    const Operand& value = m[isLoad ? 0 : 1];
    auto inRegister = [&](const Operand& operand) {
        return isLoad ? m.reader.destination(operand, type, true) : m.reader.source(operand, type, true);
    };
    if (lanes == 1)
        (isLoad ? instruction.d : instruction.s[1]) = inRegister(value);
    else if (value.kind != Operand::List || value.list.size() != lanes)
        m.fail("a vector of another length");
    for (const auto& element : value.list)
        instruction.list.push_back(inRegister(element));

    Type bits{type.kind == 's' ? 's' : 'u', type.bytes};
    instruction.step = select<ALL_INTEGERS>(bits, [&](auto tag) {
        using T = typename decltype(tag)::type;
        return selectSpace(space, [&](auto in) -> Step {
            using At = Memory<T, decltype(in)::value>;
            return isLoad ? lanes > 1 ? At::loadVector : At::load : lanes > 1 ? At::storeVector : At::store;
        });
    });
    if (!instruction.step)
        m.fail("not known for this type");
    m.reader.emit(instruction);
}

void load(Modifiers& m) { transfer(m, true); }
void store(Modifiers& m) { transfer(m, false); }

// Replaces memory by Op of it and a register, whatever other blocks do meanwhile.
template <class T, class Op, Space S> const Instruction* atomic(Thread& thread, const Instruction* i) {
    using Bits = std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>;
    auto* memory = reinterpret_cast<Bits*>(memoryAt<S>(thread, i, sizeof(T), Access::Atomic));
    T operand = get<T>(thread, i->s[1]);
    Bits old = __atomic_load_n(memory, __ATOMIC_RELAXED), changed;
    do {
        T result = Op::of(bitsAs<T>(old), operand);
        if constexpr (std::is_same_v<T, float> && S != Space::Shared) // 32-bit floats in device memory are flushed, in shared memory not
            if (thread.r[i->s[0]] + i->offset - sharedWindow >= windowBytes)
                result = Flushed<&Op::template of<float>>::of(bitsAs<T>(old), operand);
        changed = bitsAs<Bits>(result);
    } while (!__atomic_compare_exchange_n(memory, &old, changed, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));
    set(thread, i->d, old);
    return i + 1;
}

template <class T, Space S> const Instruction* compareAndSwap(Thread& thread, const Instruction* i) {
    auto* memory = reinterpret_cast<T*>(memoryAt<S>(thread, i, sizeof(T), Access::Atomic));
    T old = get<T>(thread, i->s[1]);
    __atomic_compare_exchange_n(memory, &old, get<T>(thread, i->s[2]), false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    set(thread, i->d, old);
    return i + 1;
}

template <class Op, class... T> Step atomicStep(Type type, Space space) {
    return select<T...>(type, [&](auto tag) {
        using Value = typename decltype(tag)::type;
        return selectSpace(space, [&](auto in) -> Step { return atomic<Value, Op, decltype(in)::value>; });
    });
}

// atom.op.type d, [a], b and red.op.type [a], b; the space may stand before or after the operation.
void atomicOperation(Modifiers& m) {
    takeOrder(m);
    m.take("cta") || m.take("gpu") || m.take("sys");
    Space space = takeSpace(m);
    size_t operation = m.takeOne({"add", "min", "max", "and", "or", "xor", "exch", "cas"});
    if (space == Space::Generic)
        space = takeSpace(m);
    Type type = m.type();
    bool hasResult = m.name == "atom", isCas = operation == 7;
    if (!hasResult && (operation == 6 || isCas))
        m.fail("needs a result");
    m.done((hasResult ? 3 : 2) + (isCas ? 1 : 0));

    bool isBits = type.kind == 'b';
    Instruction instruction;
    switch (operation) {
    case 0: instruction.step = isBits ? nullptr : atomicStep<Add, int32_t, uint32_t, uint64_t, float, double>(type, space); break;
    case 1: instruction.step = isBits ? nullptr : atomicStep<Minimum, int32_t, uint32_t, int64_t, uint64_t>(type, space); break;
    case 2: instruction.step = isBits ? nullptr : atomicStep<Maximum, int32_t, uint32_t, int64_t, uint64_t>(type, space); break;
    case 3: instruction.step = isBits ? atomicStep<And, uint32_t, uint64_t>(type, space) : nullptr; break;
    case 4: instruction.step = isBits ? atomicStep<Or, uint32_t, uint64_t>(type, space) : nullptr; break;
    case 5: instruction.step = isBits ? atomicStep<Xor, uint32_t, uint64_t>(type, space) : nullptr; break;
    case 6: instruction.step = isBits ? atomicStep<Exchange, uint32_t, uint64_t>(type, space) : nullptr; break;
    default:
        instruction.step = select<uint32_t, uint64_t>(type, [&](auto tag) {
            using Value = typename decltype(tag)::type;
            return selectSpace(space, [](auto in) -> Step { return compareAndSwap<Value, decltype(in)::value>; });
        });
        break;
    }
    if (!instruction.step || space == Space::Local || space == Space::Parameter)
        m.fail("not known for this type or space");
    size_t k = hasResult ? 1 : 0;
    instruction.d = hasResult ? m.reader.destination(m[0], type) : m.reader.temporary();
    instruction.s[0] = m.reader.address(m[k], space, type, instruction);
    instruction.s[1] = m.reader.source(m[k + 1], type);
    if (isCas)
        instruction.s[2] = m.reader.source(m[k + 2], type);
    m.reader.emit(instruction);
}

}

void addMemory(Decoders& decoders) {
    decoders.insert({{"ld", load}, {"st", store}, {"atom", atomicOperation}, {"red", atomicOperation}});
}

}
