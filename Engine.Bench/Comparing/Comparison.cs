using Engine.Bench.Output;
namespace Engine.Bench.Comparing;

/// <summary>What several devices made of the same work.</summary>
/// <param name="Name">The workload, or the operation.</param>
/// <param name="Case">What the operation's sample tries; empty for a workload.</param>
/// <param name="Type">Element types of the inputs.</param>
/// <param name="Tolerance">The largest relative difference from the reference that is allowed.</param>
/// <param name="Outcomes">What came of it on each device, the reference first.</param>
internal sealed record Comparison(string Name, string Case, string Type, double Tolerance, IReadOnlyList<Outcome> Outcomes)
{
    /// <summary>Whether no device failed, and all results that there are agree with the reference's.</summary>
    public bool Passed => Outcomes.All(outcome => outcome.Passed != false);
}

/// <summary>What came of work on one device.</summary>
/// <param name="Device">The device.</param>
internal sealed record Outcome(string Device)
{
    /// <summary>The median time of calls, in milliseconds.</summary>
    public double? MedianMs { get; init; }

    /// <summary>How many calls were timed.</summary>
    public int Calls { get; init; }

    /// <summary>The median over that of the reference.</summary>
    public double? Ratio { get; init; }

    /// <summary>The time that the work would take at the device's peak, over the median.</summary>
    public double? ShareOfPeak { get; init; }

    /// <summary>The largest relative difference from the reference's results, see <see cref="RelativeDifference"/>.</summary>
    public double? Difference { get; init; }

    /// <summary>Whether the difference is allowed; false if the device failed, null if there was nothing to compare.</summary>
    public bool? Passed { get; init; }

    /// <summary>Why the work was left out; null if it was not.</summary>
    public string? Skipped { get; init; }

    /// <summary>What went wrong; null if nothing did.</summary>
    public string? Failed { get; init; }

    /// <summary>What went wrong, in a line.</summary>
    public static string Describe(Exception e) => Printable.Line($"{e.GetType().Name}: {e.Message}");
}
