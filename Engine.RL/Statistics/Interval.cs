namespace Engine.RL.Statistics;

/// <summary>An interval that a number lies in, with 95% confidence.</summary>
/// <param name="Low">Its lower end.</param>
/// <param name="High">Its upper end.</param>
public readonly record struct Interval(double Low, double High);
