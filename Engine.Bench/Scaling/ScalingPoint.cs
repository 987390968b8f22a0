namespace Engine.Bench.Scaling;

/// <summary>What an update takes where one thing has a value, on a device. What is not known is null.</summary>
/// <param name="Axis">What grows.</param>
/// <param name="Value">Its value.</param>
/// <param name="Device">The device, as it was typed.</param>
internal sealed record ScalingPoint(ScalingAxis Axis, int Value, string Device)
{
    /// <summary>The median time of calls, in milliseconds.</summary>
    public double? MedianMs { get; init; }

    /// <summary>The least.</summary>
    public double? MinMs { get; init; }

    /// <summary>How many calls were timed.</summary>
    public int Calls { get; init; }

    /// <summary>The time of the first two calls, as written and recorded, with what is made ready for them.</summary>
    public double? PrepareMs { get; init; }

    /// <summary>Frames that a call learns from, over the median time; look-ahead comes on top.</summary>
    public double? FramesPerSecond { get; init; }

    /// <summary>Commands of a replay.</summary>
    public long? Commands { get; init; }

    /// <summary>Those that compute.</summary>
    public long? Kernels { get; init; }

    /// <summary>Those that only move numbers.</summary>
    public long? Copies { get; init; }

    /// <summary>The memory that they share, in bytes.</summary>
    public long? WorkingBytes { get; init; }

    /// <summary>Why the point was left out; null if it was not.</summary>
    public string? Skipped { get; init; }

    /// <summary>What went wrong; null if nothing did.</summary>
    public string? Failed { get; init; }
}
