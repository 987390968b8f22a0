namespace Engine.Bench.Output;

/// <summary>What is known of a part of the work.</summary>
/// <param name="name">Its name.</param>
/// <param name="clock">The clock.</param>
/// <param name="done">How much of it was done before.</param>
/// <param name="total">How much there is to do.</param>
internal sealed class ProgressPart(string name, TimeProvider clock, int done, int total)
{
    public string Name { get; } = name;

    public Pace Pace { get; } = new(clock, done, total);

    /// <summary>How much of it was done before.</summary>
    public int Before { get; } = done;

    /// <summary>The latest values.</summary>
    public IReadOnlyList<(string Name, double Value)> Values { get; private set; } = [];

    /// <summary>The course of the value that matters most.</summary>
    public Sparkline Course { get; } = new();

    /// <summary>The name of the value whose course is shown; empty if there are no values.</summary>
    public static string Leading(IReadOnlyList<(string Name, double Value)> values)
        => values.FirstOrDefault(value => value.Name.StartsWith("return", StringComparison.Ordinal), values.FirstOrDefault(("", 0))).Name;

    public void Update(int done, int total, IReadOnlyList<(string Name, double Value)> values)
    {
        Pace.Update(done, total);

        // The same list once more is no news: work goes on more often than it is measured.
        if (values.Count == 0 || ReferenceEquals(values, Values))
            return;
        Values = values;
        string leading = Leading(values);
        Course.Add(values.First(value => value.Name == leading).Value);
    }
}
