// Every instruction that is known: what it computes, and how its name and modifiers select that.
// Whatever is not matched here to its last modifier makes the module fail to load.

#include "ptx.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <type_traits>

namespace softcuda {
namespace {

// ---- From a C++ function to an instruction

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

    void need(const std::string& part) { takeOne({part}); }

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

// ---- Numbers

template <class To, class From> To bitsAs(From from) {
    static_assert(sizeof(To) == sizeof(From));
    To to;
    std::memcpy(&to, &from, sizeof to);
    return to;
}

// Every not-a-number that arithmetic on 32-bit floats gives is this one.
float canonical(float x) { return x != x ? bitsAs<float>(0x7FFFFFFFu) : x; }
double canonical(double x) { return x; }

float flush(float x) { return std::fpclassify(x) == FP_SUBNORMAL ? std::copysign(0.f, x) : x; }

template <auto F> struct Flushed;
template <class... A, float (*F)(A...)> struct Flushed<F> {
    static float of(A... a) { return flush(F(flush(a)...)); }
};

template <class T> using Unsigned = std::make_unsigned_t<T>;
template <class T> constexpr int width = 8 * sizeof(T);

#define OPERATION(Name) struct Name { template <class T> static T of
OPERATION(Add)(T a, T b) {
    if constexpr (std::is_integral_v<T>) return T(Unsigned<T>(a) + Unsigned<T>(b)); else return canonical(a + b);
} };
OPERATION(Subtract)(T a, T b) {
    if constexpr (std::is_integral_v<T>) return T(Unsigned<T>(a) - Unsigned<T>(b)); else return canonical(a - b);
} };
OPERATION(Multiply)(T a, T b) {
    if constexpr (std::is_integral_v<T>) return T(uint64_t(a) * uint64_t(b)); else return canonical(a * b);
} };
OPERATION(MultiplyHigh)(T a, T b) { return T((__int128(a) * __int128(b)) >> width<T>); } };
OPERATION(MultiplyAdd)(T a, T b, T c) {
    if constexpr (std::is_integral_v<T>) return T(uint64_t(a) * uint64_t(b) + uint64_t(c)); else return canonical(std::fma(a, b, c));
} };
OPERATION(MultiplyAddHigh)(T a, T b, T c) { return Add::of(MultiplyHigh::of(a, b), c); } };
OPERATION(Divide)(T a, T b) {
    if constexpr (std::is_floating_point_v<T>) return canonical(a / b);
    else if (b == 0) return T(-1); // unspecified by PTX
    else if (std::is_signed_v<T> && b == T(-1)) return T(0 - Unsigned<T>(a));
    else return T(a / b);
} };
OPERATION(Remainder)(T a, T b) { return b == 0 ? a : std::is_signed_v<T> && b == T(-1) ? T(0) : T(a % b); } };
OPERATION(Negate)(T a) { if constexpr (std::is_integral_v<T>) return T(0 - Unsigned<T>(a)); else return -a; } };
OPERATION(Absolute)(T a) { if constexpr (std::is_integral_v<T>) return a < 0 ? Negate::of(a) : a; else return std::fabs(a); } };
// The smaller one; of a number and a not-a-number the number; -0 is smaller than +0.
OPERATION(Minimum)(T a, T b) {
    if constexpr (std::is_floating_point_v<T>) {
        if (a != a || b != b) return canonical(a != a ? b : a);
        if (a == b) return std::signbit(a) ? a : b;
    }
    return a < b ? a : b;
} };
OPERATION(Maximum)(T a, T b) {
    if constexpr (std::is_floating_point_v<T>) {
        if (a != a || b != b) return canonical(a != a ? b : a);
        if (a == b) return std::signbit(a) ? b : a;
    }
    return a > b ? a : b;
} };
OPERATION(MinimumOrNan)(T a, T b) { return a != a || b != b ? canonical(a + b) : Minimum::of(a, b); } };
OPERATION(MaximumOrNan)(T a, T b) { return a != a || b != b ? canonical(a + b) : Maximum::of(a, b); } };
OPERATION(And)(T a, T b) { return T(a & b); } };
OPERATION(Or)(T a, T b) { return T(a | b); } };
OPERATION(Xor)(T a, T b) { return T(a ^ b); } };
OPERATION(Not)(T a) { if constexpr (std::is_same_v<T, bool>) return !a; else return T(~a); } };
OPERATION(ShiftLeft)(T a, uint32_t b) { return b >= width<T> ? T(0) : T(a << b); } };
OPERATION(ShiftRight)(T a, uint32_t b) {
    if (b < width<T>) return T(a >> b);
    return std::is_signed_v<T> && a < 0 ? T(-1) : T(0);
} };
OPERATION(Move)(T a) { return a; } };
OPERATION(Choose)(T a, T b, bool which) { return which ? a : b; } };
OPERATION(CopySign)(T a, T b) { return std::copysign(b, a); } };
OPERATION(SquareRoot)(T a) { return canonical(std::sqrt(a)); } };
OPERATION(Reciprocal)(T a) { return canonical(1 / a); } };
OPERATION(ReciprocalRoot)(T a) { return canonical(T(1 / std::sqrt(double(a)))); } };
OPERATION(Exponential2)(T a) { return canonical(T(std::exp2(double(a)))); } };
OPERATION(Logarithm2)(T a) { return canonical(T(std::log2(double(a)))); } };
OPERATION(Sine)(T a) { return canonical(T(std::sin(double(a)))); } };
OPERATION(Cosine)(T a) { return canonical(T(std::cos(double(a)))); } };
OPERATION(HyperbolicTangent)(T a) { return canonical(T(std::tanh(double(a)))); } };
OPERATION(Exchange)(T, T b) { return b; } };
OPERATION(Increment)(T a, T b) { return a >= b ? T(0) : T(a + 1); } };
OPERATION(Decrement)(T a, T b) { return a == 0 || a > b ? b : T(a - 1); } };
#undef OPERATION

