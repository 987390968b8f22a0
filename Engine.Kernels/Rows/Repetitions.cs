namespace Engine.Kernels.Rows;

/// <summary>Where in a row of numbers the same few come over and over.</summary>
internal sealed class Repetitions
{
    private readonly int[] _kinds;
    private readonly int[][] _same;

    /// <summary>Looks for them.</summary>
    /// <param name="kinds">The numbers; those below 0 are like no other.</param>
    /// <param name="mostStages">How many the few are at most.</param>
    public Repetitions(int[] kinds, int mostStages)
    {
        // For each number of stages, how many from a place on are equal to those that are as much further on.
        _kinds = kinds;
        _same = new int[Math.Min(mostStages, kinds.Length)][];
        for (int stages = 1; stages <= _same.Length; stages++)
        {
            int[] same = _same[stages - 1] = new int[kinds.Length];
            for (int i = kinds.Length - stages - 1; i >= 0; i--)
                same[i] = kinds[i] == kinds[i + stages] ? same[i + 1] + 1 : 0;
        }
    }

    /// <summary>The longest repetition that begins at a place: of how many, and how often they come; (1, 1) if there is none.</summary>
    public (int Stages, int Steps) LongestAt(int start)
    {
        var longest = (Stages: 1, Steps: 1);
        for (int stages = 1; stages <= _same.Length && _kinds[start] >= 0; stages++)
        {
            int steps = (_same[stages - 1][start] / stages) + 1;
            if (steps > 1 && steps * stages > longest.Steps * longest.Stages)
                longest = (stages, steps);
        }

        return longest;
    }
}
