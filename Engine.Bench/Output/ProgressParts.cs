using static System.FormattableString;

namespace Engine.Bench.Output;

/// <summary>The parts of the work, and how far the whole of it has come.</summary>
internal sealed class ProgressParts(TimeProvider clock)
{
    private readonly List<ProgressPart> _all = [];
    private readonly Pace _whole = new(clock);
    private bool _expected;

    /// <summary>Those that are done, under way or expected.</summary>
    public IReadOnlyList<ProgressPart> All => _all;

    /// <summary>Where the whole stands, such as "2 of 4 done, 12 s left"; empty if there is one part, or others are unknown.</summary>
    public string Summary
    {
        get
        {
            if (!_expected || _all.Count == 1)
                return "";
            string text = Invariant($"{_all.Count(part => part.Pace.IsDone)} of {_all.Count} done");
            string time = _whole.RemainingAt(Rate);
            return time is "" or "done" ? text : text + (_whole.IsDone ? " " : ", ") + time;
        }
    }

    // That of the parts under way, as far as it is known: those that are done may have been faster.
    private double Rate
        => _all.Where(part => !part.Pace.IsDone).Select(part => part.WorkRate).Where(double.IsFinite).Sum() is > 0 and var rate
            ? rate
            : _whole.Rate;

    /// <summary>Adds a part that will come.</summary>
    public void Expect(string name, int done, int total, double cost = 1)
    {
        _expected = true;
        Find(name, done, total, cost);
        MeasureWhole();
    }

    /// <summary>Notes how far a part has come, and returns it.</summary>
    public ProgressPart Report(string name, int done, int total, IReadOnlyList<(string Name, double Value)> values)
    {
        var part = Find(name, done, total);
        part.Update(done, total, values);
        MeasureWhole();
        return part;
    }

    private ProgressPart Find(string name, int done, int total, double cost = 1)
    {
        var part = _all.Find(each => each.Name == name);
        if (part is null)
            _all.Add(part = new ProgressPart(name, clock, done, total, cost));
        return part;
    }

    // What was done before took no time here.
    private void MeasureWhole()
        => _whole.Update((long)_all.Sum(part => part.Work), (long)_all.Sum(part => part.AllWork));
}
