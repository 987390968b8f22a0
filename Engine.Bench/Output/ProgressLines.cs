namespace Engine.Bench.Output;

/// <summary>
/// Progress where no line can be overwritten, as in a log: every part has a line at most every five seconds, and one at its end.
/// </summary>
internal sealed class ProgressLines(TextWriter writer, TimeProvider clock) : IProgressDisplay
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, (ProgressPart Part, long Shown)> _parts = [];

    public void Report(string part, int done, int total, IReadOnlyList<(string Name, double Value)> values)
    {
        lock (_lock)
        {
            if (!_parts.TryGetValue(part, out var entry))
                entry = (new ProgressPart(part, clock, done), clock.GetTimestamp());
            bool wasDone = entry.Part.IsDone;
            entry.Part.Update(done, total, values);
            if (done >= total ? !wasDone : clock.GetElapsedTime(entry.Shown) >= s_interval)
            {
                entry.Shown = clock.GetTimestamp();
                var pace = entry.Part.Pace;
                string[] parts =
                [
                    part,
                    FormattableString.Invariant($"{done}/{total}"),
                    pace.Percent,
                    pace.Speed,
                    pace.Remaining,
                    .. entry.Part.Values.Select(value => $"{value.Name} {ShortNumber.Text(value.Value)}"),
                ];
                writer.WriteLine(string.Join("  ", parts.Where(text => text.Length > 0)));
                writer.Flush();
            }

            _parts[part] = entry;
        }
    }

    public void Dispose()
    {
    }
}
