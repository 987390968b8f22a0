// Arithmetic, comparisons, conversions and moves.
#include "decode.h"

#include <limits>

namespace softcuda {
namespace {

// ---- Numbers

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
#undef TEST

template <class Op> Call overUnsigned(Type type) { return type.kind == 'u' ? overIntegers<Op>(type) : Call(); }

const std::map<std::string, Call (*)(Type)> comparisons = {
    {"eq", overNumbers<Equal>}, {"ne", overNumbers<NotEqual>}, {"lt", overNumbers<Less>}, {"le", overNumbers<LessOrEqual>},
    {"gt", overNumbers<Greater>}, {"ge", overNumbers<GreaterOrEqual>},
    {"lo", overUnsigned<Less>}, {"ls", overUnsigned<LessOrEqual>}, {"hi", overUnsigned<Greater>}, {"hs", overUnsigned<GreaterOrEqual>},
    {"equ", overFloats<OrUnordered<Equal>>}, {"neu", overFloats<OrUnordered<NotEqual>>}, {"ltu", overFloats<OrUnordered<Less>>},
    {"leu", overFloats<OrUnordered<LessOrEqual>>}, {"gtu", overFloats<OrUnordered<Greater>>},
    {"geu", overFloats<OrUnordered<GreaterOrEqual>>}, {"num", overFloats<AreNumbers>}, {"nan", overFloats<IsUnordered>},
};

const std::map<std::string, Call (*)(Type)> tests = {
    {"finite", overFloats<IsFinite>}, {"infinite", overFloats<IsInfinite>},
    {"number", overFloats<IsNumber>}, {"notanumber", overFloats<IsNan>},
};

// setp.cmp{.and|or|xor}.type p{|q}, a, b{, {!}c}
void setPredicate(Modifiers& m) {
    auto* compareOver = m.takeOne(comparisons);
    int combine = m.take("and") ? 1 : m.take("or") ? 2 : m.take("xor") ? 3 : 0;
    Type type = m.type();
    Call call = compareOver(type);
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
    auto* testOver = m.takeOne(tests);
    m.emit(testOver(m.type()));
}

// ---- Arithmetic

template <class Op> void integers(Modifiers& m) { m.emit(overIntegers<Op>(m.type())); }

// Floats rounded to nearest, subnormal ones flushed to zero with .ftz.
template <class Op> void floats(Modifiers& m) {
    m.take("rn");
    bool flushes = m.take("ftz");
    Type type = m.type();
    if (flushes && !matches<float>(type))
        m.fail("not known for this type");
    m.emit(flushes ? call<&Flushed<&Op::template of<float>>::of>() : overFloats<Op>(type));
}

template <class Op> void arithmetic(Modifiers& m) { m.isOfFloats() ? floats<Op>(m) : integers<Op>(m); }

template <class Op> void bitwise(Modifiers& m) {
    Type type = m.type();
    if (type.kind != 'b' && type.kind != 'p')
        m.fail("not known for this type");
    m.emit(overBits<Op>(type));
}

template <class Op, class OrNan> void extremum(Modifiers& m) {
    if (m.take("NaN"))
        m.emit(overFloats<OrNan>(m.type()));
    else
        arithmetic<Op>(m);
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
        floats<Divide>(m);
    } else {
        if (m.isOfFloats())
            m.need("rn");
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
    else
        floats<Multiply>(m);
}

void fusedMultiplyAdd(Modifiers& m) {
    m.need("rn");
    floats<MultiplyAdd>(m);
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

template <uint32_t (*Narrow)(uint32_t), uint32_t (*Wide)(uint64_t)> void countBits(Modifiers& m) {
    m.takeOne({"b32", "b64"}) == 0 ? m.emit(call<Narrow>()) : m.emit(call<Wide>());
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

}

void addArithmetic(Decoders& decoders) {
    decoders.insert({
        {"add", arithmetic<Add>}, {"sub", arithmetic<Subtract>}, {"mul", multiply}, {"mad", multiplyAdd}, {"fma", fusedMultiplyAdd},
        {"div", divide}, {"rem", integers<Remainder>}, {"neg", arithmetic<Negate>}, {"abs", arithmetic<Absolute>},
        {"min", extremum<Minimum, MinimumOrNan>}, {"max", extremum<Maximum, MaximumOrNan>},
        {"sqrt", function<SquareRoot, true>}, {"rcp", function<Reciprocal, true>}, {"rsqrt", function<ReciprocalRoot, false>},
        {"ex2", function<Exponential2, false>}, {"lg2", function<Logarithm2, false>}, {"sin", function<Sine, false>},
        {"cos", function<Cosine, false>}, {"tanh", function<HyperbolicTangent, false>}, {"copysign", floats<CopySign>},
        {"and", bitwise<And>}, {"or", bitwise<Or>}, {"xor", bitwise<Xor>}, {"not", bitwise<Not>}, {"shl", shiftLeft}, {"shr", shiftRight},
        {"popc", countBits<countOnes<uint32_t>, countOnes<uint64_t>>},
        {"clz", countBits<countLeadingZeros<uint32_t>, countLeadingZeros<uint64_t>>},
        {"setp", setPredicate}, {"selp", choose}, {"testp", testProperty}, {"cvt", convertType}, {"mov", move}, {"cvta", convertAddress},
    });
}

}
