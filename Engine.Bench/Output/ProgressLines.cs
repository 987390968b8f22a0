namespace Engine.Bench.Output;

/// <summary>
/// Progress where no line can be overwritten, as in a log: every label has a line at most every five seconds, and one at its end.
/// </summary>
internal sealed class ProgressLines(TextWriter writer, TimeProvider clock) : IProgressDisplay
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, (Pace Pace, long Shown)> _labels = [];

    public void Report(string label, long done, long total)
    {
        lock (_lock)
        {
            if (!_labels.TryGetValue(label, out var entry))
                entry = (new Pace(clock, done), clock.GetTimestamp());
            bool wasDone = entry.Pace.Total > 0 && entry.Pace.Done >= entry.Pace.Total;
            entry.Pace.Update(done, total);
            if (done >= total ? !wasDone : clock.GetElapsedTime(entry.Shown) >= s_interval)
            {
                entry.Shown = clock.GetTimestamp();
                string share = FormattableString.Invariant($"{done}/{total}");
                string[] parts = [label, share, entry.Pace.Percent, entry.Pace.Speed, entry.Pace.Remaining];
                writer.WriteLine(string.Join("  ", parts.Where(part => part.Length > 0)));
                writer.Flush();
            }

            _labels[label] = entry;
        }
    }

    public void Dispose()
    {
    }
}
