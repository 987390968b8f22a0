using System.Runtime.CompilerServices;

namespace Engine.Kernels.Cpu;

/// <summary>
/// Walks the rows of a loop nest (all loops but the innermost) and keeps the element at which each operand's row starts. Rows come
/// in runs along the loop next to the innermost, in which each operand moves by a fixed number of elements from row to row.
/// </summary>
internal ref struct RowWalk
{
    private readonly Loops _loops;
    private readonly int _firstOperand;
    private readonly Span<int> _position;
    private readonly Span<int> _offsets;

    /// <summary>Stands at a row.</summary>
    /// <param name="loops">The nest.</param>
    /// <param name="row">The row to start at.</param>
    /// <param name="firstOperand">The first operand to follow.</param>
    /// <param name="operands">How many to follow.</param>
    /// <param name="scratch">Room for the nest's depth plus <paramref name="operands"/> numbers.</param>
    public RowWalk(Loops loops, int row, int firstOperand, int operands, Span<int> scratch)
    {
        _loops = loops;
        _firstOperand = firstOperand;
        _offsets = scratch[..operands];
        _position = scratch[operands..];
        for (int operand = 0; operand < operands; operand++)
            _offsets[operand] = loops.RowOffset(firstOperand + operand, row);
        for (int axis = loops.Sizes.Length - 2; axis >= 0; axis--)
            (row, _position[axis]) = Math.DivRem(row, loops.Sizes[axis]);
    }

    /// <summary>The first element of the current row of an operand.</summary>
    public readonly int this[int operand]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _offsets[operand];
    }

    /// <summary>Elements from one row of a run to the next.</summary>
    public readonly int Step(int operand) => _loops.Sizes.Length < 2 ? 0 : _loops.Strides[_firstOperand + operand][^2];

    /// <summary>How many rows are left in the current run, but no more than <paramref name="most"/>.</summary>
    public readonly int RunLength(int most)
        => _loops.Sizes.Length < 2 ? Math.Min(most, 1) : Math.Min(most, _loops.Sizes[^2] - _position[_loops.Sizes.Length - 2]);

    /// <summary>Goes on by rows of the current run.</summary>
    public readonly void Skip(int rows)
    {
        for (int axis = _loops.Sizes.Length - 2; axis >= 0; axis--, rows = 1)
        {
            _position[axis] += rows;
            bool wraps = _position[axis] == _loops.Sizes[axis];
            for (int operand = 0; operand < _offsets.Length; operand++)
            {
                int stride = _loops.Strides[_firstOperand + operand][axis];
                _offsets[operand] += stride * (wraps ? rows - _loops.Sizes[axis] : rows);
            }

            if (!wraps)
                return;
            _position[axis] = 0;
        }
    }
}
