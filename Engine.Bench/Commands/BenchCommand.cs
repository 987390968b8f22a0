using System.CommandLine;

namespace Engine.Bench.Commands;

/// <summary>A command whose help ends with examples.</summary>
/// <param name="name">What is typed.</param>
/// <param name="description">What it does, in a sentence or two.</param>
public sealed class BenchCommand(string name, string description) : Command(name, description)
{
    /// <summary>Lines to type, each with what it does.</summary>
    public IList<(string Line, string Does)> Examples { get; } = [];
}
