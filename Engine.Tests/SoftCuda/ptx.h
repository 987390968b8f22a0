// The text of a module as statements: what the reader of PTX (ptx.cpp) hands to the decoder of instructions (decode.cpp).
#pragma once

#include "machine.h"

#include <map>

namespace softcuda {

// A type of PTX: its kind is one of b, u, s, f, and p for predicates.
struct Type {
    char kind = 0;
    uint8_t bytes = 0;
};

struct Operand {
    enum Kind { Name, Integer, Float32, Float64, Address, List } kind = Name;
    std::string name;                  // of a register, variable, label or function; the base of an address
    std::string second;                // after a bar: %p|%q
    bool isNegated = false;            // !%p
    uint64_t bits = 0;                 // of a number, or the base of an address that is one
    int64_t offset = 0;
    std::vector<Operand> list;
};

struct Statement {
    std::string opcode;
    std::vector<Operand> operands;
};

enum class SymbolKind { Register, Variable, SharedVariable, LocalVariable, Parameter };

struct Symbol {
    SymbolKind kind;
    uint32_t bytes = 0;                // of a register or variable
    uint64_t place = 0;                // index of a register, or address
};

// A module while it is read. The decoder asks it for the registers behind operands and gives it the instructions.
class Reader {
public:
    Reader(const char* text, const void* owner);
    std::unique_ptr<Module> read();

    // The index of the register that a source or destination of this type is in; a wider register will do where `mayBeWider`.
    uint32_t source(const Operand& operand, Type type, bool mayBeWider = false);
    uint32_t destination(const Operand& operand, Type type, bool mayBeWider = false);
    uint32_t destination(const std::string& name, Type type, bool mayBeWider = false);
    uint32_t constant(uint64_t bits);
    uint32_t temporary();

    // The base register of an address operand, whose offset goes into the instruction.
    uint32_t address(const Operand& operand, Space space, Type element, Instruction& instruction);

    void emit(Instruction instruction);
    void branch(const std::string& label);             // the last instruction goes on at the label
    void branchTable(const std::string& table);

    // The last instruction goes on at the function; those before and after it copy the arguments and results.
    void call(const std::string& function, std::vector<Parameter> arguments, std::vector<Parameter> results);
    std::vector<Parameter> parametersOf(const Operand& list);
    void cooperate() { module->isCooperative = true; }
    [[noreturn]] void fail(const std::string& message) const;

private:
    struct Token {
        enum Kind { Word, Text, Mark, End } kind;
        std::string text;
        uint32_t line;
    };

    const Token& now() const { return tokens[position]; }
    Token next() { return tokens[now().kind == Token::End ? position : position++]; }
    bool at(const char* text) const { return now().kind != Token::Text && now().text == text; }
    bool accept(const char* text);
    void expect(const char* text);
    std::string word();
    uint64_t integer();

    void scan(const char* text);
    void function(bool isEntry);
    std::vector<Parameter> parameterList(std::map<std::string, Symbol>& names, uint32_t& bytes);
    Parameter declareParameter(std::map<std::string, Symbol>& names, uint32_t& bytes);
    void variable(const std::string& space, bool isExtern);
    void body();
    void declareRegisters();
    void instruction();
    Operand operand();
    Operand number(bool isNegative);
    const Symbol& lookup(const std::string& name) const;
    [[noreturn]] void failAtLine(uint32_t line, const std::string& message) const;
    [[noreturn]] void failAt(size_t instruction, const std::string& message) const;
    size_t labelled(const std::string& label, size_t from) const;
    void resolveBranches();
    void link();

    const void* owner;
    std::unique_ptr<Module> module;
    std::vector<Token> tokens;
    size_t position = 0;
    std::vector<std::map<std::string, Symbol>> scopes;
    std::unordered_map<uint64_t, uint32_t> constants;

    // Labels and branches of the function being read; where instructions of the module go, once all of it is known.
    std::map<std::string, size_t> labels;
    std::map<std::string, std::vector<std::string>> tables;
    std::vector<std::pair<size_t, std::string>> branches, tableBranches;
    std::vector<std::pair<size_t, std::vector<size_t>>> jumps;
    struct Call {
        size_t from;
        std::string function;
        std::vector<Parameter> arguments, results;
    };
    std::vector<Call> calls;
};

// Decodes a statement into the reader's module.
void decode(Reader& reader, const Statement& statement);

// What warps do together (warp.cpp): modes of a shuffle are idx, up, down, bfly; those of a vote all, any, uni, ballot.
void warpBarrier(Warp& warp, const Instruction* i);
template <int mode> void warpShuffle(Warp& warp, const Instruction* i);
template <int mode> void warpVote(Warp& warp, const Instruction* i);
void warpMultiplyMatrices(Warp& warp, const Instruction* i);

// Goes on at the target, past the guarded instructions, unless the predicate is as wanted.
Step guard(bool wanted);
Step endOfFunction();

// Reads the name of a type without its dot; false if there is no such type.
bool parseType(const std::string& name, Type& type);

}