// Double precision approximations have the upper half of their bits only.
template <class Op> double upperHalf(double a) { return bitsAs<double>(bitsAs<uint64_t>(Op::of(a)) & 0xFFFFFFFF00000000u); }

template <class T> struct Wider;
template <> struct Wider<int16_t> { using type = int32_t; };
template <> struct Wider<uint16_t> { using type = uint32_t; };
template <> struct Wider<int32_t> { using type = int64_t; };
template <> struct Wider<uint32_t> { using type = uint64_t; };

template <class T> typename Wider<T>::type multiplyWide(T a, T b) { return typename Wider<T>::type(a) * b; }
template <class T> typename Wider<T>::type multiplyAddWide(T a, T b, typename Wider<T>::type c) {
    return Add::of(multiplyWide(a, b), c);
}

template <class T> uint32_t countOnes(T a) { return uint32_t(__builtin_popcountll(a)); }
template <class T> uint32_t countLeadingZeros(T a) { return a == 0 ? width<T> : uint32_t(__builtin_clzll(a)) - (64 - width<T>); }

template <class T> T reverseBits(T a) {
    T result = 0;
    for (int i = 0; i < width<T>; i++)
        result |= T(T(a >> i) & 1) << (width<T> - 1 - i);
    return result;
}

template <class T> T extractBits(T a, uint32_t start, uint32_t count) {
    start &= 255;
    count &= 255;
    T result = 0;
    bool sign = std::is_signed_v<T> && count > 0 && (a >> std::min<uint32_t>(start + count - 1, width<T> - 1)) & 1;
    for (uint32_t i = 0; i < width<T>; i++) {
        bool bit = i < count && start + i < width<T> ? (a >> (start + i)) & 1 : sign;
        result |= T(Unsigned<T>(bit) << i);
    }
    return result;
}

template <class T> T insertBits(T a, T b, uint32_t start, uint32_t count) {
    start &= 255;
    count &= 255;
    for (uint32_t i = 0; i < count && start + i < width<T>; i++)
        b = T((b & ~(T(1) << (start + i))) | (((a >> i) & 1) << (start + i)));
    return b;
}

template <bool left, bool wraps> uint32_t funnelShift(uint32_t low, uint32_t high, uint32_t count) {
    count = wraps ? count & 31 : std::min(count, 32u);
    uint64_t both = uint64_t(high) << 32 | low;
    return left ? uint32_t(both << count >> 32) : uint32_t(both >> count);
}

