// What elementwise instructions compute, as PTX defines it: functions of C++ values, a structure for each with a member `of`.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace softcuda {

template <class To, class From> To bitsAs(From from) {
    static_assert(sizeof(To) == sizeof(From));
    To to;
    std::memcpy(&to, &from, sizeof to);
    return to;
}

// Every not-a-number that arithmetic on 32-bit floats gives is this one.
inline float canonical(float x) { return x != x ? bitsAs<float>(0x7FFFFFFFu) : x; }
inline double canonical(double x) { return x; }

inline float flush(float x) { return std::fpclassify(x) == FP_SUBNORMAL ? std::copysign(0.f, x) : x; }

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
#undef OPERATION

// Double precision approximations have the upper half of their bits only.
template <class Op> double upperHalf(double a) { return bitsAs<double>(bitsAs<uint64_t>(Op::of(a)) & 0xFFFFFFFF00000000u); }

}
