using Engine.Core.Autodiff;
using Engine.Core.Operations;
using Engine.Core.Trees;

namespace Engine.Core;

/// <summary>
/// Structures of tensors as one value, as pytrees are in JAX. A tree is a tensor; a record whose properties are trees; a tuple or an
/// array of trees. What is no tensor passes through unchanged, and null stays null.
/// </summary>
/// <remarks>
/// The properties of a record that count are those that can be set (<c>init</c> will do), inherited ones first; what is computed from
/// them is no part. Code that takes a type apart is compiled when the type is first met.
/// </remarks>
/// <example><code>
/// record Layer(Tensor Weights, Tensor Bias);
/// record Network(Layer[] Trunk, Layer Head);
///
/// Tree.Names(network)                                      // Trunk[0].Weights, Trunk[0].Bias, Head.Weights, Head.Bias
/// Tree.Map(network, gradient, (p, g) => p - (g * 0.1))     // a Network
/// </code></example>
public static class Tree
{
    /// <summary>The tensors of a tree, in order.</summary>
    /// <exception cref="ArgumentException">This is no tree, or there is a collection in it that is no array.</exception>
    public static Tensor[] Leaves<T>(T tree)
    {
        var leaves = new List<Tensor>();
        TreeType<T>.VisitRoot(tree, new LeafVisitor(leaves));
        return [.. leaves];
    }

    /// <summary>Where each tensor is, such as <c>Trunk[1].Weights</c>; an empty name where the tree itself is a tensor.</summary>
    /// <inheritdoc cref="Leaves{T}(T)"/>
    public static string[] Names<T>(T tree)
    {
        var visitor = new NameVisitor();
        TreeType<T>.VisitRoot(tree, visitor);
        return [.. visitor.Names];
    }

    /// <summary>The same structure, with what a function makes of the tensor in each place.</summary>
    /// <inheritdoc cref="Leaves{T}(T)"/>
    public static T Map<T>(T tree, Func<Tensor, Tensor> function) => TreeType<T>.MapRoot(tree, function);

    /// <summary>The structure of two trees, with what a function makes of the two tensors in each place.</summary>
    /// <exception cref="ArgumentException">Their structures differ.</exception>
    public static T Map<T>(T first, T second, Func<Tensor, Tensor, Tensor> function)
    {
        RequireSameStructure(first, second);
        var others = Leaves(second);
        int next = 0;
        return Map(first, leaf => function(leaf, others[next++]));
    }

    /// <summary>The structure of a tree with other tensors, in order.</summary>
    /// <exception cref="ArgumentException">There are more of them than the tree has places, or fewer.</exception>
    public static T With<T>(T tree, params IReadOnlyList<Tensor> leaves)
    {
        int places = Leaves(tree).Length, next = 0;
        return places == leaves.Count
            ? Map(tree, _ => leaves[next++])
            : throw new ArgumentException(
                $"Tree: {leaves.Count} tensors were given for the {places} places of {TreeCode.NameOf(typeof(T))}.", nameof(leaves));
    }

    /// <summary>Trees of one structure as one, with them along a new first axis of every tensor, as for <see cref="Batch.Map"/>.</summary>
    /// <exception cref="ArgumentException">There is no tree, their structures differ, or shapes do.</exception>
    public static T Stack<T>(params IReadOnlyList<T> trees)
    {
        if (trees.Count == 0)
            throw new ArgumentException("Tree: there is no tree to stack.", nameof(trees));
        foreach (var tree in trees)
            RequireSameStructure(trees[0], tree);
        var leaves = trees.Select(Leaves).ToArray();
        return With(trees[0], [.. leaves[0].Select((_, i) => Tensor.Stack(0, [.. leaves.Select(each => each[i])]))]);
    }

    /// <summary>The numbers of a tree one after the other, as <c>ravel_pytree</c> puts them: an optimiser then has one tensor.</summary>
    /// <returns>[numbers]. Of a tree that <see cref="FromVector"/> has made, it is that vector, which shares its memory.</returns>
    /// <exception cref="ArgumentException">There is no tensor, or their types differ.</exception>
    public static Tensor ToVector<T>(T tree)
    {
        Tensor[] leaves = CheckpointScope.Inside(Leaves(tree)), flat = [.. leaves.Select(Flat)];
        return Source(flat) is { } vector ? new Rejoined(leaves).Apply(vector) : Tensor.Concatenate(0, flat);

        // What is taken apart to be used is put together again as it was.
        static Tensor Flat(Tensor leaf)
            => leaf.Operation is Reshape && leaf.Inputs is [{ Rank: 1 } vector] ? vector : leaf.Reshape(-1);

        static Tensor? Source(Tensor[] flat)
            => flat.Length > 0 && flat[0] is { Operation: Split { Axis: 0 }, Inputs: [{ Rank: 1 } vector], Siblings: { } parts }
                && parts.SequenceEqual(flat, ReferenceEqualityComparer.Instance)
                ? vector
                : null;
    }

    /// <summary>The opposite of <see cref="ToVector"/>.</summary>
    /// <param name="like">A tree of the structure and shapes wanted; its numbers don't matter.</param>
    /// <param name="vector">[numbers].</param>
    /// <exception cref="ArgumentException">These are not as many numbers as the tree has.</exception>
    public static T FromVector<T>(T like, Tensor vector)
    {
        int[] counts = [.. Leaves(like).Select(leaf => leaf.Count)];
        if (vector.Rank != 1 || vector.Count != counts.Sum())
        {
            throw new ArgumentException(
                $"Tree: {TreeCode.NameOf(typeof(T))} has [{counts.Sum()}] numbers, not {vector.Shape}.", nameof(vector));
        }

        var parts = new Split(0, counts).ApplyAll(vector);
        int next = 0;
        return Map(like, leaf => parts[next++].ReshapeTo(leaf.Shape));
    }

    /// <summary>Lets a tree outlive the innermost <see cref="TensorScope"/> of this thread.</summary>
    public static T Keep<T>(T tree) => TensorScope.Current is { } scope ? scope.Keep(tree) : tree;

    /// <summary>Returns the memory of a tree now, see <see cref="Tensor.Dispose"/>.</summary>
    public static void Dispose<T>(T tree)
    {
        foreach (var leaf in Leaves(tree))
            leaf.Dispose();
    }

    /// <summary>Throws where two trees differ in more than their tensors.</summary>
    internal static void RequireSameStructure<T>(T first, T second)
    {
        if (TreeSignature.Of(first, isExact: false).Fits(second))
            return;
        string[] names = Names(first), others = Names(second);
        throw new ArgumentException(
            $"Tree: two of {TreeCode.NameOf(typeof(T))} differ in structure: one has {Listed(names.Except(others))}, "
            + $"the other {Listed(others.Except(names))}.");

        static string Listed(IEnumerable<string> extra) => string.Join(", ", extra.Take(5)) is { Length: > 0 } list ? list : "nothing more";
    }
}
