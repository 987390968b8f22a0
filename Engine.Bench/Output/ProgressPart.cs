namespace Engine.Bench.Output;

/// <summary>What is known of a part of the work.</summary>
internal sealed class ProgressPart(string name, TimeProvider clock, int done)
{
    public string Name { get; } = name;

    public Pace Pace { get; } = new(clock, done);

    /// <summary>The latest values.</summary>
    public IReadOnlyList<(string Name, double Value)> Values { get; private set; } = [];

    /// <summary>The course of the value that matters most.</summary>
    public Sparkline Course { get; } = new();

    public bool IsDone => Pace.Total > 0 && Pace.Done >= Pace.Total;

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
