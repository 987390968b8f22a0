namespace Engine.RL.Experiments;

/// <summary>Settings of <see cref="Figure5"/>; the defaults are those of the paper.</summary>
public sealed record Figure5Settings : MrpSettings
{
    /// <summary>Points of training, evenly spaced, at which estimators are judged; the last one is the end.</summary>
    public int Points { get; init; } = 20;

    /// <summary>Meta-gradients of each estimator at each point.</summary>
    public int Replicates { get; init; } = 2048;

    /// <summary>The numbers of inner steps to judge, each classic and, above 1, mixed.</summary>
    public IReadOnlyList<int> LookAhead { get; init; } = [1, 2, 3, 5, 10, 20];

    /// <summary>Inner steps of the oracle.</summary>
    public int Oracle { get; init; } = 40;

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Require(LookAhead.Count > 0, "look-ahead", "empty", "a list of numbers such as 1,2,3,5,10,20");
        Require(LookAhead.Min() >= 1, "look-ahead", string.Join(",", LookAhead), "a list of numbers of at least 1");
        Require(LookAhead.Distinct().Count() == LookAhead.Count, "look-ahead", string.Join(",", LookAhead), "a list in which no number stands twice");
        Require(Points >= 1 && Points <= Iterations, "points", Points, $"between 1 and the number of iterations, {Iterations}");
        Require(Replicates >= 2, "replicates", Replicates, "at least 2");
        Require(Oracle >= LookAhead.Max(), "oracle", Oracle, $"at least the largest number of inner steps, {LookAhead.Max()}");
    }
}
