using Engine.RL.Experiments;
using static System.FormattableString;

namespace Engine.RL.Studies;

/// <summary>What means and intervals of a study are over: seeds, or the points of training where there is one seed.</summary>
/// <param name="rows">All rows of the study.</param>
internal sealed class StudyUnits(IReadOnlyList<MetricRow> rows)
{
    /// <summary>The number of seeds.</summary>
    public int Seeds { get; } = rows.DistinctBy(row => row.Seed).Count();

    /// <summary>The number of points of training.</summary>
    public int Points { get; } = rows.DistinctBy(row => row.Iteration).Count();

    /// <summary>Whether they are seeds.</summary>
    public bool AreSeeds => Seeds > 1;

    /// <summary>One number for each: the mean of a column of its rows.</summary>
    /// <param name="some">Rows of one quantity.</param>
    /// <param name="column">Which of their values.</param>
    public double[] Of(IEnumerable<MetricRow> some, int column)
        => [.. some.GroupBy(row => AreSeeds ? row.Seed : row.Iteration).OrderBy(group => group.Key)
            .Select(group => group.Average(row => row.Values[column]))];

    /// <inheritdoc/>
    public override string ToString()
        => AreSeeds ? Invariant($"{Seeds} seeds") : Points == 1 ? "one point of training" : Invariant($"{Points} points of training");
}
