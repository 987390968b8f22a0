using System.Collections.Concurrent;

namespace Engine.Kernels;

/// <summary>Commands of one kind that replays have given.</summary>
/// <param name="Kind">What they do, such as "MapRows Multiply".</param>
/// <param name="Count">How many.</param>
/// <param name="Milliseconds">The time they took.</param>
/// <param name="Operations">
/// Floating-point operations of products and convolutions, a multiply-add as two, as if no number were zero; 0 of all else.
/// </param>
/// <param name="Bytes">Bytes of the tensors that they read and write.</param>
public readonly record struct CommandKind(string Kind, long Count, double Milliseconds, double Operations, double Bytes)
{
    /// <summary>Whether they move numbers only.</summary>
    public bool IsCopy => Kind.StartsWith("Copy", StringComparison.Ordinal) || Kind is "ConcatenatedPieces" or "SplitPieces";
}

/// <summary>
/// Counts and times the commands of all replays of programs, on all threads, until it is disposed. A command's time is looked up before and
/// after it, which takes some 50 ns. On CUDA, where commands then run one by one and not as a graph, marks between them in the stream take
/// some 3 us; on other GPUs the host waits for each.
/// </summary>
/// <example><code>
/// using var profile = ReplayProfile.Begin();
/// program.Run(inputs);
/// foreach (var kind in profile.Kinds)
///     Console.WriteLine($"{kind.Kind}: {kind.Count} commands, {kind.Milliseconds} ms");
/// </code></example>
public sealed class ReplayProfile : IDisposable
{
    private static readonly ConcurrentDictionary<Type, string> s_names = new();
    private static readonly string[] s_endings = ["Function", "Body", "Reducer", "Distribution"];
    private static readonly string[] s_wrappers = ["BodyRange", "WholeRows", "OfUnary", "OfBinary", "OfTernary"];
    private static ReplayProfile? s_active;

    private readonly Lock _turn = new();
    private readonly Dictionary<string, CommandKind> _kinds = [];
    private readonly Dictionary<Recording, long> _memory = [];

    private ReplayProfile()
    {
    }

    /// <summary>Those that replays have given so far; the kind that took longest first.</summary>
    public IReadOnlyList<CommandKind> Kinds
    {
        get
        {
            lock (_turn)
            {
                return
                [.. _kinds.Values.OrderByDescending(kind => kind.Milliseconds).ThenByDescending(kind => kind.Count)];
            }
        }
    }

    /// <summary>Bytes that the programs replayed work in.</summary>
    public long WorkingBytes
    {
        get
        {
            lock (_turn)
                return _memory.Values.Sum();
        }
    }

    /// <summary>The profile under way, if any.</summary>
    internal static ReplayProfile? Active => s_active;

    /// <summary>Begins to count.</summary>
    /// <exception cref="InvalidOperationException">Another profile is under way.</exception>
    public static ReplayProfile Begin()
    {
        var profile = new ReplayProfile();
        return Interlocked.CompareExchange(ref s_active, profile, null) is null
            ? profile
            : throw new InvalidOperationException("ReplayProfile: another one is under way: dispose it first.");
    }

    /// <summary>Ends counting; what was counted stays.</summary>
    public void Dispose() => Interlocked.CompareExchange(ref s_active, null, this);

    /// <summary>Runs a recording's commands.</summary>
    /// <param name="recording">The recording.</param>
    /// <param name="commands">The commands that its function gave.</param>
    internal void Replay(Recording recording, IReadOnlyList<Command> commands)
    {
        double[] times = recording.Device.Time(commands);
        lock (_turn)
        {
            _memory[recording] = recording.ArenaBytes;
            for (int i = 0; i < times.Length; i++)
            {
                var command = commands[i];
                string kind = NameOf(command.GetType());
                var sum = _kinds.GetValueOrDefault(kind);
                _kinds[kind] = new(
                    kind, sum.Count + 1, sum.Milliseconds + times[i], sum.Operations + command.Operations, sum.Bytes + command.Bytes);
            }
        }
    }

    private static string NameOf(Type command) => s_names.GetOrAdd(command, static type => KernelName(type));

    // Of a kernel's type and its arguments, what says what it does: not lanes, registers and element types.
    private static string KernelName(Type type)
    {
        string name = Plain(type.Name.Split('`')[0]);
        var arguments = type.GetGenericArguments();
        if (name.EndsWith("Command", StringComparison.Ordinal) || s_wrappers.Contains(name))
            return KernelName(arguments[0]);
        if (IsComposed(name))
            return $"{KernelName(arguments[0])}({KernelName(arguments[1])})";
        if (name == "ReduceEnd")
            return $"{KernelName(arguments[^2])} of {KernelName(arguments[0])}";
        if (arguments is [var step, _] && name == "RowLoopKernel")
            return $"RowLoop of {StagesOf(step)}";
        string function = string.Join(' ', arguments.Where(IsFunction).Select(KernelName));
        return name is "MapRows" or "Map" or "MapQuads" ? function : $"{name} {function}".TrimEnd();
    }

    private static int StagesOf(Type step) => step.GetGenericArguments() is [_, var rest] ? 1 + StagesOf(rest) : 1;

    private static bool IsFunction(Type type)
        => type.Name.Split('`')[0] is var name
            && (Plain(name) != name || name.StartsWith("Of", StringComparison.Ordinal) || name.EndsWith("Pool", StringComparison.Ordinal)
                || IsComposed(name));

    private static bool IsComposed(string name) => name.IndexOf("Of", StringComparison.Ordinal) > 0;

    private static string Plain(string name)
        => s_endings.FirstOrDefault(end => name.EndsWith(end, StringComparison.Ordinal)) is { } end ? name[..^end.Length] : name;
}
