namespace Engine.Kernels.Bodies;

/// <summary>A loop nest of any depth as some of those that bodies take: the outermost loops that don't fit run on the host.</summary>
/// <param name="loops">The whole nest.</param>
/// <param name="outer">How many outermost loops run on the host.</param>
/// <param name="iteration">Which of their iterations this is.</param>
internal readonly struct NestParts(Loops loops, int outer, int iteration)
{
    /// <summary>The loops that the body walks.</summary>
    public Nest Nest => new(loops);

    /// <summary>Indices of the body.</summary>
    public int Count
    {
        get
        {
            int count = loops.Count;
            for (int axis = 0; axis < outer; axis++)
                count /= loops.Sizes[axis];
            return count;
        }
    }

    /// <summary>The parts of a nest: one, unless it is deeper than <see cref="Bodies.Nest.MostLoops"/>.</summary>
    public static IEnumerable<NestParts> Of(Loops loops)
    {
        if (loops.Count == 0)
            yield break;
        int outer = Math.Max(0, loops.Sizes.Length - Nest.MostLoops), parts = 1;
        for (int axis = 0; axis < outer; axis++)
            parts *= loops.Sizes[axis];
        for (int iteration = 0; iteration < parts; iteration++)
            yield return new NestParts(loops, outer, iteration);
    }

    /// <summary>The element at which an operand starts.</summary>
    public int Start(int operand)
    {
        int start = 0, rest = iteration;
        for (int axis = outer - 1; axis >= 0; axis--)
        {
            (rest, int position) = Math.DivRem(rest, loops.Sizes[axis]);
            start += position * loops.Strides[operand][axis];
        }

        return start;
    }

    /// <summary>How an operand moves, from an element on.</summary>
    public Strides Strides(int operand, int offset = 0) => new(loops, operand, offset + Start(operand));
}
