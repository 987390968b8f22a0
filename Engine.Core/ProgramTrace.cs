using System.Globalization;
using Engine.Kernels;
using Buffer = Engine.Kernels.Memory.Buffer;

namespace Engine.Core;

/// <summary>
/// What a program's function makes in one run, in order: constants, operations with their numbers, and tensors that it captures. Held
/// against an earlier run it tells what was frozen in the recording of that.
/// </summary>
/// <param name="earlier">The run to compare this one with, if any.</param>
internal sealed class ProgramTrace(ProgramTrace? earlier) : IDisposable
{
    [ThreadStatic]
    private static ProgramTrace? s_current;

    private readonly List<Entry> _entries = [];
    private readonly int[] _counts = new int[3];
    private readonly HashSet<Buffer> _captured = [];
    private readonly List<(Entry? Then, Entry? Now, string Site)> _changes = [];
    private ProgramTrace? _earlier = earlier;

    private enum Kind
    {
        Constant,
        Operation,
        Captured,
    }

    /// <summary>The trace of what this thread runs; null where nobody traces it.</summary>
    public static ProgramTrace? Current => s_current;

    /// <summary>Traces what this thread runs, until it is disposed.</summary>
    public ProgramTrace Begin() => s_current = this;

    /// <inheritdoc/>
    public void Dispose() => s_current = null;

    /// <summary>Takes note of values from the host: of all elements, or the one that they all have.</summary>
    public void AddConstant<T>(Shape shape, ReadOnlySpan<T> values)
        where T : unmanaged
    {
        var numbers = new double[values.Length];
        for (int i = 0; i < numbers.Length; i++)
            numbers[i] = Convert.ToDouble(values[i], CultureInfo.InvariantCulture);
        Add(Kind.Constant, shape, numbers);
    }

    /// <summary>Takes note of an operation, and of those of its inputs that were made outside of the function.</summary>
    public void Add(Primitive operation, Shape shape, Tensor[] x)
    {
        AddCaptured(x);
        Add(Kind.Operation, shape, operation);
    }

    /// <summary>Takes note of the end of the run, with its results.</summary>
    public void End(Tensor[] results)
    {
        AddCaptured(results);
        if (_earlier?._entries.ElementAtOrDefault(_entries.Count) is { } more)
            Differ(more, null);
        _earlier = null;
    }

    /// <summary>Reads captured tensors, which can't be done within the run.</summary>
    public void Read()
    {
        foreach (var entry in _entries)
        {
            if (entry.Value is Tensor tensor)
                entry.Value = tensor.ToDoubles();
        }
    }

    /// <summary>What was the first to differ from the earlier run, with a remedy; null if nothing did.</summary>
    public string? Change()
    {
        Read();
        foreach (var (then, now, site) in _changes)
        {
            if (then?.Kind == now?.Kind && Numbers(then!, now!) is { } numbers)
            {
                if (numbers.Length > 0)
                    return $"The first thing to differ is {numbers}, in {site}: pass it as an input.";
                continue;
            }

            return (then is null ? $"The function had ended at recording, and goes on now with {now}, in {site}."
                : now is null ? $"The function went on at recording with {then}, and ends now."
                : $"What was {then}, at recording is {now}, now, in {site}.")
                + " Where a number of C# decides what is computed, choose with Tensor.Where, or put the number into the inputs: what is no "
                + "tensor there has a recording for each of its values.";
        }

        return null;
    }

    // Numbers in which alone two entries of one kind differ, none where they turn out not to; null if there is more.
    private static string? Numbers(Entry then, Entry now)
    {
        if (then.Value is Primitive before && now.Value is Primitive after)
        {
            var number = before.GetType() == after.GetType()
                ? before.GetType().GetProperties().FirstOrDefault(each => Text(each.GetValue(before)) != Text(each.GetValue(after)))
                : null;
            return number is null ? null
                : $"{number.Name} of {now}: {Text(number.GetValue(before))} at recording, {Text(number.GetValue(after))} now";
        }

        if (then.Shape != now.Shape || then.Value is not double[] old || now.Value is not double[] recent || old.Length != recent.Length)
            return null;
        int at = Enumerable.Range(0, old.Length).FirstOrDefault(i => !old[i].Equals(recent[i]), -1);
        return at < 0 ? "" : $"{now}{(old.Length == 1 ? "" : $" at element {at}")}: {Text(old[at])} at recording, {Text(recent[at])} now";
    }

    private static string? Text(object? value) => Convert.ToString(value, CultureInfo.InvariantCulture);

    private void AddCaptured(Tensor[] tensors)
    {
        foreach (var tensor in tensors)
        {
            if (Recording.Captures(tensor.Buffer) && _captured.Add(tensor.Buffer))
                Add(Kind.Captured, tensor.Shape, tensor.AsLeaf());
        }
    }

    private void Add(Kind kind, Shape shape, object value)
    {
        var now = new Entry(kind, ++_counts[(int)kind], shape, value);
        _entries.Add(now);
        var then = _earlier?._entries.ElementAtOrDefault(_entries.Count - 1);
        if (_earlier is null || (then is not null && now.IsLike(then)))
            return;
        Differ(then, now);

        // Whether a captured tensor has other values shows when it is read. Where anything else differs, no more places match.
        if (kind != Kind.Captured || then?.Kind != kind)
            _earlier = null;
    }

    private void Differ(Entry? then, Entry? now) => _changes.Add((then, now, CallSite.Here()));

    private sealed class Entry(Kind kind, int number, Shape shape, object value)
    {
        private readonly Buffer? _buffer = (value as Tensor)?.Buffer;

        public Kind Kind => kind;

        public Shape Shape => shape;

        /// <summary>Numbers, or the operation; for now the tensor that was captured.</summary>
        public object Value { get; set; } = value;

        public bool IsLike(Entry other)
            => kind == other.Kind && shape == other.Shape
                && (kind == Kind.Captured ? _buffer == other._buffer
                    : Value is double[] numbers ? numbers.AsSpan().SequenceEqual((double[])other.Value)
                    : Value.Equals(other.Value) || Value.ToString() == other.Value.ToString());

        public override string ToString()
        {
            string ending = (number % 100) is 11 or 12 or 13 ? "th" : (number % 10) switch { 1 => "st", 2 => "nd", 3 => "rd", _ => "th" };
            string size = shape.Rank == 0 ? "a scalar" : $"of shape {shape}";
            return kind switch
            {
                Kind.Constant => $"the {number}{ending} constant made inside the function, {size}",
                Kind.Captured => $"the {number}{ending} tensor captured from outside, {size}",
                _ => $"the {number}{ending} operation, {((Primitive)Value).Name} {shape}",
            };
        }
    }
}
