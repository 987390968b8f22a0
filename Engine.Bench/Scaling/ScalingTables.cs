using Engine.Bench.Output;
using Engine.RL;
using Engine.RL.Statistics;
using Spectre.Console;
using static System.FormattableString;

namespace Engine.Bench.Scaling;

/// <summary>Prints how cost grows.</summary>
internal static class ScalingTables
{
    /// <summary>What slopes mean.</summary>
    public const string Meaning = "1 is in proportion, 0 no growth";

    /// <summary>Prints points and slopes.</summary>
    public static void Write(IAnsiConsole console, ScalingReport report)
    {
        console.WriteTable(
            ["What grows", ">To", "Device", ">ms", ">Least ms", ">Calls", ">Frames/s", ">Commands", ">Working MiB", ""],
            report.Points.Select(point => (string[])[
                Setting.Text(point.Axis),
                Invariant($"{point.Value}"),
                point.Device,
                Text(point.MedianMs),
                Text(point.MinMs),
                Invariant($"{point.Calls}"),
                Text(point.FramesPerSecond),
                point.Commands is { } commands ? Invariant($"{commands}") : "-",
                Text(point.WorkingBytes / (double)(1 << 20)),
                point is { Failed: { } failed } ? $"failed: {failed}" : point is { Skipped: { } skipped } ? $"skipped: {skipped}" : ""]),
            Invariant($"An update with a meta-gradient of method {report.Settings.Method}: medians of calls. ")
                + Invariant($"All else is as it is by default: 1 agent, Snake on {report.Settings.Grid}, 32 environments, 20 steps. ")
                + "Replicates are meta-gradients of the Markov reward process.");
        console.WriteTable(
            ["What grows", "Device", ">Points", ">Slope of time", ">of frames/s", ">of memory"],
            report.Fits.Select(fit => (string[])[
                Setting.Text(fit.Axis),
                fit.Device,
                Invariant($"{fit.Points}"),
                Slope(fit.Time),
                Slope(fit.FramesPerSecond),
                Slope(fit.WorkingBytes)]),
            $"Slopes of lines through the logarithms of all points measured, by least squares: {Meaning}. In brackets: standard errors.");
    }

    /// <summary>The slope of a line, with its error in brackets where there is one.</summary>
    public static string Slope(PowerLaw? line) => line?.Exponent.Text("0.00") ?? "-";

    private static string Text(double? number) => ShortNumber.Text(number ?? double.NaN);
}
