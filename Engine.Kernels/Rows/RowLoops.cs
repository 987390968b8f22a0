namespace Engine.Kernels.Rows;

/// <summary>
/// Which commands of a recording are the steps of a loop over independent rows: the same few commands over and over, of which each row
/// only needs what itself has made. A device may run all of them for one row after the other, or for many at a time, and waits for no
/// other row in between. Rollouts are such loops: a row is an environment.
/// </summary>
internal sealed class RowLoops
{
    /// <summary>With fewer steps a loop is not worth a kernel of its own.</summary>
    public const int LeastSteps = 4;

    private const int MostStages = 48;

    // A group of threads works on a row by itself. With more operations (a multiply-add as two) or bytes of a row in one step it is faster
    // to have all groups work on all rows, command by command: what it takes to give these matters less then.
    private const double MostOperations = 2e6;
    private const long MostBytes = 1 << 18;

    // So it is with more operations of all rows in a step than a large GPU does in some 30 us, about what it takes to give its commands.
    private const double MostOfAllRows = 3e8;

    private readonly Dictionary<int, RowLoop> _loopOf = [];
    private readonly List<RowLoop> _loops = [];

    /// <summary>None.</summary>
    public static RowLoops None { get; } = new();

    /// <summary>Finds them.</summary>
    /// <param name="commands">All commands of a recording, in order.</param>
    public static RowLoops Of(IReadOnlyList<RowCommand> commands)
    {
        // What has but one part, such as noise that all rows share, may come before the loop in the midst of which it was given.
        var found = new RowLoops();
        RowCommand[] whole = [.. commands.Where(command => command.Work?.Parts == 1)];
        RowCommand[] rowwise = [.. commands.Where(command => command.Work?.Parts != 1)];
        var repetitions = new Repetitions(KindsOf(rowwise), MostStages);
        for (int start = 0; start < rowwise.Length;)
        {
            var (stages, steps) = repetitions.LongestAt(start);
            var run = new ArraySegment<RowCommand>(rowwise, start, stages * steps);
            if (steps >= LeastSteps && RowLoop.Of(run, stages, whole, LeastRows(run[..stages])) is { } loop)
            {
                found._loops.Add(loop);
                foreach (var command in loop.Commands)
                    found._loopOf.Add(command.Number, loop);
                start += loop.Commands.Count;
            }
            else
            {
                // Perhaps from the second step on.
                start += stages;
            }
        }

        return found;
    }

    /// <summary>The loop that a command is a part of, or null.</summary>
    public RowLoop? Of(int command) => _loopOf.GetValueOrDefault(command);

    /// <summary>
    /// Has the lives of buffers be those of whole loops: rows are at different steps at the same time. What lives in a step only shares its
    /// place with those of the other steps, whose rows lie alike.
    /// </summary>
    /// <param name="first">For each buffer the first command that uses it.</param>
    /// <param name="last">For each buffer the last command that uses it.</param>
    /// <param name="bytes">The size of each buffer.</param>
    /// <returns>For each buffer that shares the place of another, that one.</returns>
    public IReadOnlyDictionary<int, int> Lengthen(int[] first, int[] last, Func<int, long> bytes)
    {
        var places = new Dictionary<int, int>();
        foreach (var loop in _loops)
            loop.Lengthen(first, last, bytes, places);
        return places;
    }

    // Numbers that are equal where commands are alike, and different in all those that have no rows.
    private static int[] KindsOf(RowCommand[] commands)
    {
        var known = new Dictionary<(Type, int, string), int>();
        int[] kinds = new int[commands.Length];
        for (int i = 0; i < kinds.Length; i++)
        {
            if (commands[i].Work is not { } work)
            {
                kinds[i] = -1 - i;
                continue;
            }

            var kind = (work.Kind, work.Parts, string.Join(',', commands[i].Uses.Select(use => use.Bytes)));
            known.TryAdd(kind, known.Count);
            kinds[i] = known[kind];
        }

        return kinds;
    }

    // The least number of rows with which a step is worth it; more than there are if none is.
    private static int LeastRows(ArraySegment<RowCommand> step)
    {
        double operations = step.Sum(command => command.Operations);
        if (operations > MostOfAllRows)
            return int.MaxValue;
        double bytes = step.Sum(command => command.Uses.Sum(use => (double)use.Bytes));
        return (int)Math.Clamp(Math.Ceiling(Math.Max(operations / MostOperations, bytes / MostBytes)), 2, int.MaxValue);
    }
}
