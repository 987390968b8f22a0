using System.Numerics;

namespace Engine.Kernels.Rows;

/// <summary>A command that may be a part of a loop.</summary>
/// <param name="Number">Its number in the recording.</param>
/// <param name="Work">What is known of its rows; null for nothing.</param>
/// <param name="Uses">The memory that it reads and writes.</param>
/// <param name="Operations">See <see cref="Command.Operations"/>.</param>
internal sealed record RowCommand(int Number, RowWork? Work, IReadOnlyList<Use> Uses, double Operations = 0);

/// <summary>A loop over independent rows.</summary>
/// <param name="Commands">All its commands, step by step.</param>
/// <param name="Stages">Commands of a step.</param>
/// <param name="Rows">The number of rows.</param>
internal sealed record RowLoop(IReadOnlyList<RowCommand> Commands, int Stages, int Rows)
{
    // More rows than the most keep a GPU no busier; fewer than enough leave most of it idle.
    private const int MostRows = 1024, EnoughRows = 64;

    private static readonly Comparer<RowCommand> s_byNumber = Comparer<RowCommand>.Create((a, b) => a.Number.CompareTo(b.Number));

    /// <summary>The number of its first command.</summary>
    public int First => Commands[0].Number;

    /// <summary>The number of its last command.</summary>
    public int Last => Commands[^1].Number;

    /// <summary>The loop of as many steps as rows are independent in; null where these are too few.</summary>
    /// <param name="commands">Commands, step by step, which are alike in all steps.</param>
    /// <param name="stages">Commands of a step.</param>
    /// <param name="whole">
    /// Commands of one part each, in order. Those given between the loop's commands come before it, which ends where one needs it.
    /// </param>
    /// <param name="leastRows">The least number of rows wanted.</param>
    public static RowLoop? Of(ArraySegment<RowCommand> commands, int stages, RowCommand[] whole, int leastRows)
    {
        foreach (int rows in RowsOf(commands[..stages]).Where(rows => rows >= leastRows))
        {
            int steps = new Growth(rows).Grow(commands, stages, whole);
            if (steps >= RowLoops.LeastSteps)
                return new(commands[..(steps * stages)], stages, rows);
        }

        return null;
    }

    /// <summary>See <see cref="RowLoops.Lengthen"/>.</summary>
    public void Lengthen(int[] first, int[] last, Func<int, long> bytes, Dictionary<int, int> places)
    {
        var leaders = new Dictionary<(int Stage, int Use, long Bytes), int>();
        var seen = new HashSet<int>();
        for (int i = 0; i < Commands.Count; i++)
        {
            int stage = i % Stages, start = Commands[i - stage].Number, end = Commands[i - stage + Stages - 1].Number;
            foreach (var (number, use) in Commands[i].Uses.Index().Where(use => use.Item.Slot >= 0 && seen.Add(use.Item.Slot)))
            {
                // A step's own: made in it, as a whole, and done with at its end.
                int slot = use.Slot;
                bool isLocal = use.Writes && use.Bytes == bytes(slot) && first[slot] >= start && last[slot] <= end;
                if (isLocal && leaders.TryGetValue((stage, number, use.Bytes), out int leader))
                {
                    places.Add(slot, leader);
                    last[slot] = -1;
                    continue;
                }

                if (isLocal)
                    leaders.Add((stage, number, use.Bytes), slot);
                first[slot] = Math.Min(first[slot], First);
                last[slot] = Math.Max(last[slot], Last);
            }
        }
    }

    // The numbers of rows into which all commands of a step can be cut, the best first.
    private static IEnumerable<int> RowsOf(ArraySegment<RowCommand> step)
    {
        int all = step.Aggregate(0, (all, command) => (int)BigInteger.GreatestCommonDivisor(all, command.Work!.Parts));
        int enough = Math.Min(all, EnoughRows);
        int[] divisors = [.. Enumerable.Range(1, (int)Math.Sqrt(all)).Where(small => all % small == 0)];
        int[] rows = [.. divisors.Concat(divisors.Select(small => all / small)).Distinct().Where(rows => rows > 1).Order()];
        return rows.Where(rows => rows >= enough && rows <= MostRows).Reverse()
            .Concat(rows.Where(rows => rows > MostRows))
            .Concat(rows.Where(rows => rows < enough).Reverse());
    }

    /// <summary>Commands of which it is known that rows are independent.</summary>
    private sealed class Growth(int rows)
    {
        private readonly Dictionary<int, List<(RowWork Work, Use Use)>> _reads = [], _writes = [];

        /// <summary>Takes in step after step, and says how many.</summary>
        public int Grow(ArraySegment<RowCommand> commands, int stages, RowCommand[] whole)
        {
            int next = ~Array.BinarySearch(whole, commands[0], s_byNumber);
            for (int i = 0; i < commands.Count; i++)
            {
                for (; next < whole.Length && whole[next].Number < commands[i].Number; next++)
                {
                    if (!LeavesAlone(whole[next]))
                        return i / stages;
                }

                if (!commands[i].Uses.All(use => Take(commands[i].Work!, use)))
                    return i / stages;
            }

            return commands.Count / stages;
        }

        // What the loop writes is written and read by rows. What nobody writes may be read in any way.
        private bool Take(RowWork work, Use use)
        {
            if (use.Slot < 0)
                return !use.Writes;
            if (use.Writes)
            {
                At(_writes, use).Add((work, use));
                if (!At(_reads, use).TrueForAll(read => !read.Use.Overlaps(use) || read.Work.IsApart(read.Use, use, rows))
                    || !At(_writes, use).TrueForAll(write => !write.Use.Overlaps(use) || write.Work.IsApart(write.Use, use, rows)))
                {
                    return false;
                }
            }

            if (use.Reads)
                At(_reads, use).Add((work, use));
            return At(_writes, use).TrueForAll(write => !write.Use.Overlaps(use) || work.IsApart(use, write.Use, rows));
        }

        // Whether it might as well come before.
        private bool LeavesAlone(RowCommand command)
            => command.Uses.All(use => use.Slot >= 0 ? IsFree(_writes, use) && (!use.Writes || IsFree(_reads, use)) : !use.Writes);

        private static bool IsFree(Dictionary<int, List<(RowWork Work, Use Use)>> uses, Use use)
            => !At(uses, use).Exists(other => other.Use.Overlaps(use));

        private static List<(RowWork Work, Use Use)> At(Dictionary<int, List<(RowWork Work, Use Use)>> uses, Use use)
        {
            if (!uses.TryGetValue(use.Slot, out var found))
                uses.Add(use.Slot, found = []);
            return found;
        }
    }
}
