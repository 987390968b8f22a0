namespace Engine.Core.Optim;

/// <summary>Checks of numbers that optimisers and schedules are given.</summary>
internal static class Option
{
    /// <summary>The value, if it is finite.</summary>
    public static double Finite(double value, string name) => Require(double.IsFinite(value), value, name, "a finite number");

    /// <summary>The value, if it is finite and not negative.</summary>
    public static double NotNegative(double value, string name)
        => Require(value >= 0 && double.IsFinite(value), value, name, "a finite number from 0 up");

    /// <summary>The value, if it is above 0; it may be infinite.</summary>
    public static double Positive(double value, string name) => Require(value > 0, value, name, "above 0");

    /// <summary>The value, if it is a share that an average can keep.</summary>
    public static double Kept(double value, string name) => Require(value is >= 0 and < 1, value, name, "from 0 to below 1");

    private static double Require(bool holds, double value, string name, string range)
        => holds ? value : throw new ArgumentOutOfRangeException(name, value, $"{name} must be {range}.");
}
