namespace Engine.Core;

/// <summary>Which numbers Int32 tensors take.</summary>
internal static class IntegerRange
{
    /// <summary>Whether Int32 holds a number: a whole one from -2^31 to 2^31 - 1.</summary>
    public static bool Holds(double value) => value == (int)value;
}
