namespace Engine.Core.Autodiff;

/// <summary>
/// A run of a function of <see cref="Gradient.Checkpoint"/>. The function may use tensors that were made outside of it; within the run
/// leaves stand for them, so that derivatives end at them as they do at its inputs, and none of them goes unnoticed.
/// </summary>
internal sealed class CheckpointScope : IDisposable
{
    [ThreadStatic]
    private static CheckpointScope? s_current;

    private readonly CheckpointScope? _outer = s_current;
    private readonly long _begin = Tensor.LastId;
    private readonly Tensor[] _inputs;
    private readonly bool _isFirst;
    private readonly List<Tensor> _captured = [];
    private readonly Dictionary<Tensor, Tensor> _standIns = new(ReferenceEqualityComparer.Instance);

    private CheckpointScope(Tensor[] inputs, bool isFirst) => (_inputs, _isFirst) = (inputs, isFirst);

    /// <summary>Tensors from outside that the function has used, the first that it met first.</summary>
    public Tensor[] Captured => [.. _captured];

    /// <summary>Begins the run that finds out what the function captures.</summary>
    /// <param name="inputs">What its inputs stand for.</param>
    public static CheckpointScope First(Tensor[] inputs) => s_current = new(inputs, isFirst: true);

    /// <summary>Begins one more.</summary>
    /// <param name="captured">What the first run found.</param>
    /// <param name="values">What to use in place of these, which is given.</param>
    /// <param name="given">All that the run may use.</param>
    public static CheckpointScope Again(Tensor[] captured, ReadOnlySpan<Tensor> values, Tensor[] given)
    {
        var scope = new CheckpointScope([], isFirst: false);
        foreach (var tensor in given)
        {
            // One of a member of a map, and those of all members that it is of.
            for (var x = tensor; x is not null; x = x.Whole)
                scope._standIns[x] = x;
        }

        for (int i = 0; i < captured.Length; i++)
            scope._standIns[captured[i]] = values[i];
        return s_current = scope;
    }

    /// <summary>Sets the function that this thread runs aside, for work that is none of its own.</summary>
    public static CheckpointScope Apart()
    {
        var scope = new CheckpointScope([], isFirst: true);
        s_current = null;
        return scope;
    }

    /// <summary>What the function that this thread runs sees of a tensor: itself if the function made it, or where there is none.</summary>
    public static Tensor Inside(Tensor x) => s_current is { } scope ? scope.StandIn(x) : x;

    /// <inheritdoc cref="Inside(Tensor)"/>
    public static Tensor[] Inside(Tensor[] xs) => s_current is null ? xs : Array.ConvertAll(xs, Inside);

    /// <summary>
    /// Throws if, in a function under way, others of the tensors that it has from outside depend on some: in the function there is no way
    /// back from these to those, and a derivative would be zero.
    /// </summary>
    /// <param name="xs">Tensors that a derivative is taken in.</param>
    /// <exception cref="InvalidOperationException">It is so.</exception>
    public static void RequireNoWayOutside(Tensor[] xs)
    {
        for (var scope = s_current; scope is { _isFirst: true }; scope = scope._outer)
        {
            Tensor[] outside = [.. xs.Where(x => x.Id <= scope._begin)];
            if (outside.Length == 0)
                return;
            Tensor[] seen = [.. scope._inputs, .. scope._captured];
            if (outside.Intersect(scope._inputs).Any() || Gradient.Between(seen, outside).Between.Count > 0)
            {
                throw new InvalidOperationException(
                    $"Checkpoint: the function takes a derivative in a tensor from outside, {outside[0].Type} {outside[0].Shape}, which "
                    + "its inputs, or others from outside, are or depend on: take it in an input, and make there what depends on that.");
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => s_current = _outer;

    private Tensor StandIn(Tensor x)
    {
        if (x.Id > _begin)
            return x;
        if (_standIns.TryGetValue(x, out var known))
            return known;
        if (!_isFirst)
        {
            throw new InvalidOperationException(
                $"Checkpoint: run again, the function uses a tensor from outside, {x.Type} {x.Shape}, that it did not use the first time: "
                + "what it does may depend on nothing but its inputs and what it captures.");
        }

        _captured.Add(x);
        return _standIns[x] = (_outer?.StandIn(x) ?? x).AsLeaf();
    }
}
