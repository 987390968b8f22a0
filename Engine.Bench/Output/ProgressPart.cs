namespace Engine.Bench.Output;

/// <summary>What is known of a part of the work.</summary>
/// <param name="name">Its name.</param>
/// <param name="clock">The clock.</param>
/// <param name="done">How much of it was done before.</param>
/// <param name="total">How much there is to do.</param>
/// <param name="cost">How long a unit takes, roughly, beside those of other parts.</param>
internal sealed class ProgressPart(string name, TimeProvider clock, int done, int total, double cost = 1)
{
    public string Name { get; } = name;

    public Pace Pace { get; } = new(clock, done, total);

    /// <summary>How much of it is done since the beginning, in units that take equally long in all parts.</summary>
    public double Work => cost * (Pace.Done - done);

    /// <summary>How much of it there was to do then, in these units.</summary>
    public double AllWork => cost * (Pace.Total - done);

    /// <summary>How many of these units it makes a second; NaN before that is known.</summary>
    public double WorkRate => cost * Pace.Rate;

    /// <summary>Whether it has gone on since the beginning, and is not done.</summary>
    public bool IsUnderWay => Pace.Done > done && !Pace.IsDone;

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
