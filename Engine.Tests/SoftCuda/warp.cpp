// What the lanes of a warp do together.
#include "ptx.h"

#include <cmath>

namespace softcuda {
namespace {

constexpr uint32_t undefinedValue = 0xFFFFFFFF;

template <class Do> void forArrived(Warp& warp, Do act) {
    for (uint32_t lane = 0; lane < warpSize; lane++)
        if (warp.arrived >> lane & 1)
            act(lane, *warp.lanes[lane]);
}

}

void warpBarrier(Warp& warp, const Instruction*) {
    forArrived(warp, [](uint32_t lane, Thread& thread) {
        if (Block& block = *thread.block; !block.warpBarriers.empty())
            block.warpBarriers[(thread.index - lane) / warpSize] = ++block.barrierCount;
    });
}

template <int mode> void warpShuffle(Warp& warp, const Instruction* i) {
    uint32_t values[warpSize];
    for (uint32_t lane = 0; lane < warpSize; lane++)
        values[lane] = warp.arrived >> lane & 1 ? get<uint32_t>(*warp.lanes[lane], i->s[0]) : undefinedValue;
    forArrived(warp, [&](uint32_t lane, Thread& thread) {
        auto distance = int(get<uint32_t>(thread, i->s[1]) & 31);
        auto bounds = get<uint32_t>(thread, i->s[2]);
        uint32_t segment = bounds >> 8 & 31, clamp = bounds & 31;
        auto last = int((lane & segment) | (clamp & ~segment)), first = int(lane & segment);
        int from = mode == 0 ? first | (distance & int(~segment)) : mode == 1 ? int(lane) - distance
            : mode == 2      ? int(lane) + distance                           : int(lane) ^ distance;
        bool isInside = mode == 1 ? from >= last : from <= last;
        set(thread, i->d, values[isInside ? from : int(lane)]);
        set(thread, i->d2, isInside);
    });
}

template void warpShuffle<0>(Warp&, const Instruction*);
template void warpShuffle<1>(Warp&, const Instruction*);
template void warpShuffle<2>(Warp&, const Instruction*);
template void warpShuffle<3>(Warp&, const Instruction*);

template <int mode> void warpVote(Warp& warp, const Instruction* i) {
    uint32_t ballot = 0;
    forArrived(warp, [&](uint32_t lane, Thread& thread) { ballot |= uint32_t(get<bool>(thread, i->s[0])) << lane; });
    bool all = ballot == warp.arrived, any = ballot != 0;
    forArrived(warp, [&](uint32_t, Thread& thread) {
        if (mode == 3)
            set(thread, i->d, ballot);
        else
            set(thread, i->d, mode == 0 ? all : mode == 1 ? any : all || !any);
    });
}

template void warpVote<0>(Warp&, const Instruction*);
template void warpVote<1>(Warp&, const Instruction*);
template void warpVote<2>(Warp&, const Instruction*);
template void warpVote<3>(Warp&, const Instruction*);

// D = A B + C for A of 16 x 8 and B of 8 x 8, in tf32: the low 13 bits of the inputs are ignored, as the hardware does. Products are
// summed in double precision and rounded once; the order and the roundings of a card's sum are not specified.
void warpMultiplyMatrices(Warp& warp, const Instruction* i) {
    constexpr int k = 8, perLaneA = 4, perLaneB = 2;
    float a[16][k], b[k][8];
    auto tf32 = [](Thread& thread, uint32_t from) {
        uint32_t bits = get<uint32_t>(thread, from) & ~0x1FFFu;
        float value;
        std::memcpy(&value, &bits, sizeof value);
        return value;
    };
    if (warp.arrived != 0xFFFFFFFF)
        for (auto* lane : warp.lanes)
            if (lane && lane->state == State::AtCollective)
                fault(*lane, i, launchFailed, "mma needs all lanes of the warp");
    const uint32_t* d = i->list.data();
    const uint32_t *fromA = d + 4, *fromB = fromA + perLaneA, *fromC = fromB + perLaneB;
    forArrived(warp, [&](uint32_t lane, Thread& thread) {
        uint32_t group = lane / 4, member = lane % 4;
        for (int part = 0; part < perLaneA; part++)
            a[group + 8 * (part & 1)][member + 4 * (part >> 1)] = tf32(thread, fromA[part]);
        for (int part = 0; part < perLaneB; part++)
            b[member + 4 * part][group] = tf32(thread, fromB[part]);
    });
    forArrived(warp, [&](uint32_t lane, Thread& thread) {
        float results[4];
        for (int part = 0; part < 4; part++) {
            uint32_t row = lane / 4 + 8 * (part >> 1), column = lane % 4 * 2 + (part & 1);
            double sum = get<float>(thread, fromC[part]);
            for (int inner = 0; inner < k; inner++)
                sum += double(a[row][inner]) * b[inner][column];
            results[part] = float(sum);
        }
        for (int part = 0; part < 4; part++)
            set(thread, d[part], results[part]);
    });
}

}
