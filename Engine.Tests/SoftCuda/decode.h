// How instructions are decoded: the modifiers of a name select a C++ function, which becomes a step of the machine.
#pragma once

#include "numbers.h"
#include "ptx.h"

namespace softcuda {

// How to execute an elementwise instruction: a step, and the types of its result and sources.
struct Call {
    Step step = nullptr;
    Type result;
    std::vector<Type> sources;
};

template <class T> Type typeOf() {
    if constexpr (std::is_same_v<T, bool>)
        return {'p', 1};
    return {std::is_floating_point_v<T> ? 'f' : std::is_signed_v<T> ? 's' : 'u', sizeof(T)};
}

template <auto F> struct Elementwise;
template <class R, class... A, R (*F)(A...)> struct Elementwise<F> {
    static const Instruction* step(Thread& thread, const Instruction* i) {
        run(thread, i, std::index_sequence_for<A...>());
        return i + 1;
    }
    template <size_t... I> static void run(Thread& thread, const Instruction* i, std::index_sequence<I...>) {
        set<R>(thread, i->d, F(get<A>(thread, i->s[I])...));
    }
    static Call call() { return {step, typeOf<R>(), {typeOf<A>()...}}; }
};

template <auto F> Call call() { return Elementwise<F>::call(); }

template <class T> struct Tag { using type = T; };

template <class T> bool matches(Type type) {
    return type.bytes == sizeof(T) && (type.kind == typeOf<T>().kind || (type.kind == 'b' && typeOf<T>().kind == 'u'));
}

// What `make` gives for the C++ type that stands for a type of PTX; a null step if it is none of those listed.
template <class... T, class Make> auto select(Type type, Make make) {
    std::common_type_t<decltype(make(Tag<T>()))...> result{};
    (void)((matches<T>(type) && (result = make(Tag<T>()), true)) || ...);
    return result;
}

#define INTEGERS int16_t, uint16_t, int32_t, uint32_t, int64_t, uint64_t
#define ALL_INTEGERS int8_t, uint8_t, INTEGERS
#define BITS uint16_t, uint32_t, uint64_t
#define FLOATS float, double

// The modifiers of an opcode, taken one by one.
class Modifiers {
public:
    Modifiers(Reader& reader, const Statement& statement) : reader(reader), operands(statement.operands) {
        size_t dot = statement.opcode.find('.');
        name = statement.opcode.substr(0, dot);
        while (dot != std::string::npos) {
            size_t end = statement.opcode.find('.', dot + 1);
            parts.push_back(statement.opcode.substr(dot + 1, end == std::string::npos ? end : end - dot - 1));
            dot = end;
        }
    }

    bool take(const std::string& part) {
        if (parts.empty() || parts.front() != part)
            return false;
        parts.erase(parts.begin());
        return true;
    }

    // Takes one of these and says which; fails if there is none.
    size_t takeOne(const std::vector<std::string>& choices) {
        for (size_t i = 0; i < choices.size(); i++)
            if (take(choices[i]))
                return i;
        fail("unknown or missing modifier");
    }

    template <class T> T takeOne(const std::map<std::string, T>& choices) {
        auto found = parts.empty() ? choices.end() : choices.find(parts.front());
        if (found == choices.end())
            fail("unknown or missing modifier");
        parts.erase(parts.begin());
        return found->second;
    }

    void need(const std::string& part) { takeOne({part}); }

    // Whether the type, which comes last, is one of floating-point numbers.
    bool isOfFloats() const { return !parts.empty() && parts.back()[0] == 'f'; }

    Type type() {
        Type type;
        if (parts.empty() || !parseType(parts.front(), type))
            fail("unknown or missing type");
        parts.erase(parts.begin());
        return type;
    }

    void done(size_t operandCount) const {
        if (!parts.empty())
            fail("unknown modifier ." + parts.front());
        if (operands.size() != operandCount)
            fail("unknown number of operands");
    }

    [[noreturn]] void fail(const std::string& message) const { reader.fail(message); }

    const Operand& operator[](size_t i) const { return operands[i]; }
    size_t count() const { return operands.size(); }

    // Emits an elementwise instruction: the destination first, then the sources.
    void emit(const Call& call, bool mayBeWider = false) {
        if (!call.step)
            fail("not known for this type");
        done(1 + call.sources.size());
        Instruction instruction;
        instruction.step = call.step;
        instruction.d = reader.destination(operands[0], call.result, mayBeWider);
        for (size_t i = 0; i < call.sources.size(); i++)
            instruction.s[i] = reader.source(operands[i + 1], call.sources[i], mayBeWider);
        reader.emit(instruction);
    }

    Reader& reader;
    std::string name;

private:
    const std::vector<Operand>& operands;
    std::vector<std::string> parts;
};

template <auto F> Instruction elementwise(uint32_t d, uint32_t a, uint32_t b = 0) {
    Instruction instruction;
    instruction.step = Elementwise<F>::step;
    instruction.d = d;
    instruction.s[0] = a;
    instruction.s[1] = b;
    return instruction;
}

template <class Op> Call overFloats(Type type) {
    return select<FLOATS>(type, [](auto tag) { return call<&Op::template of<typename decltype(tag)::type>>(); });
}

template <class Op> Call overIntegers(Type type) {
    return select<INTEGERS>(type, [](auto tag) { return call<&Op::template of<typename decltype(tag)::type>>(); });
}

template <class Op> Call overNumbers(Type type) { return type.kind == 'f' ? overFloats<Op>(type) : overIntegers<Op>(type); }

// Operations that only move bits are written for any type.
template <class Op> Call overBits(Type type) {
    Type bits{type.kind == 'p' ? 'p' : 'b', type.bytes};
    Call call = select<bool, BITS>(bits, [](auto tag) { return softcuda::call<&Op::template of<typename decltype(tag)::type>>(); });
    auto retype = [type](Type& part) {
        if (part.kind == 'u' && part.bytes == type.bytes)
            part.kind = type.kind;
    };
    retype(call.result);
    for (Type& source : call.sources)
        retype(source);
    return call;
}

// The decoders of instructions by name.
using Decoders = std::unordered_map<std::string, void (*)(Modifiers&)>;
void addArithmetic(Decoders& decoders);
void addMemory(Decoders& decoders);
void addControl(Decoders& decoders);

}
