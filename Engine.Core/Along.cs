namespace Engine.Core;

/// <summary>What to take along one axis: a position (which drops the axis), or a range, perhaps in steps.</summary>
public readonly struct Along
{
    private readonly Range _range;
    private readonly int _step;

    private Along(Range range, int step, bool drops)
    {
        if (step < 1)
            throw new ArgumentOutOfRangeException(nameof(step), step, "Steps along an axis are at least 1.");
        _range = range;
        _step = step;
        Drops = drops;
    }

    internal bool Drops { get; }

    /// <summary>One position.</summary>
    public static implicit operator Along(int position) => (Index)(position < 0 ? ^-position : position);

    /// <summary>One position, perhaps from the end.</summary>
    public static implicit operator Along(Index position) => new(position..position, 1, true);

    /// <summary>Consecutive positions.</summary>
    public static implicit operator Along(Range range) => new(range, 1, false);

    /// <summary>Every <paramref name="step"/>-th position of the axis, or of a range of it.</summary>
    public static Along Every(int step, Range? range = null) => new(range ?? .., step, false);

    internal (int Start, int Size, int Step) Resolve(Shape shape, int axis)
    {
        int length = shape[axis], start = _range.Start.GetOffset(length), end = _range.End.GetOffset(length);
        if (Drops)
            end = start + 1;
        if (start < 0 || end > length || start > end)
        {
            string wanted = Drops ? $"position {_range.Start}" : $"range {_range}";
            throw new ArgumentOutOfRangeException(nameof(axis), $"{wanted} is outside axis {axis} of {shape}.");
        }

        // A step beyond the axis takes one position, as one of its length does.
        int step = Math.Clamp(_step, 1, Math.Max(1, length));
        return (start, start == end ? 0 : ((end - start - 1) / step) + 1, step);
    }
}
