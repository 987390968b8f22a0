namespace Engine.Core;

/// <summary>
/// Code for one as code for many, as JAX's vmap: a function that is written for one member of a batch runs once for all of them.
/// </summary>
/// <remarks>
/// Within the function a tensor of the batch has the shape that it has for one member, and every operation follows its batching rule.
/// A gradient taken within is that of each member, in tensors that members share too; one taken outside adds up what members
/// contribute, in one contraction. Maps may be nested, differentiated and recorded in programs, in any order.
/// </remarks>
public static class Batch
{
    [ThreadStatic]
    private static int s_depth;

    /// <summary>Applies a function to each member of a batch.</summary>
    /// <typeparam name="TIn">A tree, see <see cref="Tree"/>.</typeparam>
    /// <typeparam name="TOut">A tree.</typeparam>
    /// <param name="function">
    /// What is done for one member. Tensors that it captures are shared by all. It can't read values, which differ from member to member.
    /// </param>
    /// <param name="xs">A tree whose tensors all have the members along their first axis.</param>
    /// <returns>
    /// The function's results, with the members along the first axis; one that does not depend on the member is repeated.
    /// </returns>
    /// <exception cref="ArgumentException">There is no tensor, one has no axis, or their first axes differ or are empty.</exception>
    /// <exception cref="InvalidOperationException">The function reads a value.</exception>
    /// <example><code>
    /// // Gradients of each row's own loss, [rows, ...], from weights that all share.
    /// Tensor each = Batch.Map(row => Gradient.Of(Loss(weights, row), weights), rows);
    /// </code></example>
    public static TOut Map<TIn, TOut>(Func<TIn, TOut> function, TIn xs)
    {
        var leaves = Tree.Leaves(xs);
        if (leaves.Length == 0 || Array.Exists(leaves, x => x.Rank == 0 || x.Shape[0] != leaves[0].Shape[0] || x.Shape[0] == 0))
        {
            throw new ArgumentException(
                "Batch: all tensors need the members, one or more, along their first axis, got "
                + (leaves.Length == 0 ? "no tensor." : $"{string.Join(", ", leaves.Take(8).Select(x => x.Shape))}."),
                nameof(xs));
        }

        var map = new BatchedMap(s_depth + 1, leaves[0].Shape[0]);
        s_depth++;
        try
        {
            return Tree.Map(function(Tree.Map(xs, map.Hide)), map.Show);
        }
        finally
        {
            s_depth--;
            map.HasEnded = true;
        }
    }
}

/// <summary>A run of <see cref="Batch.Map"/>.</summary>
/// <param name="depth">The number of maps that it is in, and itself.</param>
/// <param name="members">Members of the batch.</param>
internal sealed class BatchedMap(int depth, int members)
{
    /// <summary>Members of the batch.</summary>
    public int Members => members;

    /// <summary>Whether it is over, and its tensors of no further use.</summary>
    public bool HasEnded { get; set; }

    private int Depth => depth;

    /// <summary>The innermost map that one of some tensors belongs to; null if there is none.</summary>
    /// <exception cref="InvalidOperationException">It has ended.</exception>
    public static BatchedMap? Of(Tensor[] tensors)
    {
        BatchedMap? innermost = null;
        foreach (var tensor in tensors)
        {
            if (tensor.Map is { } map && (innermost is null || map.Depth > innermost.Depth))
                innermost = map;
        }

        return innermost is { HasEnded: true }
            ? throw new InvalidOperationException(
                "Batch: a tensor of one member was kept after its Batch.Map had ended: return it from the function instead.")
            : innermost;
    }

    /// <summary>The tensor as one member sees it, from which no derivative goes back within the map.</summary>
    public Tensor Hide(Tensor whole)
        => new(whole.Device, whole.Type, whole.Shape.Sizes[1..].ToArray(), this, whole);

    /// <summary>The tensor of all members.</summary>
    public Tensor Show(Tensor member)
        => member.Map == this ? member.Whole! : member.Unsqueeze(0).BroadcastTo([Members, .. member.Shape]);
}
