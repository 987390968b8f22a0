using System.Numerics;

namespace Engine.Kernels.Gpu.Reductions;

/// <summary>
/// How threads share a reduction. It follows from the sizes and strides alone, so that the same reduction combines in the same order
/// every time. Some threads combine a result's elements, each every so many of them; a group has threads for one or more results.
/// </summary>
internal readonly struct ReduceGrid
{
    private const int LargestGroup = 256;

    // Threads of neighbouring results: as many as their numbers fill what memory moves at once, 32 bytes; more where there are
    // results enough, so that threads don't get too many.
    private const int FewAcross = 8, ManyAcross = 32, ManyResults = 4096, EnoughThreads = 1 << 17;

    // Elements of a thread; with more than the most, and few groups, the elements are cut into pieces.
    private const int LeastOfThread = 4, LeastOfPiece = 16, MostOfThread = 64, FewGroups = 64, ManyGroups = 512;

    private readonly int _pieceLength;
    private readonly int _logParts;
    private readonly int _logWidth;

    // Not a bool, which has no fixed layout.
    private readonly int _across;

    /// <summary>Shares out a reduction.</summary>
    /// <param name="results">The number of results, at most 2^31 - 257.</param>
    /// <param name="count">The number of elements of each result, at most 2^31 - 257.</param>
    /// <param name="across">Whether elements of neighbouring results lie closer to each other than those of one result.</param>
    public ReduceGrid(int results, int count, bool across)
    {
        int parts = PowerOfTwo((int)((count + (long)LeastOfThread - 1) / LeastOfThread));
        if (across)
        {
            int least = Math.Min(PowerOfTwo(results), results < ManyResults ? FewAcross : ManyAcross);
            parts = Math.Min(parts, Math.Min(LargestGroup / least, PowerOfTwo(EnoughThreads / results)));
        }

        int width = Math.Min(LargestGroup / parts, PowerOfTwo(results));
        int groups = ((results - 1) / width) + 1, ofThread = count / parts;
        int pieces = groups < FewGroups && ofThread >= MostOfThread ? Math.Min(ManyGroups / groups, ofThread / LeastOfPiece) : 1;
        Results = results;
        Count = count;
        _across = across ? 1 : 0;
        _logParts = BitOperations.Log2((uint)parts);
        _logWidth = BitOperations.Log2((uint)width);
        _pieceLength = (int)(((((long)count + pieces - 1) / pieces) + parts - 1) / parts * parts);
        Pieces = count == 0 ? 1 : (int)(((long)count + _pieceLength - 1) / _pieceLength);
    }

    /// <summary>The number of results.</summary>
    public int Results { get; }

    /// <summary>The number of elements of each result.</summary>
    public int Count { get; }

    /// <summary>Into how many pieces elements are cut; each has its own results.</summary>
    public int Pieces { get; }

    /// <summary>Threads that share a result's elements.</summary>
    public int Parts => 1 << _logParts;

    /// <summary>By how many threads the parts of a result are apart.</summary>
    public int PartStride => _across != 0 ? 1 << _logWidth : 1;

    /// <summary>Whether the threads of a result are whole warps.</summary>
    public bool HasWholeWarps => PartStride == 1 && Parts >= OneWarp.Threads;

    /// <summary>Threads of a group.</summary>
    public int GroupSize => 1 << (_logParts + _logWidth);

    /// <summary>The number of groups.</summary>
    public int Groups => (int)((((long)Results * Pieces) + (1 << _logWidth) - 1) >> _logWidth);

    /// <summary>What a thread works on.</summary>
    public ReducePart Part(int group, int thread)
    {
        int part = _across != 0 ? thread >> _logWidth : thread & (Parts - 1);
        int index = (group << _logWidth) + (_across != 0 ? thread & ((1 << _logWidth) - 1) : thread >> _logParts);
        int piece = index / Results, start = piece * _pieceLength;
        return new(index - (piece * Results), piece, part, start + part, piece < Pieces - 1 ? start + _pieceLength : Count);
    }

    // Up to a group's threads: more are never asked for.
    private static int PowerOfTwo(int atLeast) => (int)BitOperations.RoundUpToPowerOf2((uint)Math.Clamp(atLeast, 1, LargestGroup));
}

/// <summary>What a thread of a <see cref="ReduceGrid"/> works on.</summary>
/// <param name="Result">The result.</param>
/// <param name="Piece">The piece, past the last one if there is nothing to be done.</param>
/// <param name="Number">Which of the threads of the result it is.</param>
/// <param name="Start">Its first element.</param>
/// <param name="End">Where the piece ends.</param>
internal readonly record struct ReducePart(int Result, int Piece, int Number, int Start, int End);
