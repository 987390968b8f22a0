namespace Engine.Bench.Output;

/// <summary>
/// Progress where no line can be overwritten, as in a log: every part has a line at most every five seconds, and one at its end.
/// </summary>
internal sealed class ProgressLines(TextWriter writer, TimeProvider clock) : IProgressDisplay
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly ProgressParts _parts = new(clock);
    private readonly Dictionary<ProgressPart, (long Time, bool Done)> _shown = [];

    public void Expect(string part, int done, int total, double cost)
    {
        lock (_lock)
            _parts.Expect(part, done, total, cost);
    }

    public void Report(string part, int done, int total, IReadOnlyList<(string Name, double Value)> values)
    {
        lock (_lock)
        {
            var entry = _parts.Report(part, done, total, values);
            if (!_shown.TryGetValue(entry, out var shown))
                _shown[entry] = shown = (clock.GetTimestamp(), false);
            bool isDone = done >= total;
            if (isDone ? shown.Done : clock.GetElapsedTime(shown.Time) < s_interval)
                return;
            _shown[entry] = (clock.GetTimestamp(), isDone);
            var pace = entry.Pace;
            string[] words =
            [
                part,
                FormattableString.Invariant($"{done}/{total}"),
                pace.Percent,
                pace.Speed,
                pace.Remaining,
                .. entry.Values.Select(value => $"{value.Name} {ShortNumber.Text(value.Value)}"),
                _parts.Summary is { Length: > 0 } summary ? $"({summary})" : "",
            ];
            writer.WriteLine(string.Join("  ", words.Where(text => text.Length > 0)));
            writer.Flush();
        }
    }

    public void Dispose()
    {
    }
}
