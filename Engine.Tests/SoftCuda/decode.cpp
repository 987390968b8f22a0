#include "decode.h"

namespace softcuda {
namespace {

const Instruction* skipUnless(Thread& thread, const Instruction* i) { return get<bool>(thread, i->s[0]) ? i + 1 : i->target; }
const Instruction* skipWhere(Thread& thread, const Instruction* i) { return get<bool>(thread, i->s[0]) ? i->target : i + 1; }

const Decoders& decoders() {
    static const Decoders all = [] {
        Decoders decoders;
        addArithmetic(decoders);
        addMemory(decoders);
        addControl(decoders);
        return decoders;
    }();
    return all;
}

}

Step guard(bool wanted) { return wanted ? skipUnless : skipWhere; }

void decode(Reader& reader, const Statement& statement) {
    Modifiers modifiers(reader, statement);
    auto decoder = decoders().find(modifiers.name);
    if (decoder == decoders().end())
        reader.fail("unknown instruction " + statement.opcode);
    decoder->second(modifiers);
}

}