uint32_t permuteBytes(uint32_t a, uint32_t b, uint32_t selector) {
    uint64_t bytes = uint64_t(b) << 32 | a;
    uint32_t result = 0;
    for (int i = 0; i < 4; i++) {
        uint32_t which = selector >> (4 * i) & 15;
        auto byte = uint8_t(bytes >> (8 * (which & 7)));
        if (which & 8)
            byte = byte & 0x80 ? 0xFF : 0;
        result |= uint32_t(byte) << (8 * i);
    }
    return result;
}

uint32_t lookup3(uint32_t a, uint32_t b, uint32_t c, uint32_t table) {
    uint32_t result = 0;
    for (int i = 0; i < 32; i++)
        result |= (table >> ((a >> i & 1) << 2 | (b >> i & 1) << 1 | (c >> i & 1)) & 1) << i;
    return result;
}

// To the nearest tf32, halves away from zero.
uint32_t roundToTf32(float x) {
    auto bits = bitsAs<uint32_t>(x);
    return std::isfinite(x) ? (bits + 0x1000) & ~0x1FFFu : x != x ? 0x7FFFFFFF : bits;
}


// ---- Comparisons

#define COMPARISON(Name, condition) struct Name { template <class T> static bool of(T a, T b) { return condition; } };
COMPARISON(Equal, a == b)
COMPARISON(NotEqual, std::is_floating_point_v<T> ? a < b || a > b : a != b)
COMPARISON(Less, a < b)
COMPARISON(LessOrEqual, a <= b)
COMPARISON(Greater, a > b)
COMPARISON(GreaterOrEqual, a >= b)
COMPARISON(AreNumbers, a == a && b == b)
COMPARISON(IsUnordered, a != a || b != b)
template <class Op> COMPARISON(OrUnordered, a != a || b != b || Op::of(a, b))
#undef COMPARISON

#define TEST(Name, condition) struct Name { template <class T> static bool of(T a) { return condition; } };
TEST(IsFinite, std::isfinite(a))
TEST(IsInfinite, std::isinf(a))
TEST(IsNumber, a == a)
TEST(IsNan, a != a)
TEST(IsNormal, std::isnormal(a))
TEST(IsSubnormal, std::fpclassify(a) == FP_SUBNORMAL)
#undef TEST

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
    for (Type* part : {&call.result, call.sources.data(), call.sources.data() + 1})
        if (part < call.sources.data() + call.sources.size() || part == &call.result)
            if (part->kind == 'u' && part->bytes == type.bytes)
                part->kind = type.kind;
    return call;
}

Call comparison(size_t which, Type type) {
    bool isUnsigned = type.kind == 'u';
    switch (which) {
    case 0: return overNumbers<Equal>(type);
    case 1: return overNumbers<NotEqual>(type);
    case 2: return overNumbers<Less>(type);
    case 3: return overNumbers<LessOrEqual>(type);
    case 4: return overNumbers<Greater>(type);
    case 5: return overNumbers<GreaterOrEqual>(type);
    case 6: return isUnsigned ? overIntegers<Less>(type) : Call();
    case 7: return isUnsigned ? overIntegers<LessOrEqual>(type) : Call();
    case 8: return isUnsigned ? overIntegers<Greater>(type) : Call();
    case 9: return isUnsigned ? overIntegers<GreaterOrEqual>(type) : Call();
    case 10: return overFloats<OrUnordered<Equal>>(type);
    case 11: return overFloats<OrUnordered<NotEqual>>(type);
    case 12: return overFloats<OrUnordered<Less>>(type);
    case 13: return overFloats<OrUnordered<LessOrEqual>>(type);
    case 14: return overFloats<OrUnordered<Greater>>(type);
    case 15: return overFloats<OrUnordered<GreaterOrEqual>>(type);
    case 16: return overFloats<AreNumbers>(type);
    default: return overFloats<IsUnordered>(type);
    }
}

