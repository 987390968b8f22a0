using System.Collections.Concurrent;
using System.Diagnostics;

namespace Engine.Kernels;

/// <summary>Commands of one kind that replays have given.</summary>
/// <param name="Kind">What they do, such as "MapRows Multiply".</param>
/// <param name="Count">How many.</param>
/// <param name="Milliseconds">The time they took; NaN where a device takes a whole program as one.</param>
public readonly record struct CommandKind(string Kind, long Count, double Milliseconds)
{
    /// <summary>Whether they move numbers only.</summary>
    public bool IsCopy => Kind.StartsWith("Copy", StringComparison.Ordinal) || Kind is "ConcatenatedPieces" or "SplitPieces";
}

/// <summary>
/// Counts and times the commands of all replays of programs, on all threads, until it is disposed. A command's time is looked up before and
/// after it, which takes some 50 ns; a device that runs a program as a graph is not asked for more than the number of commands.
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
    private static ReplayProfile? s_active;

    private readonly Lock _turn = new();
    private readonly Dictionary<string, (long Count, double Milliseconds)> _kinds = [];
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
                [
                    .. _kinds.Select(kind => new CommandKind(kind.Key, kind.Value.Count, kind.Value.Milliseconds))
                        .OrderByDescending(kind => kind.Milliseconds).ThenByDescending(kind => kind.Count),
                ];
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
    /// <param name="given">The commands that its function gave.</param>
    /// <param name="prepared">What its device made of them.</param>
    internal void Replay(Recording recording, IReadOnlyList<Command> given, Command[] prepared)
    {
        double[] times = new double[given.Count];
        if (prepared.Length == given.Count)
        {
            for (int i = 0; i < prepared.Length; i++)
            {
                long start = Stopwatch.GetTimestamp();
                prepared[i].Execute();
                times[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            }
        }
        else
        {
            foreach (var command in prepared)
                command.Execute();
            Array.Fill(times, double.NaN);
        }

        lock (_turn)
        {
            _memory[recording] = recording.ArenaBytes;
            for (int i = 0; i < times.Length; i++)
            {
                string kind = NameOf(given[i].GetType());
                var (count, time) = _kinds.GetValueOrDefault(kind);
                _kinds[kind] = (count + 1, time + times[i]);
            }
        }
    }

    // Of a kernel's type and its arguments, what says what it does: not lanes, registers and element types.
    private static string NameOf(Type command) => s_names.GetOrAdd(command, static type =>
    {
        while (type.IsGenericType && type.Name.Contains("Command", StringComparison.Ordinal))
            type = type.GetGenericArguments()[0];
        return string.Join(' ', Parts(type).Distinct());

        static IEnumerable<string> Parts(Type type)
        {
            string name = type.Name.Split('`')[0];
            string[] ends = ["Function", "Body", "Reducer", "Distribution"];
            bool isWrapper = name is "OfUnary" or "OfBinary" or "OfTernary" or "BodyRange" or "WholeRows";
            if (!isWrapper)
                yield return ends.Aggregate(name, (text, end) => text.EndsWith(end, StringComparison.Ordinal) ? text[..^end.Length] : text);
            var rest = type.GetGenericArguments().Where(
                part => isWrapper || ends.Any(end => part.Name.Split('`')[0].EndsWith(end, StringComparison.Ordinal))
                    || part.Name.StartsWith("Of", StringComparison.Ordinal) || part.Name.Contains("Pool", StringComparison.Ordinal));
            foreach (string inner in rest.Take(1).SelectMany(Parts))
                yield return inner;
        }
    });
}
