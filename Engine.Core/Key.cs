using Engine.Core.Operations;
using Engine.Kernels;
using Engine.Kernels.Functions;

namespace Engine.Core;

/// <summary>
/// Randomness as a value, as in JAX: what is drawn from a key follows from the key alone, on every device and in every batch. New keys are
/// made by folding numbers in; two different paths of folds and splits from one seed draw different, independent numbers.
/// </summary>
/// <remarks>
/// A key is a tree, and so an input of programs and of <see cref="Batch.Map"/>, where each member gets its own. Use each key for one draw:
/// a second one from the same key begins with the same numbers.
/// </remarks>
/// <param name="Words">Int32 [..., 4]: one key, or as many as there are along the axes before the last.</param>
/// <example><code>
/// var key = Key.Of(seed: 0);
/// var weights = Tensor.Normal(key.Fold(0), [3, 4]);
/// var games = Batch.Map(environment.Reset, key.Fold(1).Split(32));
/// </code></example>
public readonly record struct Key(Tensor Words)
{
    /// <summary>The axes of the keys; none for a single one.</summary>
    /// <exception cref="ArgumentException">The words are not those of keys.</exception>
    public Shape Shape => KeyOperation.KeysOf(Words, problem => new ArgumentException($"Key: {problem}"));

    /// <summary>Where the keys are.</summary>
    public Device Device => Words.Device;

    /// <summary>One of the keys along the first axis.</summary>
    public Key this[Index index] => new(Several()[index]);

    /// <summary>Some of the keys along the first axis.</summary>
    public Key this[Range range] => new(Several()[range]);

    /// <summary>The key of a seed.</summary>
    /// <param name="seed">Any number.</param>
    /// <param name="device">Where it is needed; the processor if null.</param>
    public static Key Of(long seed, Device? device = null)
        => new(Tensor.From([(int)seed, (int)(seed >> 32), 0, 0], [RandomKey.Words], device));

    /// <summary>Several keys as one, along a new first axis.</summary>
    public static Key Stack(IEnumerable<Key> keys) => new(Tensor.Stack(0, [.. keys.Select(key => key.Words)]));

    /// <summary>A new key from this one and a number; of each, if these are several.</summary>
    public Key Fold(int number) => new(new FoldKey(number).Apply(Words));

    /// <summary>New keys from keys and numbers, whose axes broadcast: one key and [n] numbers make [n] keys.</summary>
    /// <param name="numbers">Int32. In a program, what differs from run to run is such a tensor.</param>
    /// <exception cref="ArgumentException">The numbers are not integers, or axes don't broadcast.</exception>
    public Key Fold(Tensor numbers)
    {
        if (numbers.Type != ElementType.Int32)
        {
            throw new ArgumentException(
                $"Key.Fold: numbers are Int32, got {numbers.Type} {numbers.Shape}: use Cast.", nameof(numbers));
        }

        var shape = Shape.Broadcast(Shape, numbers.Shape)
            ?? throw new ArgumentException($"Key.Fold: numbers {numbers.Shape} don't broadcast to keys {Shape}.", nameof(numbers));
        return new(new FoldKeyBy().Apply(Words.BroadcastTo([.. shape, RandomKey.Words]), numbers.BroadcastTo(shape)));
    }

    /// <summary>New keys from this one and each number of a range, as in <c>0..20</c>, along a new last axis.</summary>
    /// <exception cref="ArgumentException">The range is counted from an end, or ends before it begins.</exception>
    public Key Fold(Range numbers)
    {
        int first = numbers.Start.Value, count = numbers.End.Value - first;
        return numbers.Start.IsFromEnd || numbers.End.IsFromEnd || count < 0
            ? throw new ArgumentException($"Key.Fold: a range of numbers is like 0..20, not {numbers}.", nameof(numbers))
            : new(new FoldKeyRange(first, count).Apply(Words));
    }

    /// <summary>As many new keys as wanted, along a new last axis: for <see cref="Batch.Map"/>, say.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The count is negative.</exception>
    public Key Split(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        return new(new SplitKey(count).Apply(Words));
    }

    /// <summary>The keys along the first axis, each by itself.</summary>
    public Key[] Unstack() => [.. Several().Unstack().Select(words => new Key(words))];

    /// <summary>The keys on a device.</summary>
    public Key To(Device device) => new(Words.To(device));

    /// <summary>The same keys along other axes; one size may be -1.</summary>
    public Key Reshape(params int[] sizes) => new(Words.Reshape([.. sizes, RandomKey.Words]));

    private Tensor Several()
        => Shape.Rank > 0 ? Words : throw new InvalidOperationException("Key: this is a single key; Split or Fold makes several.");
}
