using System.Globalization;

namespace Engine.Bench.Output;

/// <summary>How fast something goes, judged by the last half minute or so, and how long it will take.</summary>
internal sealed class Pace
{
    private const int Most = 64;
    private static readonly TimeSpan s_spacing = TimeSpan.FromSeconds(0.5);

    private readonly TimeProvider _clock;
    private readonly Queue<(long Time, long Done)> _samples = new();
    private readonly long _start;
    private long _lastSample;

    public Pace(TimeProvider clock, long done)
    {
        _clock = clock;
        _start = _lastSample = clock.GetTimestamp();
        Done = done;
        _samples.Enqueue((_start, done));
    }

    public long Done { get; private set; }

    public long Total { get; private set; }

    public TimeSpan Elapsed => _clock.GetElapsedTime(_start);

    /// <summary>Units a second; NaN before it is known.</summary>
    public double Rate
    {
        get
        {
            var (time, done) = _samples.Peek();
            double seconds = _clock.GetElapsedTime(time).TotalSeconds;
            return seconds > 0 && Done > done ? (Done - done) / seconds : double.NaN;
        }
    }

    public void Update(long done, long total)
    {
        (Done, Total) = (done, total);
        if (_clock.GetElapsedTime(_lastSample) < s_spacing)
            return;
        _lastSample = _clock.GetTimestamp();
        _samples.Enqueue((_lastSample, done));
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

    public string Remaining
        => Done >= Total ? "in " + Duration(Elapsed.TotalSeconds)
        : double.IsNaN(Rate) ? ""
        : Duration((Total - Done) / Rate) + " left";

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
