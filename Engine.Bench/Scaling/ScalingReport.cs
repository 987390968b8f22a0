using Engine.Bench.Comparing;
using Engine.Bench.Output;
using Engine.RL;
using Engine.RL.Statistics;

namespace Engine.Bench.Scaling;

/// <summary>How what an update takes grows with one thing on one device: lines through the logarithms of all points measured.</summary>
/// <param name="Axis">What grows.</param>
/// <param name="Device">The device.</param>
/// <param name="Points">How many points there are.</param>
/// <param name="Time">The time of an update; null where fewer than two points are known.</param>
/// <param name="FramesPerSecond">The rate of frames.</param>
/// <param name="WorkingBytes">The memory of a replay.</param>
internal sealed record ScalingFit(
    ScalingAxis Axis, string Device, int Points, PowerLaw? Time, PowerLaw? FramesPerSecond, PowerLaw? WorkingBytes);

/// <summary>All points of a run, the lines through them, and the files that they lead to.</summary>
/// <param name="settings">What was measured.</param>
/// <param name="devices">The devices.</param>
/// <param name="points">The points.</param>
internal sealed class ScalingReport(
    ScalingSettings settings, IReadOnlyList<ComparedDevice> devices, IReadOnlyList<ScalingPoint> points)
{
    /// <summary>What was measured.</summary>
    public ScalingSettings Settings => settings;

    /// <summary>The points, in the order in which they were measured.</summary>
    public IReadOnlyList<ScalingPoint> Points => points;

    /// <summary>What grew.</summary>
    public IReadOnlyList<ScalingLadder> Ladders { get; }
        = [.. ScalingLadder.All.Where(ladder => points.Any(point => point.Axis == ladder.Axis))];

    /// <summary>The names of the devices.</summary>
    public IReadOnlyList<string> Devices { get; } = [.. devices.Select(device => device.Name)];

    /// <summary>The lines, by what grows and by device.</summary>
    public IReadOnlyList<ScalingFit> Fits { get; } =
    [
        .. from point in points
           group point by (point.Axis, point.Device) into curve
           select Fit(curve.Key.Axis, curve.Key.Device, [.. curve]),
    ];

    /// <summary>Whether every point was measured, or left out for what it would take.</summary>
    public bool Passed => points.All(point => point.Failed is null);

    /// <summary>The columns of <see cref="Row"/>.</summary>
    public static string[] Columns { get; } =
    [
        "axis", "value", "device", "median_ms", "min_ms", "calls", "prepare_ms", "frames_per_second", "commands", "kernels", "copies",
        "working_bytes", "skipped", "failed",
    ];

    /// <summary>A point as cells of a table.</summary>
    public static object?[] Row(ScalingPoint point) =>
    [
        Setting.Text(point.Axis), point.Value, point.Device, point.MedianMs, point.MinMs, point.Calls, point.PrepareMs,
        point.FramesPerSecond, point.Commands, point.Kernels, point.Copies, point.WorkingBytes, point.Skipped, point.Failed,
    ];

    /// <summary>The whole as JSON.</summary>
    public string ToJson() => Json.Write(new
    {
        settings,
        devices = devices.Select(device => new
        {
            device.Name,
            device.Device.Description,
            device.Device.Driver,
            device.Device.Concurrency,
            device.Device.MemoryBytes,
        }),
        points,
        slopes = Fits.Select(fit => new
        {
            fit.Axis,
            fit.Device,
            fit.Points,
            time = fit.Time?.Exponent,
            framesPerSecond = fit.FramesPerSecond?.Exponent,
            workingBytes = fit.WorkingBytes?.Exponent,
        }),
    });

    private static ScalingFit Fit(ScalingAxis axis, string device, ScalingPoint[] curve)
    {
        var known = curve.Where(point => point.MedianMs is not null).ToArray();
        return new(
            axis,
            device,
            known.Length,
            Through(point => point.MedianMs),
            Through(point => point.FramesPerSecond),
            Through(point => point.WorkingBytes));

        PowerLaw? Through(Func<ScalingPoint, double?> quantity)
            => PowerLaw.Of([.. known.Select(point => (double)point.Value)], [.. known.Select(point => quantity(point)!.Value)]);
    }
}
