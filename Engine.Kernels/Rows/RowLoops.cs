namespace Engine.Kernels.Rows;

/// <summary>
/// Which commands of a recording are the steps of a loop over independent rows: the same few commands over and over, of which each row
/// only needs what itself has made. A device may run all of them for one row after the other, or for many at a time, and waits for no
/// other row in between. Rollouts are such loops: a row is an environment.
/// </summary>
internal sealed class RowLoops
{
    private const int LeastSteps = 4, MostStages = 48;

    // A group of threads works on a row by itself. With more operations (a multiply-add as two) or bytes of a row in one step it is faster
    // to have all groups work on all rows, command by command: what it takes to give these matters less then.
    private const double MostOperations = 2e6;
    private const long MostBytes = 1 << 18;

    private readonly Dictionary<int, RowLoop> _loops = [];

    /// <summary>None.</summary>
    public static RowLoops None { get; } = new();

    /// <summary>Finds them.</summary>
    /// <param name="commands">All commands of a recording, in order.</param>
    public static RowLoops Of(IReadOnlyList<RowCommand> commands)
    {
        // What is for all rows may come before the loop in the midst of which it was given, if it needs nothing of that.
        var found = new RowLoops();
        var common = commands.Where(command => command.Work?.Parts == 1).ToList();
        var rowwise = commands.Where(command => command.Work?.Parts != 1).ToList();
        int[] kinds = KindsOf(rowwise);
        for (int start = 0; start < rowwise.Count;)
        {
            var (stages, all) = LongestAt(start, kinds);
            if (all > stages && RowLoop.Of(rowwise.GetRange(start, all), stages) is { } loop && IsWorthIt(loop)
                && !common.Exists(loop.IsNeededBy))
            {
                foreach (var command in loop.Commands)
                    found._loops.Add(command.Number, loop);
                start += all;
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
    public RowLoop? Of(int command) => _loops.GetValueOrDefault(command);

    /// <summary>
    /// Has the lives of buffers be those of whole loops: rows are at different steps at the same time. What lives in a step only shares its
    /// place with those of the other steps, whose rows lie alike.
    /// </summary>
    /// <param name="first">For each buffer the first command that uses it.</param>
    /// <param name="last">For each buffer the last command that uses it.</param>
    /// <returns>For each buffer that shares the place of another, that one.</returns>
    public IReadOnlyDictionary<int, int> Lengthen(int[] first, int[] last)
    {
        var places = new Dictionary<int, int>();
        foreach (var loop in _loops.Values.Distinct())
            loop.Lengthen(first, last, places);
        return places;
    }

    // Numbers that are equal where commands are alike, and different in all those that have no rows.
    private static int[] KindsOf(IReadOnlyList<RowCommand> commands)
    {
        var known = new Dictionary<(Type, int, string), int>();
        int[] kinds = new int[commands.Count];
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

    // The most commands from a place on that are the same ones over and over; or one.
    private static (int Stages, int All) LongestAt(int start, int[] kinds)
    {
        var longest = (Stages: 1, All: 1);
        for (int stages = 1; stages <= MostStages && kinds[start] >= 0; stages++)
        {
            int same = 0;
            while (start + same + stages < kinds.Length && kinds[start + same] == kinds[start + same + stages])
                same++;
            int steps = (same / stages) + 1;
            if (steps >= LeastSteps && steps * stages > longest.All)
                longest = (stages, steps * stages);
        }

        return longest;
    }

    private static bool IsWorthIt(RowLoop loop)
    {
        var step = loop.Commands.Take(loop.Stages);
        return step.Sum(command => command.Operations) <= MostOperations * loop.Rows
            && step.Sum(command => command.Uses.Sum(use => use.Bytes)) <= MostBytes * loop.Rows;
    }
}

/// <summary>A command that may be a part of a loop.</summary>
/// <param name="Number">Its number in the recording.</param>
/// <param name="Work">What is known of its rows; null for nothing.</param>
/// <param name="Uses">The memory that it reads and writes.</param>
/// <param name="Operations">See <see cref="Command.Operations"/>.</param>
internal sealed record RowCommand(int Number, RowWork? Work, IReadOnlyList<Use> Uses, double Operations);

/// <summary>A loop over independent rows.</summary>
/// <param name="Commands">All its commands, step by step.</param>
/// <param name="Stages">Commands of a step.</param>
/// <param name="Rows">The number of rows.</param>
internal sealed record RowLoop(IReadOnlyList<RowCommand> Commands, int Stages, int Rows)
{
    /// <summary>The number of its first command.</summary>
    public int First => Commands[0].Number;

    /// <summary>The number of its last command.</summary>
    public int Last => Commands[^1].Number;

    // More rows than that keep a GPU no busier.
    private const int MostRows = 1024;

    /// <summary>The loop of some commands over as many rows as are independent; null where none are.</summary>
    /// <param name="commands">Its commands, step by step, which are alike in all steps.</param>
    /// <param name="stages">Commands of a step.</param>
    public static RowLoop? Of(IReadOnlyList<RowCommand> commands, int stages)
    {
        int[] parts = [.. commands.Take(stages).Select(command => command.Work!.Parts)];
        var written = commands.SelectMany(command => command.Uses).Where(use => use.Writes).ToLookup(use => use.Slot);
        for (int rows = Math.Min(parts.Min(), MostRows); rows > 1; rows--)
        {
            if (Array.TrueForAll(parts, part => part % rows == 0) && commands.All(command => IsApart(command, rows)))
                return new(commands, stages, rows);
        }

        return null;

        // What the loop writes is written and read by rows. What nobody writes may be read in any way.
        bool IsApart(RowCommand command, int rows)
            => command.Uses.All(
                use => use.Slot < 0
                    ? !use.Writes
                    : written[use.Slot].All(write => !use.Overlaps(write) || command.Work!.IsApart(use, write, rows)));
    }

    /// <summary>Whether a command that is given between its first and last one reads or writes what it writes.</summary>
    public bool IsNeededBy(RowCommand command)
        => command.Number > First && command.Number < Last
            && command.Uses.Any(
                use => (use.Slot < 0 && use.Writes) || Commands.Any(own => own.Uses.Any(write => write.Writes && write.Overlaps(use))));

    /// <summary>See <see cref="RowLoops.Lengthen"/>.</summary>
    public void Lengthen(int[] first, int[] last, Dictionary<int, int> places)
    {
        var leaders = new Dictionary<(int Stage, int Use, long Start, long Bytes), int>();
        var seen = new HashSet<int>();
        for (int i = 0; i < Commands.Count; i++)
        {
            int stage = i % Stages, start = Commands[i - stage].Number, end = Commands[i - stage + Stages - 1].Number;
            foreach (var (number, use) in Commands[i].Uses.Index().Where(use => use.Item.Slot >= 0 && seen.Add(use.Item.Slot)))
            {
                int slot = use.Slot;
                bool isLocal = first[slot] >= start && last[slot] <= end;
                if (isLocal && !leaders.TryAdd((stage, number, use.Start, use.Bytes), slot))
                {
                    places.Add(slot, leaders[(stage, number, use.Start, use.Bytes)]);
                    last[slot] = -1;
                }
                else
                {
                    first[slot] = Math.Min(first[slot], First);
                    last[slot] = Math.Max(last[slot], Last);
                }
            }
        }
    }
}
