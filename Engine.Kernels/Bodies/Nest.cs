namespace Engine.Kernels.Bodies;

/// <summary>
/// A <see cref="Loops"/> as bodies take it: numbers only, at most <see cref="MostLoops"/> loops. The body's index is the number of
/// times the innermost loop's body has run.
/// </summary>
internal readonly struct Nest
{
    /// <summary>The number of loops that fit.</summary>
    public const int MostLoops = 6;

    private readonly int _loops;
    private readonly int _size0;
    private readonly int _size1;
    private readonly int _size2;
    private readonly int _size3;
    private readonly int _size4;

    /// <summary>The nest of the innermost loops.</summary>
    public Nest(Loops loops)
    {
        _loops = Math.Min(loops.Sizes.Length, MostLoops);
        _size0 = Size(loops, 0);
        _size1 = Size(loops, 1);
        _size2 = Size(loops, 2);
        _size3 = Size(loops, 3);
        _size4 = Size(loops, 4);
    }

    /// <summary>Where the loops stand at an index.</summary>
    public Place At(int index)
    {
        if (_loops <= 1)
            return new Place(index, 0, 0, 0, 0, 0);
        int rest = index / _size0, at0 = index - (rest * _size0);
        if (_loops == 2)
            return new Place(at0, rest, 0, 0, 0, 0);
        int next = rest / _size1, at1 = rest - (next * _size1);
        if (_loops == 3)
            return new Place(at0, at1, next, 0, 0, 0);
        rest = next / _size2;
        int at2 = next - (rest * _size2);
        if (_loops == 4)
            return new Place(at0, at1, at2, rest, 0, 0);
        next = rest / _size3;
        int at3 = rest - (next * _size3);
        if (_loops == 5)
            return new Place(at0, at1, at2, at3, next, 0);
        rest = next / _size4;
        return new Place(at0, at1, at2, at3, next - (rest * _size4), rest);
    }

    private static int Size(Loops loops, int fromInside) => fromInside < loops.Sizes.Length ? loops.Sizes[^(fromInside + 1)] : 1;
}

/// <summary>Where each loop of a <see cref="Nest"/> stands, innermost first.</summary>
internal readonly record struct Place(int At0, int At1, int At2, int At3, int At4, int At5);

/// <summary>By how many elements an operand moves in each loop of a <see cref="Nest"/>, and where it starts.</summary>
internal readonly struct Strides
{
    private readonly int _start;
    private readonly int _stride0;
    private readonly int _stride1;
    private readonly int _stride2;
    private readonly int _stride3;
    private readonly int _stride4;
    private readonly int _stride5;

    /// <summary>The strides of an operand of a nest.</summary>
    /// <param name="loops">The nest.</param>
    /// <param name="operand">Which operand.</param>
    /// <param name="start">The element at which it starts.</param>
    public Strides(Loops loops, int operand, int start = 0)
    {
        _start = start;
        _stride0 = Stride(loops, operand, 0);
        _stride1 = Stride(loops, operand, 1);
        _stride2 = Stride(loops, operand, 2);
        _stride3 = Stride(loops, operand, 3);
        _stride4 = Stride(loops, operand, 4);
        _stride5 = Stride(loops, operand, 5);
    }

    /// <summary>The operand's element at a place.</summary>
    public int At(Place place)
        => _start + (place.At0 * _stride0) + (place.At1 * _stride1) + (place.At2 * _stride2) + (place.At3 * _stride3)
            + (place.At4 * _stride4) + (place.At5 * _stride5);

    private static int Stride(Loops loops, int operand, int fromInside)
        => fromInside < loops.Sizes.Length ? loops.Strides[operand][^(fromInside + 1)] : 0;
}