// setp.cmp{.and|or|xor}{.ftz}.type p{|q}, a, b{, {!}c}
void setPredicate(Modifiers& m) {
    static const std::vector<std::string> names = {"eq", "ne", "lt", "le", "gt", "ge", "lo", "ls", "hi", "hs",
                                                   "equ", "neu", "ltu", "leu", "gtu", "geu", "num", "nan"};
    size_t which = m.takeOne(names);
    int combine = m.take("and") ? 1 : m.take("or") ? 2 : m.take("xor") ? 3 : 0;
    bool flushes = m.take("ftz");
    Type type = m.type();
    if (flushes)
        m.fail("comparisons that flush are not known");
    Call call = comparison(which, type);
    if (!call.step)
        m.fail("not known for this type");
    m.done(combine ? 4 : 3);

    Operand both = m[0];
    std::string second = both.second;
    both.second.clear();
    uint32_t p = m.reader.destination(both, call.result);
    Instruction compare;
    compare.step = call.step;
    compare.d = combine || !second.empty() ? m.reader.temporary() : p;
    compare.s[0] = m.reader.source(m[1], type);
    compare.s[1] = m.reader.source(m[2], type);
    m.reader.emit(compare);
    if (compare.d == p)
        return;

    // The second destination gets the negated comparison, combined with the same predicate.
    uint32_t c = 0;
    if (combine) {
        Operand plain = m[3];
        plain.isNegated = false;
        c = m.reader.source(plain, {'p', 1});
        uint32_t copy = m.reader.temporary();
        m.reader.emit(m[3].isNegated ? elementwise<&Not::of<bool>>(copy, c) : elementwise<&Move::of<bool>>(copy, c));
        c = copy;
    }
    auto combined = [&](uint32_t d, uint32_t a) {
        switch (combine) {
        case 1: return elementwise<&And::of<bool>>(d, a, c);
        case 2: return elementwise<&Or::of<bool>>(d, a, c);
        case 3: return elementwise<&Xor::of<bool>>(d, a, c);
        default: return elementwise<&Move::of<bool>>(d, a);
        }
    };
    m.reader.emit(combined(p, compare.d));
    if (!second.empty()) {
        uint32_t opposite = m.reader.temporary();
        m.reader.emit(elementwise<&Not::of<bool>>(opposite, compare.d));
        m.reader.emit(combined(m.reader.destination(second, {'p', 1}), opposite));
    }
}

void testProperty(Modifiers& m) {
    switch (m.takeOne({"finite", "infinite", "number", "notanumber", "normal", "subnormal"})) {
    case 0: return m.emit(overFloats<IsFinite>(m.type()));
    case 1: return m.emit(overFloats<IsInfinite>(m.type()));
    case 2: return m.emit(overFloats<IsNumber>(m.type()));
    case 3: return m.emit(overFloats<IsNan>(m.type()));
    case 4: return m.emit(overFloats<IsNormal>(m.type()));
    default: return m.emit(overFloats<IsSubnormal>(m.type()));
    }
}

// ---- Arithmetic

// Integers of any type, floats rounded to nearest.
template <class Op> void arithmetic(Modifiers& m) {
    bool isRounded = m.take("rn"), flushes = m.take("ftz");
    Type type = m.type();
    if ((isRounded && type.kind != 'f') || (flushes && !matches<float>(type)))
        m.fail("not known for this type");
    m.emit(flushes ? call<&Flushed<&Op::template of<float>>::of>() : overNumbers<Op>(type));
}

template <class Op> void integers(Modifiers& m) { m.emit(overIntegers<Op>(m.type())); }
template <class Op> void floats(Modifiers& m) { m.emit(overFloats<Op>(m.type())); }

template <class Op> void bitwise(Modifiers& m) {
    Type type = m.type();
    if (type.kind != 'b' && type.kind != 'p')
        m.fail("not known for this type");
    m.emit(overBits<Op>(type));
}

template <class Op, class OrNan> void extremum(Modifiers& m) {
    bool flushes = m.take("ftz"), isNan = m.take("NaN");
    Type type = m.type();
    if (flushes && !matches<float>(type))
        m.fail("not known for this type");
    if (isNan)
        m.emit(flushes ? call<&Flushed<&OrNan::template of<float>>::of>() : overFloats<OrNan>(type));
    else
        m.emit(flushes ? call<&Flushed<&Op::template of<float>>::of>() : overNumbers<Op>(type));
}

// Functions of floats: exact (.rn) where there is such a form, or approximate. The approximations here are more exact than a card's.
template <class Op, bool hasExact> void function(Modifiers& m) {
    bool isExact = hasExact && m.take("rn");
    if (!isExact)
        m.need("approx");
    bool flushes = m.take("ftz");
    Type type = m.type();
    if (matches<float>(type))
        m.emit(flushes ? call<&Flushed<&Op::template of<float>>::of>() : call<&Op::template of<float>>());
    else if (matches<double>(type) && flushes && (m.name == "rcp" || m.name == "rsqrt"))
        m.emit(call<&upperHalf<Op>>());
    else if (matches<double>(type) && !flushes && (isExact || m.name == "rsqrt"))
        m.emit(call<&Op::template of<double>>());
    else
        m.fail("not known for this type");
}

