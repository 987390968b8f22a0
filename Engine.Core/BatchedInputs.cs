namespace Engine.Core;

/// <summary>What an operation is applied to within a <see cref="Batch.Map"/>, for its batching rule.</summary>
public sealed class BatchedInputs
{
    private readonly Tensor[] _members;
    private readonly BatchedMap _map;

    internal BatchedInputs(BatchedMap map, Tensor[] members) => (_map, _members) = (map, members);

    /// <summary>The number of members.</summary>
    public int Members => _map.Members;

    /// <summary>The number of inputs.</summary>
    public int Count => _members.Length;

    /// <summary>An input: with the members along a first axis if each has its own, else the one that all share.</summary>
    public Tensor this[int input] => IsOwn(input) ? _members[input].Whole! : _members[input];

    /// <summary>Whether each member has its own.</summary>
    public bool IsOwn(int input) => _members[input].Map == _map;

    /// <summary>The shape that one member sees.</summary>
    public Shape Shape(int input) => _members[input].Shape;

    /// <summary>An input with the members along a first axis, repeated if they share it.</summary>
    public Tensor Whole(int input) => _map.Show(_members[input]);

    /// <summary>
    /// An input to be broadcast with others: if each member has its own, with axes of size 1 behind the first up to a rank for one member.
    /// </summary>
    public Tensor Aligned(int input, int rank)
    {
        var shape = Shape(input);
        return IsOwn(input) && shape.Rank < rank
            ? this[input].ReshapeTo([Members, .. Enumerable.Repeat(1, rank - shape.Rank), .. shape])
            : this[input];
    }

    /// <summary>All inputs, ready to be broadcast with each other.</summary>
    public Tensor[] Aligned()
    {
        int rank = _members.Max(member => member.Rank);
        return [.. Enumerable.Range(0, Count).Select(input => Aligned(input, rank))];
    }

    /// <summary>An input with the members folded into its first axis, [members x first, ...], repeated if they share it.</summary>
    public Tensor Folded(int input) => Fold(Whole(input));

    /// <summary>What members have along a first axis, folded into the next one.</summary>
    public static Tensor Fold(Tensor whole)
        => whole.ReshapeTo([whole.Shape[0] * whole.Shape[1], .. whole.Shape.Sizes[2..].ToArray()]);

    /// <summary>The opposite of <see cref="Fold"/>.</summary>
    public Tensor Unfold(Tensor folded)
        => folded.ReshapeTo([Members, folded.Shape[0] / Members, .. folded.Shape.Sizes[1..].ToArray()]);

    /// <summary>A tensor with one of its axes in another place.</summary>
    public static Tensor Move(Tensor x, int from, int to)
    {
        if (from == to)
            return x;
        var order = Enumerable.Range(0, x.Rank).ToList();
        order.RemoveAt(from);
        order.Insert(to, from);
        return x.Permute([.. order]);
    }

    /// <summary>What the function of a member has made, with the members along a first axis.</summary>
    internal Tensor Show(Tensor member) => _map.Show(member);

    /// <summary>The inputs of one member.</summary>
    internal Tensor[] Of(int member)
        => [.. Enumerable.Range(0, Count).Select(
            input => IsOwn(input) ? this[input].Narrow(0, member, 1).ReshapeTo(Shape(input)) : this[input])];
}
