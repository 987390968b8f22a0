namespace Engine.Core;

/// <summary>Positions along an axis: those of members of a batch, and checks of them.</summary>
internal static class Indices
{
    /// <summary>
    /// Positions of each member, [members, indices], as those in rows of all members, one member's after the other's. What is out of a
    /// member's range, from 0 up to, not including, <paramref name="count"/>, is out of theirs.
    /// </summary>
    public static Tensor OfMembers(Tensor indices, int count)
    {
        var first = Tensor.Range(indices.Shape[0], Kernels.ElementType.Int32, indices.Device).Unsqueeze(-1) * count;
        return Tensor.Where((indices >= 0) * (indices < count), indices + first, Tensor.Full(-1, [], indices.Type, indices.Device));
    }

    /// <summary>Fails if an index is not below <paramref name="count"/>, or negative.</summary>
    /// <param name="name">What takes them, for the error.</param>
    /// <param name="indices">The indices, Int32.</param>
    /// <param name="count">The number of positions that there are.</param>
    /// <param name="allowNegative">Whether a negative index stands for no position.</param>
    /// <exception cref="ArgumentException">There is such an index.</exception>
    public static void Require(string name, Tensor indices, int count, bool allowNegative = false)
    {
        int[] values = indices.ToArray<int>();
        int at = Array.FindIndex(values, value => value >= count || (value < 0 && !allowNegative));
        if (at >= 0)
        {
            throw new ArgumentException(
                $"{name}: index {values[at]}, element {at} of {indices.Shape}, is out of range: there are {count} positions, from 0 up.");
        }
    }
}