void divide(Modifiers& m) {
    if (m.take("approx") || m.take("full")) {
        bool flushes = m.take("ftz");
        m.need("f32");
        m.emit(flushes ? call<&Flushed<&Divide::of<float>>::of>() : call<&Divide::of<float>>());
    } else {
        arithmetic<Divide>(m);
    }
}

void multiply(Modifiers& m) {
    if (m.take("wide"))
        m.emit(select<int16_t, uint16_t, int32_t, uint32_t>(m.type(), [](auto tag) {
            return call<&multiplyWide<typename decltype(tag)::type>>();
        }));
    else if (m.take("hi"))
        integers<MultiplyHigh>(m);
    else if (m.take("lo"))
        integers<Multiply>(m);
    else {
        bool isRounded = m.take("rn"), flushes = m.take("ftz");
        (void)isRounded;
        m.emit(flushes ? (m.need("f32"), call<&Flushed<&Multiply::of<float>>::of>()) : overFloats<Multiply>(m.type()));
    }
}

void fusedMultiplyAdd(Modifiers& m) {
    m.need("rn");
    bool flushes = m.take("ftz");
    m.emit(flushes ? (m.need("f32"), call<&Flushed<&MultiplyAdd::of<float>>::of>()) : overFloats<MultiplyAdd>(m.type()));
}

void multiplyAdd(Modifiers& m) {
    if (m.take("wide"))
        m.emit(select<int16_t, uint16_t, int32_t, uint32_t>(m.type(), [](auto tag) {
            return call<&multiplyAddWide<typename decltype(tag)::type>>();
        }));
    else if (m.take("hi"))
        integers<MultiplyAddHigh>(m);
    else if (m.take("lo"))
        integers<MultiplyAdd>(m);
    else
        fusedMultiplyAdd(m);
}

void shiftLeft(Modifiers& m) {
    Type type = m.type();
    m.emit(type.kind == 'b' ? overBits<ShiftLeft>(type) : Call());
}

void choose(Modifiers& m) { m.emit(overBits<Choose>(m.type())); }

void shiftRight(Modifiers& m) { m.emit(overIntegers<ShiftRight>(m.type())); }

void funnelShift(Modifiers& m) {
    bool left = m.takeOne({"l", "r"}) == 0, wraps = m.takeOne({"clamp", "wrap"}) == 1;
    m.need("b32");
    m.emit(left ? wraps ? call<&funnelShift<true, true>>() : call<&funnelShift<true, false>>()
                : wraps ? call<&funnelShift<false, true>>() : call<&funnelShift<false, false>>());
}

template <uint32_t (*Narrow)(uint32_t), uint32_t (*Wide)(uint64_t)> void countBits(Modifiers& m) {
    m.takeOne({"b32", "b64"}) == 0 ? m.emit(call<Narrow>()) : m.emit(call<Wide>());
}

void reverseBits(Modifiers& m) { m.takeOne({"b32", "b64"}) == 0 ? m.emit(call<&reverseBits<uint32_t>>()) : m.emit(call<&reverseBits<uint64_t>>()); }

void extractBits(Modifiers& m) {
    m.emit(select<int32_t, uint32_t, int64_t, uint64_t>(m.type(), [](auto tag) { return call<&extractBits<typename decltype(tag)::type>>(); }));
}

void insertBits(Modifiers& m) { m.takeOne({"b32", "b64"}) == 0 ? m.emit(call<&insertBits<uint32_t>>()) : m.emit(call<&insertBits<uint64_t>>()); }

void permute(Modifiers& m) {
    m.need("b32");
    m.emit(call<&permuteBytes>());
}

void lookup(Modifiers& m) {
    m.need("b32");
    m.emit(call<&lookup3>());
}

// ---- Conversions

enum Rounding { Exact, Nearest, NearestInteger, Zero, Down, Up };

