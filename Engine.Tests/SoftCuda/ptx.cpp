#include "ptx.h"

#include <algorithm>
#include <cctype>
#include <stdexcept>

namespace softcuda {
namespace {

constexpr int invalidPtx = 218, noBinaryForGpu = 209, outOfMemory = 2, unsupportedVersion = 222;

const std::map<std::string, SpecialRegister> specialRegisters = {
    {"%tid.x", TidX}, {"%tid.y", TidY}, {"%tid.z", TidZ},
    {"%ntid.x", NtidX}, {"%ntid.y", NtidY}, {"%ntid.z", NtidZ},
    {"%ctaid.x", CtaidX}, {"%ctaid.y", CtaidY}, {"%ctaid.z", CtaidZ},
    {"%nctaid.x", NctaidX}, {"%nctaid.y", NctaidY}, {"%nctaid.z", NctaidZ},
    {"%laneid", LaneId}, {"%warpid", WarpId}, {"%dynamic_smem_size", DynamicSharedBytes},
};

uint32_t alignUp(uint64_t offset, uint64_t alignment) {
    return uint32_t((offset + alignment - 1) / alignment * alignment);
}

bool isWordPart(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '$' || c == '%' || c == '.'; }

}

bool parseType(const std::string& name, Type& type) {
    if (name == "pred") {
        type = {'p', 1};
        return true;
    }
    static const std::vector<std::string> names = {"b8", "b16", "b32", "b64", "u8", "u16", "u32", "u64",
                                                   "s8", "s16", "s32", "s64", "f32", "f64"};
    if (std::find(names.begin(), names.end(), name) == names.end())
        return false;
    type = {name[0], uint8_t(std::stoi(name.substr(1)) / 8)};
    return true;
}

std::unique_ptr<Module> translate(const char* text, const void* owner) { return Reader(text, owner).read(); }

Reader::Reader(const char* text, const void* owner) : owner(owner), module(std::make_unique<Module>()) {
    module->registers.resize(SpecialRegisters, ~0ull);
    scopes.emplace_back();
    scan(text);
}

void Reader::fail(const std::string& message) const { failAtLine(now().line, message); }

void Reader::failAt(size_t instruction, const std::string& message) const { failAtLine(module->code[instruction].line, message); }

void Reader::failAtLine(uint32_t line, const std::string& message) const {
    std::string text = line <= module->lines.size() ? module->lines[line - 1] : "";
    throw PtxError{invalidPtx, "PTX line " + std::to_string(line) + ": " + message + "\n    " + text};
}

// ---- Words and marks

void Reader::scan(const char* text) {
    uint32_t line = 1;
    const char* startOfLine = text;
    auto endLine = [&](const char* at) {
        module->lines.emplace_back(startOfLine, at);
        startOfLine = at + 1;
        line++;
    };
    const char* c = text;
    while (*c) {
        if (*c == '\n') {
            endLine(c++);
        } else if (std::isspace(static_cast<unsigned char>(*c))) {
            c++;
        } else if (c[0] == '/' && c[1] == '/') {
            while (*c && *c != '\n')
                c++;
        } else if (c[0] == '/' && c[1] == '*') {
            for (c += 2; *c && !(c[0] == '*' && c[1] == '/'); c++)
                if (*c == '\n')
                    endLine(c);
            c += *c ? 2 : 0;
        } else if (*c == '"') {
            const char* end = std::strchr(c + 1, '"');
            if (!end)
                end = c + std::strlen(c) - 1;
            tokens.push_back({Token::Text, std::string(c + 1, end), line});
            c = end + 1;
        } else if (isWordPart(*c)) {
            const char* start = c;
            while (isWordPart(*c) || (c[0] == ':' && c[1] == ':' && c++))
                c++;
            tokens.push_back({Token::Word, std::string(start, c), line});
        } else {
            tokens.push_back({Token::Mark, std::string(1, *c++), line});
        }
    }
    module->lines.emplace_back(startOfLine);
    tokens.push_back({Token::End, "", line});
}

bool Reader::accept(const char* text) {
    if (!at(text))
        return false;
    next();
    return true;
}

void Reader::expect(const char* text) {
    if (!accept(text))
        fail(std::string("expected ") + text + ", found " + (now().kind == Token::End ? "the end" : now().text));
}

std::string Reader::word() {
    if (now().kind != Token::Word)
        fail("expected a name, found " + now().text);
    return next().text;
}

uint64_t Reader::integer() {
    bool isNegative = accept("-");
    Operand value = number(isNegative);
    if (value.kind != Operand::Integer)
        fail("expected an integer");
    return value.bits;
}

Operand Reader::number(bool isNegative) {
    std::string text = word();
    Operand result;
    try {
        size_t used = 0;
        if (text.size() == 10 && text[0] == '0' && (text[1] == 'f' || text[1] == 'F')) {
            result.kind = Operand::Float32;
            result.bits = std::stoull(text.substr(2), &used, 16) ^ (isNegative ? 1ull << 31 : 0);
            used += 2;
        } else if (text.size() == 18 && text[0] == '0' && (text[1] == 'd' || text[1] == 'D')) {
            result.kind = Operand::Float64;
            result.bits = std::stoull(text.substr(2), &used, 16) ^ (isNegative ? 1ull << 63 : 0);
            used += 2;
        } else {
            result.kind = Operand::Integer;
            result.bits = std::stoull(text, &used, 0) * (isNegative ? -1 : 1);
            if (used + 1 == text.size() && text.back() == 'U')
                used++;
        }
        if (used != text.size())
            throw std::invalid_argument(text);
    } catch (const std::logic_error&) {
        fail("unknown number " + text);
    }
    return result;
}

// ---- Declarations

std::unique_ptr<Module> Reader::read() {
    if (!accept(".version"))
        throw PtxError{200, "not the text of a PTX module"};
    if (std::string version = word(); std::strtod(version.c_str(), nullptr) > 8.4)
        throw PtxError{unsupportedVersion, "PTX " + version + " needs a newer driver than that of CUDA 12.4"};
    bool isExtern = false;
    while (now().kind != Token::End) {
        if (accept(".target")) {
            std::string target = word();
            if (target.rfind("sm_", 0) != 0 || std::strtol(target.c_str() + 3, nullptr, 10) > 90)
                throw PtxError{noBinaryForGpu, "target " + target + " is not for a device of compute capability 9.0"};
            while (accept(","))
                if (std::string option = word(); option != "debug")
                    fail("unknown target " + option);
        } else if (accept(".address_size")) {
            if (integer() != 64)
                fail("only addresses of 64 bits are known");
        } else if (accept(".file")) {
            integer();
            next();
            while (accept(","))
                integer();
        } else if (at(".visible") || at(".weak") || at(".extern")) {
            isExtern = next().text == ".extern";
            continue;
        } else if (at(".entry") || at(".func")) {
            function(next().text == ".entry");
        } else if (at(".global") || at(".const") || at(".shared")) {
            variable(word(), isExtern);
        } else {
            fail("unknown declaration " + now().text);
        }
        isExtern = false;
    }
    link();
    return std::move(module);
}

void Reader::function(bool isEntry) {
    std::map<std::string, Symbol> names;
    uint32_t& bytes = module->parameterBytes;
    uint32_t start = bytes = alignUp(bytes, 16);
    std::vector<Parameter> results;
    if (at("("))
        results = parameterList(names, bytes);
    std::string name = word();
    std::vector<Parameter> parameters;
    if (at("("))
        parameters = parameterList(names, bytes);

    auto& function = module->functions[name];
    if (!function)
        function = std::make_unique<Function>();
    if (function->isDefined)
        fail("a second " + name);
    function->name = name;
    function->isEntry = isEntry;
    function->parameters = parameters;
    function->results = results;
    function->module = module.get();
    function->parameterStart = start;
    function->parameterBytes = bytes - start;

    while (!at("{") && !at(";")) {
        std::string directive = word();
        if (directive == ".maxntid") {
            uint64_t threads = integer();
            while (accept(","))
                threads *= integer();
            function->maxThreads = uint32_t(std::min<uint64_t>(threads, 1024));
        } else if (directive == ".minnctapersm" || directive == ".maxnreg") {
            integer();
        } else if (directive != ".noreturn") {
            fail("unknown directive " + directive);
        }
    }
    if (accept(";"))
        return;

    function->isDefined = true;
    function->firstInstruction = module->code.size();
    labels.clear();
    tables.clear();
    branches.clear();
    tableBranches.clear();
    scopes.push_back(names);
    body();
    scopes.pop_back();
    Instruction end;
    end.step = endOfFunction();
    emit(end);
    resolveBranches();
}

std::vector<Parameter> Reader::parameterList(std::map<std::string, Symbol>& names, uint32_t& bytes) {
    std::vector<Parameter> parameters;
    expect("(");
    while (!accept(")")) {
        expect(".param");
        parameters.push_back(declareParameter(names, bytes));
        if (!at(")"))
            expect(",");
    }
    return parameters;
}

Parameter Reader::declareParameter(std::map<std::string, Symbol>& names, uint32_t& bytes) {
    uint64_t alignment = accept(".align") ? integer() : 0;
    Type type;
    if (std::string name = word(); name[0] != '.' || !parseType(name.substr(1), type))
        fail("unknown type " + name);
    std::string name = word();
    uint64_t size = type.bytes;
    while (accept("[")) {
        size *= integer();
        expect("]");
    }
    Parameter parameter{alignUp(bytes, std::max<uint64_t>(alignment, type.bytes)), uint32_t(size)};
    bytes = parameter.offset + parameter.bytes;
    names[name] = {SymbolKind::Parameter, parameter.bytes, parameter.offset};
    return parameter;
}

// A variable of device, shared or local memory, after the name of its space.
void Reader::variable(const std::string& space, bool isExtern) {
    uint64_t alignment = accept(".align") ? integer() : 1;
    Type type;
    if (std::string name = word(); name[0] != '.' || !parseType(name.substr(1), type))
        fail("unknown type " + name);
    alignment = std::max<uint64_t>(alignment, type.bytes);
    std::string name = word();
    uint64_t size = type.bytes;
    bool isSized = true;
    while (accept("[")) {
        isSized = !at("]");
        size *= isSized ? integer() : 0;
        expect("]");
    }
    Symbol symbol{SymbolKind::Variable, uint32_t(size), 0};
    if (isExtern && (space != ".shared" || isSized))
        fail("no variable of another module is known");
    if (space == ".shared") {
        symbol.kind = SymbolKind::SharedVariable;
        symbol.place = isSized ? alignUp(module->sharedBytes, alignment) : maxStaticShared;
        if (isSized)
            module->sharedBytes = uint32_t(symbol.place + size);
        if (module->sharedBytes > maxStaticShared)
            fail("uses too much shared data (" + std::to_string(module->sharedBytes) + " bytes, at most 49152)");
    } else if (space == ".local") {
        symbol.kind = SymbolKind::LocalVariable;
        symbol.place = alignUp(module->localBytes, alignment);
        module->localBytes = uint32_t(symbol.place + size);
    } else {
        symbol.place = allocateDevice(owner, size);
        if (!symbol.place)
            throw PtxError{outOfMemory, "no memory for the variable " + name};
        module->variables.push_back(symbol.place);
        auto* memory = reinterpret_cast<uint8_t*>(symbol.place);
        std::memset(memory, 0, size);
        if (accept("=")) {
            bool isList = accept("{");
            size_t at = 0;
            do {
                bool isNegative = accept("-");
                uint64_t bits = number(isNegative).bits;
                if (at + type.bytes > size)
                    fail("more values than the variable has room for");
                std::memcpy(memory + at, &bits, type.bytes);
                at += type.bytes;
            } while (accept(","));
            if (isList)
                expect("}");
        }
    }
    scopes.back()[name] = symbol;
    expect(";");
}

void Reader::declareRegisters() {
    Type type;
    if (std::string name = word(); name[0] != '.' || !parseType(name.substr(1), type))
        fail("unknown type " + name);
    auto declare = [&](const std::string& name) {
        scopes.back()[name] = {SymbolKind::Register, type.bytes, module->registers.size()};
        module->registers.push_back(~0ull);
    };
    do {
        std::string name = word();
        if (accept("<")) {
            uint64_t count = integer();
            expect(">");
            for (uint64_t i = 0; i < count; i++)
                declare(name + std::to_string(i));
        } else {
            declare(name);
        }
    } while (accept(","));
    expect(";");
}

// ---- Statements

void Reader::body() {
    expect("{");
    while (!accept("}")) {
        if (at("{")) {
            scopes.emplace_back();
            body();
            scopes.pop_back();
        } else if (accept(".reg")) {
            declareRegisters();
        } else if (at(".local") || at(".shared")) {
            variable(word(), false);
        } else if (accept(".param")) {
            declareParameter(scopes.back(), module->parameterBytes);
            expect(";");
        } else if (accept(".loc")) {
            for (int i = 0; i < 3; i++)
                integer();
        } else if (accept(".pragma")) {
            if (next().text != "nounroll")
                fail("unknown pragma");
            expect(";");
        } else if (now().kind == Token::Word && tokens[position + 1].text == ":") {
            std::string label = word();
            expect(":");
            if (accept(".branchtargets")) {
                auto& table = tables[label];
                do
                    table.push_back(word());
                while (accept(","));
                expect(";");
            } else if (!labels.insert({label, module->code.size()}).second) {
                fail("a second label " + label);
            }
        } else {
            instruction();
        }
    }
}

void Reader::instruction() {
    size_t guarded = 0;
    bool isGuarded = accept("@");
    if (isGuarded) {
        Operand predicate;
        predicate.isNegated = accept("!");
        predicate.name = word();
        Instruction skip;
        skip.step = guard(!predicate.isNegated);
        predicate.isNegated = false;
        skip.s[0] = source(predicate, {'p', 1});
        guarded = module->code.size();
        emit(skip);
    }
    Statement statement;
    statement.opcode = word();
    while (!at(";")) {
        statement.operands.push_back(operand());
        if (!at(";"))
            expect(",");
    }
    decode(*this, statement);
    expect(";");
    if (isGuarded)
        jumps.push_back({guarded, {module->code.size()}});
}

Operand Reader::operand() {
    Operand result;
    if (at("{") || at("(")) {
        const char* close = next().text == "{" ? "}" : ")";
        result.kind = Operand::List;
        while (!accept(close)) {
            result.list.push_back(operand());
            if (!at(close))
                expect(",");
        }
        return result;
    }
    if (accept("[")) {
        result = operand();
        if (result.kind == Operand::Name || result.kind == Operand::Integer)
            result.kind = Operand::Address;
        else
            fail("unknown form of an address");
        if (at("+") || at("-")) {
            accept("+");
            result.offset = int64_t(integer());
        }
        expect("]");
        return result;
    }
    result.isNegated = accept("!");
    bool isNegative = accept("-");
    if (isNegative || (now().kind == Token::Word && std::isdigit(static_cast<unsigned char>(now().text[0]))))
        return number(isNegative);
    result.name = word();
    if (accept("|"))
        result.second = word();
    return result;
}

// ---- What the decoder asks for

const Symbol& Reader::lookup(const std::string& name) const {
    for (auto scope = scopes.rbegin(); scope != scopes.rend(); ++scope)
        if (auto found = scope->find(name); found != scope->end())
            return found->second;
    fail("nothing is called " + name);
}

uint32_t Reader::constant(uint64_t bits) {
    auto [found, isNew] = constants.insert({bits, uint32_t(module->registers.size())});
    if (isNew)
        module->registers.push_back(bits);
    return found->second;
}

uint32_t Reader::temporary() {
    module->registers.push_back(0);
    return uint32_t(module->registers.size() - 1);
}

uint32_t Reader::source(const Operand& operand, Type type, bool mayBeWider) {
    if (operand.isNegated || !operand.second.empty())
        fail("unknown form of an operand");
    switch (operand.kind) {
    case Operand::Integer:
        if (type.kind == 'f')
            fail("an integer where a floating-point number belongs");
        return constant(operand.bits);
    case Operand::Float32:
    case Operand::Float64:
        if ((operand.kind == Operand::Float32 ? 4 : 8) != type.bytes || (type.kind != 'f' && type.kind != 'b'))
            fail("a floating-point number of another type");
        return constant(operand.bits);
    case Operand::Name:
        break;
    default:
        fail("unknown form of an operand");
    }
    if (operand.name == "WARP_SZ")
        return constant(warpSize);
    if (auto special = specialRegisters.find(operand.name); special != specialRegisters.end()) {
        if (type.bytes != 4)
            fail(operand.name + " has 32 bits");
        return special->second;
    }
    const Symbol& symbol = lookup(operand.name);
    if (symbol.kind == SymbolKind::Register)
        return destination(operand.name, type, mayBeWider);
    if (symbol.kind == SymbolKind::Parameter || type.bytes != 8)
        fail("the address of " + operand.name + " cannot be taken this way");
    return constant(symbol.place);
}

uint32_t Reader::destination(const Operand& operand, Type type, bool mayBeWider) {
    if (operand.kind != Operand::Name || operand.isNegated)
        fail("a destination must be a register");
    return destination(operand.name, type, mayBeWider);
}

uint32_t Reader::destination(const std::string& name, Type type, bool mayBeWider) {
    if (name == "_")
        return temporary();
    const Symbol& symbol = lookup(name);
    bool fits = symbol.bytes == type.bytes || (mayBeWider && symbol.bytes > type.bytes && type.kind != 'p');
    if (symbol.kind != SymbolKind::Register || !fits)
        fail(name + " is no register of " + std::to_string(8 * type.bytes) + " bits");
    return uint32_t(symbol.place);
}

uint32_t Reader::address(const Operand& operand, Space space, Type element, Instruction& instruction) {
    if (operand.kind != Operand::Address)
        fail("expected an address");
    instruction.offset = operand.offset;
    if (operand.name.empty())
        return constant(operand.bits);
    const Symbol& symbol = lookup(operand.name);
    if ((symbol.kind == SymbolKind::Parameter) != (space == Space::Parameter))
        fail(operand.name + " is of another state space");
    if (symbol.kind == SymbolKind::Register) {
        if (symbol.bytes != 8)
            fail(operand.name + " is too narrow for an address");
        return uint32_t(symbol.place);
    }
    SymbolKind wanted = space == Space::Shared ? SymbolKind::SharedVariable
        : space == Space::Local                ? SymbolKind::LocalVariable
        : space == Space::Parameter            ? SymbolKind::Parameter
                                               : SymbolKind::Variable;
    if (symbol.kind != wanted)
        fail(operand.name + " is of another state space");
    if (space == Space::Parameter && (operand.offset % element.bytes || !inside(operand.offset, element.bytes, 0, symbol.bytes)))
        fail("reaches past the parameter, or is not aligned");
    return constant(symbol.place);
}

void Reader::emit(Instruction instruction) {
    instruction.line = now().line;
    module->code.push_back(std::move(instruction));
}

void Reader::branch(const std::string& label) { branches.push_back({module->code.size() - 1, label}); }

void Reader::branchTable(const std::string& table) { tableBranches.push_back({module->code.size() - 1, table}); }

void Reader::call(const std::string& function, std::vector<Parameter> arguments, std::vector<Parameter> results) {
    calls.push_back({module->code.size() - 1, function, std::move(arguments), std::move(results)});
}

std::vector<Parameter> Reader::parametersOf(const Operand& list) {
    std::vector<Parameter> parameters;
    if (list.kind != Operand::List)
        fail("expected a list of parameters");
    for (const auto& name : list.list) {
        const Symbol& symbol = lookup(name.name);
        if (symbol.kind != SymbolKind::Parameter)
            fail(name.name + " is no parameter");
        parameters.push_back({uint32_t(symbol.place), symbol.bytes});
    }
    return parameters;
}

// ---- Where instructions go

size_t Reader::labelled(const std::string& label, size_t from) const {
    auto found = labels.find(label);
    if (found == labels.end())
        failAt(from, "no label is called " + label);
    return found->second;
}

void Reader::resolveBranches() {
    for (const auto& [from, label] : branches)
        jumps.push_back({from, {labelled(label, from)}});
    for (const auto& [from, table] : tableBranches) {
        std::vector<size_t> targets;
        for (const auto& label : tables[table])
            targets.push_back(labelled(label, from));
        jumps.push_back({from, targets});
    }
}

void Reader::link() {
    const Instruction* code = module->code.data();
    for (const auto& [from, targets] : jumps)
        for (size_t target : targets) {
            module->code[from].target = code + target;
            module->code[from].targets.push_back(code + target);
        }
    auto copy = [&](size_t at, const std::vector<Parameter>& to, const std::vector<Parameter>& from) {
        if (to.size() != from.size())
            failAt(at, "another number of parameters");
        for (size_t k = 0; k < to.size(); k++) {
            if (to[k].bytes != from[k].bytes)
                failAt(at, "a parameter of another size");
            auto& list = module->code[at].list;
            list.insert(list.end(), {to[k].offset, from[k].offset, to[k].bytes});
        }
    };
    for (const auto& [from, name, arguments, results] : calls) {
        auto found = module->functions.find(name);
        if (found == module->functions.end() || !found->second->isDefined)
            failAt(from, "no function is called " + name);
        const Function& function = *found->second;
        module->code[from].target = code + function.firstInstruction;
        copy(from - 1, function.parameters, arguments);
        copy(from + 1, results, function.results);
    }
}

}
