using System.Globalization;

namespace Engine.Bench.Output;

/// <summary>
/// How fast something goes, judged by the last half minute or so, and how long it will take. The clock starts with the first update and
/// stops with the end.
/// </summary>
/// <param name="clock">The clock.</param>
/// <param name="done">How much is done before anything begins.</param>
/// <param name="total">How much there is to do.</param>
internal sealed class Pace(TimeProvider clock, long done = 0, long total = 0)
{
    private const int Most = 64;
    private static readonly TimeSpan s_spacing = TimeSpan.FromSeconds(0.5);

    private readonly Queue<(long Time, long Done)> _samples = new();
    private (long Time, long Done) _start;
    private long _lastSample;
    private long? _end;

    public long Done { get; private set; } = done;

    public long Total { get; private set; } = total;

    public bool IsDone => Total > 0 && Done >= Total;

    /// <summary>Units a second, of all that is done once it is; NaN before it is known.</summary>
    public double Rate
    {
        get
        {
            if (_samples.Count == 0)
                return double.NaN;
            var (time, done) = IsDone ? _start : _samples.Peek();
            double seconds = Since(time);
            return seconds > 0 && Done > done ? (Done - done) / seconds : double.NaN;
        }
    }

    public void Update(long done, long total)
    {
        (Done, Total) = (done, total);
        long now = clock.GetTimestamp();
        _end = IsDone ? _end ?? now : null;
        if (_samples.Count == 0)
            _start = (now, done);
        else if (clock.GetElapsedTime(_lastSample, now) < s_spacing)
            return;
        _lastSample = now;
        _samples.Enqueue((now, done));
        if (_samples.Count > Most)
            _samples.Dequeue();
    }

    public string Percent => Total <= 0 ? "" : (100 * Done / Total).ToString(CultureInfo.InvariantCulture) + " %";

    public string Speed => Rate switch
    {
        double.NaN => "",
        >= 100 => Rate.ToString("F0", CultureInfo.InvariantCulture) + " it/s",
        >= 1 => Rate.ToString("0.##", CultureInfo.InvariantCulture) + " it/s",
        _ => (1 / Rate).ToString("0.##", CultureInfo.InvariantCulture) + " s/it",
    };

    public string Remaining => RemainingAt(Rate);

    /// <summary>How long it takes at some rate, or took if it is done; empty if the rate is NaN.</summary>
    public string RemainingAt(double rate)
        => double.IsNaN(rate) ? IsDone ? "done" : ""
        : IsDone ? "in " + Duration(Since(_start.Time))
        : Duration((Total - Done) / rate) + " left";

    private double Since(long time) => clock.GetElapsedTime(time, _end ?? clock.GetTimestamp()).TotalSeconds;

    private static string Duration(double exact)
    {
        long seconds = (long)Math.Ceiling(exact);
        return seconds switch
        {
            < 60 => string.Create(CultureInfo.InvariantCulture, $"{seconds} s"),
            < 3600 => string.Create(CultureInfo.InvariantCulture, $"{seconds / 60} min {seconds % 60:00} s"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{seconds / 3600} h {seconds / 60 % 60:00} min"),
        };
    }
}