template <class To, class From, Rounding R> To convert(From x) {
    if constexpr (std::is_floating_point_v<From>) {
        if constexpr (R == NearestInteger)
            x = std::nearbyint(x);
        if constexpr (R == Zero)
            x = std::trunc(x);
        if constexpr (R == Down)
            x = std::floor(x);
        if constexpr (R == Up)
            x = std::ceil(x);
        if constexpr (std::is_integral_v<To>) {
            if (x != x)
                return sizeof(From) == 8 || sizeof(To) == 8 ? To(uint64_t(1) << (width<To> - 1)) : To(0);
            using Limits = std::numeric_limits<To>;
            if (x <= From(Limits::min()))
                return Limits::min();
            if (x >= From(Limits::max()))
                return Limits::max();
            return To(x);
        } else {
            return canonical(To(x));
        }
    } else {
        return To(x);
    }
}

template <class To, class From> To saturate(From x) {
    using Limits = std::numeric_limits<To>;
    auto wide = __int128(x);
    return To(std::min<__int128>(std::max<__int128>(wide, Limits::min()), Limits::max()));
}

#define ALL_INTEGERS int8_t, uint8_t, INTEGERS

template <class From> Call conversionFrom(Modifiers& m, Type to, Rounding rounding, bool saturates) {
    return select<ALL_INTEGERS, FLOATS>(to, [&](auto tag) {
        using To = typename decltype(tag)::type;
        constexpr bool fromFloat = std::is_floating_point_v<From>, toFloat = std::is_floating_point_v<To>;
        if constexpr (!fromFloat && !toFloat) {
            if (rounding == Exact)
                return saturates ? call<&saturate<To, From>>() : call<&convert<To, From, Exact>>();
        } else if (saturates) {
            m.fail(".sat is known between integers only");
        } else if constexpr (!fromFloat || (toFloat && sizeof(To) < sizeof(From))) {
            if (rounding == Nearest)
                return call<&convert<To, From, Nearest>>();
        } else if constexpr (toFloat && sizeof(To) > sizeof(From)) {
            if (rounding == Exact)
                return call<&convert<To, From, Exact>>();
        } else {
            switch (rounding) {
            case NearestInteger: return call<&convert<To, From, NearestInteger>>();
            case Zero: return call<&convert<To, From, Zero>>();
            case Down: return call<&convert<To, From, Down>>();
            case Up: return call<&convert<To, From, Up>>();
            default: break;
            }
        }
        return Call();
    });
}

void convertType(Modifiers& m) {
    if (m.take("rna")) {
        m.need("tf32");
        m.need("f32");
        return m.emit(call<&roundToTf32>());
    }
    Rounding rounding = m.take("rn") ? Nearest : m.take("rni") ? NearestInteger : m.take("rzi") ? Zero
        : m.take("rmi") ? Down : m.take("rpi") ? Up : Exact;
    bool saturates = m.take("sat");
    Type to = m.type(), from = m.type();
    if (to.kind == 'b' || from.kind == 'b')
        m.fail("not known for this type");
    m.emit(select<ALL_INTEGERS, FLOATS>(from, [&](auto tag) {
        return conversionFrom<typename decltype(tag)::type>(m, to, rounding, saturates);
    }), true);
}

// ---- Moves

template <class Part, class Whole> const Instruction* pack(Thread& thread, const Instruction* i) {
    Whole whole = 0;
    for (size_t k = 0; k < i->list.size(); k++)
        whole |= Whole(get<Part>(thread, i->list[k])) << (k * width<Part>);
    set(thread, i->d, whole);
    return i + 1;
}

template <class Part, class Whole> const Instruction* unpack(Thread& thread, const Instruction* i) {
    auto whole = get<Whole>(thread, i->s[0]);
    for (size_t k = 0; k < i->list.size(); k++)
        set(thread, i->list[k], Part(whole >> (k * width<Part>)));
    return i + 1;
}

