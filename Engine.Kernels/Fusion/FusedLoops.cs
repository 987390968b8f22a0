namespace Engine.Kernels.Fusion;

/// <summary>The loop nests of maps and reductions that compute an operand on the way.</summary>
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

    /// <summary>Puts the loops of a reduction and those of the map that gives its elements together.</summary>
    /// <param name="kept">Loops over the results: strides of these, and of the elements.</param>
    /// <param name="reduced">Loops over what is combined: strides of the elements.</param>
    /// <param name="inner">The map's.</param>
    /// <returns>
    /// Both with the strides of the map's operands after those of the elements; null where elements would be combined in another order, or
    /// in more than one loop, or where an operand would move by more than one element within a vector.
    /// </returns>
    public static (Loops Kept, Loops Reduced)? Of(Loops kept, Loops reduced, Loops inner)
    {
        // Results don't move in loops over what is combined.
        var axes = kept.Sizes.Select((size, i) => (Size: size, Result: kept.Strides[0][i], Element: kept.Strides[1][i]))
            .Concat(reduced.Sizes.Select((size, i) => (Size: size, Result: 0, Element: reduced.Strides[0][i])))
            .OrderByDescending(axis => axis.Element).ToArray();
        int[] sizes = [.. axes.Select(axis => axis.Size)], elements = [.. axes.Select(axis => axis.Element)];
        if ((long)kept.Count * reduced.Count != inner.Count || inner.Count == 0 || !IsContiguous(sizes, elements)
            || Cut(sizes, [[.. axes.Select(axis => axis.Result)], elements], inner) is not { } cut)
        {
            return null;
        }

        int[] all = [.. Enumerable.Range(0, cut.Sizes.Length)], moving = [.. all.Where(axis => cut.Strides[0][axis] != 0)];
        int[][] read = [cut.Strides[1], .. cut.InnerStrides[1..]];
        var (results, combined) = (Part(moving, [cut.Strides[0], .. read]), Part([.. all.Except(moving)], read));
        var (vectors, first) = results.InnerStride(1) == 1 ? (results, 2) : (combined, 1);
        int[] steps = [.. Enumerable.Range(first, inner.Strides.Length - 1).Select(vectors.InnerStride)];
        return steps.All(step => step is 0 or 1) && combined.Rows == 1 && reduced.Rows == 1 && results.Sizes.Length <= Bodies.Nest.MostLoops
            ? (results, combined)
            : null;

        Loops Part(int[] some, int[][] strides)
            => Loops.Of([.. some.Select(axis => cut.Sizes[axis])], [.. strides.Select(each => some.Select(axis => each[axis]).ToArray())]);
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

    /// <summary>Whether each operand lies as the result does, or is one number.</summary>
    public static bool IsFlat(Loops inner) => inner.Sizes.Length == 0 || (inner.Sizes is [_] && inner.Strides.All(s => s[0] is 0 or 1));

    // What lies as the inner result does is read where that would be.
    private static Loops WhereItReads(Loops outer, Loops inner, int place)
    {
        int[] read = outer.Strides[place + 1], still = new int[read.Length];
        var moved = Enumerable.Range(1, inner.Strides.Length - 1).Select(i => inner.InnerStride(i) == 0 ? still : read);
        return Loops.Of(outer.Sizes, [.. outer.Strides[..(place + 1)], .. moved, .. outer.Strides[(place + 2)..]]);
    }

    // Both run over the same elements in the same order: loops of either are cut until they are the same.
    private static Loops? Refined(Loops outer, Loops inner, int place)
        => outer.Count == inner.Count && IsContiguous(outer.Sizes, outer.Strides[place + 1])
            && Cut(outer.Sizes, outer.Strides, inner) is var (sizes, strides, innerStrides)
            ? Loops.Of(sizes, [.. strides[..(place + 1)], .. innerStrides[1..], .. strides[(place + 2)..]])
            : null;

    private static (int[] Sizes, int[][] Strides, int[][] InnerStrides)? Cut(int[] outerSizes, int[][] outerStrides, Loops inner)
    {
        var sizes = new List<int>();
        int a = outerSizes.Length - 1, b = inner.Sizes.Length - 1, cutA = 1, cutB = 1;
        var stridesA = outerStrides.Select(_ => new List<int>()).ToArray();
        var stridesB = inner.Strides.Select(_ => new List<int>()).ToArray();
        while (a >= 0 && b >= 0)
        {
            int leftA = outerSizes[a] / cutA, leftB = inner.Sizes[b] / cutB, size = Math.Min(leftA, leftB);
            if (leftA % size != 0 || leftB % size != 0)
                return null;
            sizes.Insert(0, size);
            for (int i = 0; i < stridesA.Length; i++)
                stridesA[i].Insert(0, outerStrides[i][a] * cutA);
            for (int i = 0; i < stridesB.Length; i++)
                stridesB[i].Insert(0, inner.Strides[i][b] * cutB);
            (a, cutA) = leftA == size ? (a - 1, 1) : (a, cutA * size);
            (b, cutB) = leftB == size ? (b - 1, 1) : (b, cutB * size);
        }

        return ([.. sizes], [.. stridesA.Select(each => each.ToArray())], [.. stridesB.Select(each => each.ToArray())]);
    }
}
