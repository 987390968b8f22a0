namespace Engine.Kernels.Fusion;

/// <summary>The loop nest of a map that computes an operand on the way.</summary>
internal static class FusedLoops
{
    /// <summary>Puts two nests together.</summary>
    /// <param name="outer">That of the outer map: its result, its operands.</param>
    /// <param name="inner">That of the map that gives an operand.</param>
    /// <param name="place">Which operand of the outer map it gives.</param>
    /// <returns>
    /// Loops over the result, the outer map's operands before the place, the inner map's operands, and the other ones of the outer map;
    /// null where there are no such loops, or an operand would move by more than one element within the innermost one.
    /// </returns>
    public static Loops? Of(Loops outer, Loops inner, int place)
    {
        // More would be computed than is kept otherwise.
        if (outer.Count > inner.Count || outer.Count == 0)
            return null;
        var together = IsFlat(inner) ? WhereItReads(outer, inner, place) : Refined(outer, inner, place);
        return together is not null && Enumerable.Range(1, together.Strides.Length - 1).All(i => together.InnerStride(i) is 0 or 1)
            ? together
            : null;
    }

    /// <summary>Whether strides are those of elements that follow each other.</summary>
    public static bool IsContiguous(int[] sizes, int[] strides)
    {
        int stride = 1;
        for (int axis = sizes.Length - 1; axis >= 0; axis--)
        {
            if (strides[axis] != stride)
                return false;
            stride *= sizes[axis];
        }

        return true;
    }

    // Whether each operand lies as the result does, or is one number.
    private static bool IsFlat(Loops inner) => inner.Sizes.Length == 0 || (inner.Sizes is [_] && inner.Strides.All(s => s[0] is 0 or 1));

    // What lies as the inner result does is read where that would be.
    private static Loops WhereItReads(Loops outer, Loops inner, int place)
    {
        int[] read = outer.Strides[place + 1], still = new int[read.Length];
        var moved = Enumerable.Range(1, inner.Strides.Length - 1).Select(i => inner.InnerStride(i) == 0 ? still : read);
        return Loops.Of(outer.Sizes, [.. outer.Strides[..(place + 1)], .. moved, .. outer.Strides[(place + 2)..]]);
    }

    // Both run over the same elements in the same order: loops of either are cut until they are the same.
    private static Loops? Refined(Loops outer, Loops inner, int place)
    {
        if (outer.Count != inner.Count || !IsContiguous(outer.Sizes, outer.Strides[place + 1]))
            return null;
        var sizes = new List<int>();
        int a = outer.Sizes.Length - 1, b = inner.Sizes.Length - 1, cutA = 1, cutB = 1;
        var stridesA = outer.Strides.Select(_ => new List<int>()).ToArray();
        var stridesB = inner.Strides.Select(_ => new List<int>()).ToArray();
        while (a >= 0 && b >= 0)
        {
            int leftA = outer.Sizes[a] / cutA, leftB = inner.Sizes[b] / cutB, size = Math.Min(leftA, leftB);
            if (leftA % size != 0 || leftB % size != 0)
                return null;
            sizes.Insert(0, size);
            for (int i = 0; i < stridesA.Length; i++)
                stridesA[i].Insert(0, outer.Strides[i][a] * cutA);
            for (int i = 0; i < stridesB.Length; i++)
                stridesB[i].Insert(0, inner.Strides[i][b] * cutB);
            (a, cutA) = leftA == size ? (a - 1, 1) : (a, cutA * size);
            (b, cutB) = leftB == size ? (b - 1, 1) : (b, cutB * size);
        }

        int[][] all = [.. stridesA[..(place + 1)].Concat(stridesB[1..]).Concat(stridesA[(place + 2)..]).Select(each => each.ToArray())];
        return Loops.Of(sizes.ToArray(), all);
    }
}
