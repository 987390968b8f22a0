using System.Globalization;

namespace Engine.RL.Statistics;

/// <summary>An interval that a number lies in, with 95% confidence.</summary>
/// <param name="Low">Its lower end.</param>
/// <param name="High">Its upper end.</param>
public readonly record struct Interval(double Low, double High)
{
    /// <summary>The interval in square brackets, such as [4.9, 5.6].</summary>
    public string Text(Func<double, string> number) => $"[{number(Low)}, {number(High)}]";

    /// <inheritdoc/>
    public override string ToString() => Text(value => value.ToString(CultureInfo.InvariantCulture));
}
