using Engine.Kernels;

namespace Engine.Core.Autodiff;

/// <summary>
/// The results of a function of whose work nothing else is kept. The gradient rule runs it again, and is a checkpoint itself: derivatives
/// of any order keep no more than what they begin from. See <see cref="Gradient.Checkpoint"/>.
/// </summary>
/// <param name="Function">The function, of the inputs.</param>
/// <param name="Captured">What it captures: the primitive's inputs after those.</param>
/// <param name="Made">Its results, as leaves.</param>
/// <param name="From">What they were made of, for its types and shapes alone.</param>
internal sealed record Checkpointed(Func<Tensor[], Tensor[]> Function, Tensor[] Captured, Tensor[] Made, Tensor[] From) : Primitive
{
    /// <summary>Runs a function and keeps nothing but its results. Those that have no derivative are constants.</summary>
    public static Tensor[] Run(Func<Tensor[], Tensor[]> function, Tensor[] inputs)
    {
        Tensor[] captured = [], given = CheckpointScope.Inside(inputs);
        int[] moving = [];
        var made = Recording.Part(
            () =>
            {
                using var memory = new TensorScope();
                using var scope = CheckpointScope.First(inputs);
                given = Array.ConvertAll(given, x => x.AsLeaf());
                var results = CheckpointScope.Inside(function(given));
                captured = scope.Captured;
                var depends = Gradient.Between(results, [.. given, .. CheckpointScope.Inside(captured)]).Depends;
                moving = [.. Enumerable.Range(0, results.Length).Where(i => results[i].Type.IsFloat() && depends.Contains(results[i]))];
                return memory.Keep(Array.ConvertAll(results, y => y.AsLeaf()));
            },
            results => results.Select(y => y.Buffer));
        if (moving.Length == 0)
            return made;
        var some = Of(x => Some(function(x)), captured, Some(made), [.. inputs, .. captured]);
        for (int i = 0; i < moving.Length; i++)
            made[moving[i]] = some[i];
        return made;

        Tensor[] Some(Tensor[] all) => Array.ConvertAll(moving, i => all[i]);
    }

    /// <inheritdoc/>
    public override Tensor?[] VjpAll(Tensor?[] g, Tensor[] y, Tensor[] x, bool[] wanted)
    {
        int[] from = [.. Enumerable.Range(0, g.Length).Where(i => g[i] is not null)];
        int[] to = [.. Enumerable.Range(0, x.Length).Where(i => wanted[i])];
        int[] found = [];
        var flowing = Run(
            given =>
            {
                var at = given[..x.Length];
                using var scope = Again(at, given);
                var results = Apply(at);
                var cotangents = Gradient.Backward(
                    Array.ConvertAll(from, i => results[i]), Array.ConvertAll(to, i => at[i]), given[x.Length..]);
                found = [.. to.Where((_, i) => cotangents[i] is not null)];
                return [.. cotangents.OfType<Tensor>()];
            },
            [.. x, .. from.Select(i => g[i]!)]);
        var all = new Tensor?[x.Length];
        for (int i = 0; i < found.Length; i++)
            all[found[i]] = flowing[i];
        return all;
    }

    /// <inheritdoc/>
    protected override (ElementType Type, Shape Shape)[] InferAll(Tensor[] x)
        => x.Length == From.Length && x.Zip(From).All(pair => (pair.First.Type, pair.First.Shape) == (pair.Second.Type, pair.Second.Shape))
            ? [.. Made.Select(y => (y.Type, y.Shape))]
            : throw Error("the results are those of other inputs");

    /// <inheritdoc/>
    protected override void ComputeAll(Tensor[] y, Tensor[] x)
    {
        // Nothing to do: the results were made before.
    }

    private protected override Tensor Result(Tensor[] x, int number, ElementType type, Shape shape)
        => new(x[0].Device, type, shape, Made[number].Buffer, this, Remembered(x, type));

    /// <inheritdoc/>
    protected override Tensor[] BatchedAll(BatchedInputs x)
    {
        int[] own = [.. Enumerable.Range(0, x.Count).Where(x.IsOwn)];
        return Of(ForAll, [], Array.ConvertAll(Made, x.Show), [.. Enumerable.Range(0, x.Count).Select(i => x[i])]);

        Tensor[] ForAll(Tensor[] given) => Batch.Map(
            members =>
            {
                var at = given.ToArray();
                for (int i = 0; i < own.Length; i++)
                    at[own[i]] = members[i];
                using var scope = Again(at, at);
                return CheckpointScope.Inside(Apply(at));
            },
            Array.ConvertAll(own, i => given[i]));
    }

    private static Tensor[] Of(Func<Tensor[], Tensor[]> function, Tensor[] captured, Tensor[] made, Tensor[] x)
        => new Checkpointed(function, captured, made, Array.ConvertAll(x, each => each.WithoutMemory())).ApplyAll(x);

    private CheckpointScope Again(Tensor[] x, Tensor[] given)
        => CheckpointScope.Again(Captured, x.AsSpan(x.Length - Captured.Length), given);

    private Tensor[] Apply(Tensor[] x) => Function(x[..^Captured.Length]);
}