void move(Modifiers& m) {
    Type type = m.type();
    bool packs = m.count() == 2 && m[1].kind == Operand::List, unpacks = m.count() == 2 && m[0].kind == Operand::List;
    if (!packs && !unpacks)
        return m.emit(overBits<Move>(type));
    const auto& list = m[packs ? 1 : 0].list;
    Instruction instruction;
    bool isPair = list.size() == 2, isQuad = list.size() == 4 && type.bytes == 8;
    if (type.kind != 'b' || type.bytes < 4 || (!isPair && !isQuad))
        m.fail("unknown form of a vector");
    if (isQuad)
        instruction.step = packs ? pack<uint16_t, uint64_t> : unpack<uint16_t, uint64_t>;
    else if (type.bytes == 8)
        instruction.step = packs ? pack<uint32_t, uint64_t> : unpack<uint32_t, uint64_t>;
    else
        instruction.step = packs ? pack<uint16_t, uint32_t> : unpack<uint16_t, uint32_t>;
    Type part{'b', uint8_t(type.bytes / list.size())};
    for (const auto& element : list)
        instruction.list.push_back(packs ? m.reader.source(element, part) : m.reader.destination(element, part));
    if (packs)
        instruction.d = m.reader.destination(m[0], type);
    else
        instruction.s[0] = m.reader.source(m[1], type);
    m.done(2);
    m.reader.emit(instruction);
}

struct ToShared { static uint64_t of(uint64_t a) { return a - sharedWindow; } };
struct FromShared { static uint64_t of(uint64_t a) { return a + sharedWindow; } };
struct ToLocal { static uint64_t of(uint64_t a) { return a - localWindow; } };
struct FromLocal { static uint64_t of(uint64_t a) { return a + localWindow; } };

void convertAddress(Modifiers& m) {
    bool toSpace = m.take("to");
    size_t space = m.takeOne({"global", "const", "shared", "local"});
    m.need("u64");
    if (space < 2)
        m.emit(call<&Move::of<uint64_t>>());
    else if (space == 2)
        m.emit(toSpace ? call<&ToShared::of>() : call<&FromShared::of>());
    else
        m.emit(toSpace ? call<&ToLocal::of>() : call<&FromLocal::of>());
}

// ---- Memory

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
    size_t operation = m.takeOne({"add", "min", "max", "and", "or", "xor", "exch", "cas", "inc", "dec"});
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
    case 7:
        instruction.step = select<uint32_t, uint64_t>(type, [&](auto tag) {
            using Value = typename decltype(tag)::type;
            return selectSpace(space, [](auto in) -> Step { return compareAndSwap<Value, decltype(in)::value>; });
        });
        break;
    case 8: instruction.step = isBits ? nullptr : atomicStep<Increment, uint32_t>(type, space); break;
    default: instruction.step = isBits ? nullptr : atomicStep<Decrement, uint32_t>(type, space); break;
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

// ---- Control

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

    Function& function = m.reader.callee(m[at].name);
    auto copy = [&](const std::vector<Parameter>& to, const std::vector<Parameter>& from) {
        Instruction instruction;
        instruction.step = copyParameters;
        if (to.size() != from.size())
            m.fail("another number of parameters");
        for (size_t k = 0; k < to.size(); k++) {
            if (to[k].bytes != from[k].bytes)
                m.fail("a parameter of another size");
            instruction.list.insert(instruction.list.end(), {to[k].offset, from[k].offset, to[k].bytes});
        }
        m.reader.emit(instruction);
    };
    copy(function.parameters, arguments);
    Instruction instruction;
    instruction.step = callStep;
    m.reader.emit(instruction);
    m.reader.call(function);
    copy(results, function.results);
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

template <class T, class Op> void warpReduce(Warp& warp, const Instruction* i) {
    bool isFirst = true;
    T result = 0;
    for (uint32_t lane = 0; lane < warpSize; lane++)
        if (warp.arrived >> lane & 1) {
            T value = get<T>(*warp.lanes[lane], i->s[0]);
            result = isFirst ? value : Op::of(result, value);
            isFirst = false;
        }
    for (uint32_t lane = 0; lane < warpSize; lane++)
        if (warp.arrived >> lane & 1)
            set(*warp.lanes[lane], i->d, result);
}

void reduceWarp(Modifiers& m) {
    m.need("sync");
    size_t operation = m.takeOne({"add", "min", "max", "and", "or", "xor"});
    size_t type = m.takeOne({"b32", "u32", "s32"});
    if ((operation < 3) != (type > 0))
        m.fail("not known for this type");
    m.done(3);
    const Collective modes[] = {
        warpReduce<uint32_t, Add>, type == 1 ? warpReduce<uint32_t, Minimum> : warpReduce<int32_t, Minimum>,
        type == 1 ? warpReduce<uint32_t, Maximum> : warpReduce<int32_t, Maximum>,
        warpReduce<uint32_t, And>, warpReduce<uint32_t, Or>, warpReduce<uint32_t, Xor>};
    Instruction instruction;
    instruction.d = m.reader.destination(m[0], {'b', 4});
    instruction.s[0] = m.reader.source(m[1], {'b', 4});
    collective(m, instruction, modes[operation], m.reader.source(m[2], {'b', 4}));
}

// mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 d, a, b, c
void multiplyMatrices(Modifiers& m) {
    for (const char* part : {"sync", "aligned"})
        m.need(part);
    bool isShort = m.takeOne({"m16n8k8", "m16n8k4"}) == 1;
    for (const char* part : {"row", "col", "f32", "tf32", "tf32", "f32"})
        m.need(part);
    m.done(4);
    const size_t counts[] = {4, isShort ? 2u : 4u, isShort ? 1u : 2u, 4};
    Instruction instruction;
    for (size_t k = 0; k < 4; k++) {
        if (m[k].kind != Operand::List || m[k].list.size() != counts[k])
            m.fail("a fragment of another size");
        for (const auto& element : m[k].list)
            instruction.list.push_back(k == 0 ? m.reader.destination(element, {'f', 4}) : m.reader.source(element, {'b', 4}));
    }
    collective(m, instruction, isShort ? warpMultiplyMatrices<4> : warpMultiplyMatrices<8>, m.reader.constant(0xFFFFFFFF));
}

// ---- Names

using Decode = void (*)(Modifiers&);

const std::unordered_map<std::string, Decode> decoders = {
    {"add", arithmetic<Add>}, {"sub", arithmetic<Subtract>}, {"mul", multiply}, {"mad", multiplyAdd}, {"fma", fusedMultiplyAdd},
    {"div", divide}, {"rem", integers<Remainder>}, {"neg", arithmetic<Negate>}, {"abs", arithmetic<Absolute>},
    {"min", extremum<Minimum, MinimumOrNan>}, {"max", extremum<Maximum, MaximumOrNan>},
    {"sqrt", function<SquareRoot, true>}, {"rcp", function<Reciprocal, true>}, {"rsqrt", function<ReciprocalRoot, false>},
    {"ex2", function<Exponential2, false>}, {"lg2", function<Logarithm2, false>}, {"sin", function<Sine, false>},
    {"cos", function<Cosine, false>}, {"tanh", function<HyperbolicTangent, false>}, {"copysign", floats<CopySign>},
    {"and", bitwise<And>}, {"or", bitwise<Or>}, {"xor", bitwise<Xor>}, {"not", bitwise<Not>},
    {"shl", shiftLeft}, {"shr", shiftRight}, {"shf", funnelShift}, {"bfe", extractBits}, {"bfi", insertBits},
    {"popc", countBits<countOnes<uint32_t>, countOnes<uint64_t>>}, {"brev", reverseBits}, {"prmt", permute}, {"lop3", lookup},
    {"clz", countBits<countLeadingZeros<uint32_t>, countLeadingZeros<uint64_t>>},
    {"setp", setPredicate}, {"selp", choose}, {"testp", testProperty}, {"cvt", convertType}, {"mov", move}, {"cvta", convertAddress},
    {"ld", load}, {"st", store}, {"atom", atomicOperation}, {"red", atomicOperation},
    {"bra", branch}, {"brx", branchIndex}, {"call", callFunction}, {"ret", control<returnStep>}, {"exit", control<exitStep>},
    {"trap", control<trapStep>}, {"membar", memoryBarrier}, {"fence", memoryBarrier},
    {"bar", barrier}, {"barrier", barrier}, {"shfl", shuffle}, {"vote", vote}, {"redux", reduceWarp}, {"mma", multiplyMatrices},
};

const Instruction* skipUnless(Thread& thread, const Instruction* i) { return get<bool>(thread, i->s[0]) ? i + 1 : i->target; }
const Instruction* skipWhere(Thread& thread, const Instruction* i) { return get<bool>(thread, i->s[0]) ? i->target : i + 1; }

}

Step guard(bool wanted) { return wanted ? skipUnless : skipWhere; }
Step endOfFunction() { return returnStep; }

void decode(Reader& reader, const Statement& statement) {
    Modifiers modifiers(reader, statement);
    auto decoder = decoders.find(modifiers.name);
    if (decoder == decoders.end())
        reader.fail("unknown instruction " + statement.opcode);
    decoder->second(modifiers);
}

}
